"""The Django app `directory`."""

from __future__ import annotations

from rapport.tenants import lifecycle


class DirectoryConfig(lifecycle.Room):
    """Accounts and contacts."""

    name = "rapport.directory"
