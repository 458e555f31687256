"""The Django app `directory`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rapport.tenants import lifecycle

if TYPE_CHECKING:
    import psycopg


class DirectoryConfig(lifecycle.Room):
    """Accounts and contacts."""

    name = "rapport.directory"

    def schema_migrated(self, owner: psycopg.Connection) -> None:
        """Lets search follow the ledger anew where it knows no names in order yet."""
        from . import older  # noqa: PLC0415 (Django has no models yet when it reads this module)

        older.follow_anew(owner)
