"""The Django app `console`."""

from __future__ import annotations

from rapport.tenants import lifecycle


class ConsoleConfig(lifecycle.Room):
    """Pages and documents that belong to no other app."""

    name = "rapport.console"
