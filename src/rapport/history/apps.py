"""The Django app `history`."""

from __future__ import annotations

from rapport.tenants import lifecycle

from . import partitions


class HistoryConfig(lifecycle.Room):
    """Ledger, request history and idempotency keys."""

    name = "rapport.history"

    def schema_migrated(self, owner) -> None:
        """Makes the partitions of the coming days."""
        partitions.maintain(owner)
