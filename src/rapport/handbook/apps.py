"""The Django app `handbook`."""

from __future__ import annotations

from rapport.tenants import lifecycle


class HandbookConfig(lifecycle.Room):
    """Documentation for whoever sends, reads, looks after."""

    name = "rapport.handbook"
