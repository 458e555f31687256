"""The project shell: Django's settings, the routes, the pages that belong to no app."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import django
from django.apps import apps as registry  # `apps` is also a module of ours

if TYPE_CHECKING:
    from rapport.settings import Settings

#: What `rapport.console.settings` reads; None is the environment.
chosen: Settings | None = None


def setup(settings: Settings | None = None) -> None:
    """Readies Django for this process, once: with `settings`, or else with those of the environment.

    A second call changes nothing. Raises `rapport.settings.SettingsError`.
    """
    global chosen  # noqa: PLW0603 (Django reads its settings once, from a module)
    if registry.ready:
        return
    chosen = settings
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rapport.console.settings")
    django.setup()
