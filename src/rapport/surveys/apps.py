"""The Django app `surveys`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rapport.tenants import lifecycle

if TYPE_CHECKING:
    import psycopg


class SurveysConfig(lifecycle.Room):
    """Survey records and answers."""

    name = "rapport.surveys"

    def schema_migrated(self, owner: psycopg.Connection) -> None:
        """Numbers what has no number yet."""
        from . import numbering  # noqa: PLC0415 (only who migrates needs it)

        numbering.run(owner)
