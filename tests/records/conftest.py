from __future__ import annotations

from hypothesis import settings

# Two shared cores: an example's time says nothing about the code.
settings.register_profile("rapport", deadline=None)
settings.load_profile("rapport")
