"""Moves in the worker what belongs to merged contacts and accounts, and empties what was deleted long ago."""

from __future__ import annotations

from uuid import UUID

from django.db import InterfaceError, OperationalError
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from rapport.tenants import upkeep
from rapport.tenants.errors import BusyError
from rapport.tenants.queue import LONG

from . import removing

#: Steps until others have their turn.
STEPS = 20
#: The database comes back: for an hour.
PATIENCE = RetryStrategy(max_attempts=720, wait=5, retry_exceptions=(OperationalError, InterfaceError, BusyError))


@app.periodic(cron="27 * * * *")
@app.task(queue=LONG, queueing_lock="directory.empty_deleted")
def empty_deleted(timestamp: int) -> None:
    """Empties what nobody can restore any more. Twice does no harm: what is emptied is not found again."""
    upkeep.each_tenant(removing.empty)


@app.task(queue=LONG, retry=PATIENCE)
def move_merged(tenant_id: int, merge_id: str) -> None:
    """Goes on with a merge. Twice does no harm: what has moved is not found again."""
    from . import merging  # noqa: PLC0415 (it makes jobs of its own)

    if all(merging.step(tenant_id, UUID(merge_id)) for _ in range(STEPS)):
        move_merged.defer(tenant_id=tenant_id, merge_id=merge_id)
