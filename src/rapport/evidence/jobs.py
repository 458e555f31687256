"""Does large undos and replays in the worker, and forgets which records replays repeated."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import UUID

from django.db import InterfaceError, OperationalError
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from rapport.groups import ids
from rapport.history.partitions import DAYS_KEPT
from rapport.tenants import upkeep
from rapport.tenants.errors import BusyError
from rapport.tenants.queue import LONG

from .models import ReplayedRecord

log = logging.getLogger("rapport.evidence")

#: The database comes back, and so does an undo: for an hour.
PATIENCE = RetryStrategy(max_attempts=720, wait=5, retry_exceptions=(OperationalError, InterfaceError, BusyError))
BROKEN_REPLAY = "Something went wrong here during this replay; what it wrote until then stays."
BROKEN = "Something went wrong here during this undo; what it did until then stays."


class Running(Protocol):
    """The module that goes on with one, and ends it."""

    def turn(self, tenant_id: int, id: UUID, /) -> bool:
        """Goes on for a while; whether there is more."""

    def fail(self, tenant_id: int, id: UUID, reason: str, /) -> None:
        """Ends it, with why."""


@app.task(queue=LONG, retry=PATIENCE)
def run(tenant_id: int, undo_id: str) -> None:
    """Goes on with an undo for a while, and lets others have their turn.

    Twice does no harm: each step is committed with its checkpoint, and whoever comes second goes on behind it.
    """
    from .undoing import run as running  # noqa: PLC0415 (it makes jobs of its own)

    if _has_more(running, tenant_id, undo_id, BROKEN):
        run.defer(tenant_id=tenant_id, undo_id=undo_id)


@app.task(queue=LONG, retry=PATIENCE)
def replay(tenant_id: int, replay_id: str) -> None:
    """Goes on with a replay for a while, and lets others have their turn.

    Twice does no harm: each part is committed with its checkpoint, at which one of two loses.
    """
    from .replaying import run as running  # noqa: PLC0415 (it makes jobs of its own)

    if _has_more(running, tenant_id, replay_id, BROKEN_REPLAY):
        replay.defer(tenant_id=tenant_id, replay_id=replay_id)


def _has_more(running: Running, tenant_id: int, id: str, broken: str) -> bool:
    """Whether there is more behind this turn. Nobody waits for ever: whatever breaks it ends it, and is told."""
    try:
        return running.turn(tenant_id, UUID(id))
    except (OperationalError, InterfaceError, BusyError):
        raise
    except Exception:
        log.exception("an undo or a replay failed")
        running.fail(tenant_id, UUID(id), broken)
        return False


@app.periodic(cron="37 * * * *")
@app.task(queue=LONG, queueing_lock="evidence.forget")
def forget(timestamp: int) -> None:
    """Forgets which records replays repeated, once the history has none of them. Twice does no harm: they are gone."""
    gone = ids.first(datetime.now(UTC) - timedelta(days=DAYS_KEPT + 1))
    upkeep.each_tenant(lambda tenant: upkeep.delete(tenant, ReplayedRecord.objects.filter(made__lt=gone)))
