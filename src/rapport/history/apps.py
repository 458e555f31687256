"""The Django app `history`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rapport.tenants import lifecycle

from . import partitions

if TYPE_CHECKING:
    import psycopg


class HistoryConfig(lifecycle.Room):
    """Ledger, request history and idempotency keys."""

    name = "rapport.history"

    def schema_migrated(self, owner: psycopg.Connection) -> None:
        """Makes the partitions of the coming days."""
        partitions.maintain(owner)
