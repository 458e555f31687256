"""Does large undos in the worker."""

from __future__ import annotations

import logging
from uuid import UUID

from django.db import InterfaceError, OperationalError
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from rapport.tenants.errors import BusyError
from rapport.tenants.queue import LONG

log = logging.getLogger("rapport.evidence")

#: The database comes back, and so does an undo: for an hour.
PATIENCE = RetryStrategy(max_attempts=720, wait=5, retry_exceptions=(OperationalError, InterfaceError, BusyError))
BROKEN = "Something went wrong here during this undo; what it did until then stays."


@app.task(queue=LONG, retry=PATIENCE)
def run(tenant_id: int, undo_id: str) -> None:
    """Goes on with an undo for a while, and lets others have their turn.

    Twice does no harm: each step is committed with its checkpoint, and whoever comes second goes on behind it.
    """
    from .undoing import run as running  # noqa: PLC0415 (it makes jobs of its own)

    try:
        more = running.turn(tenant_id, UUID(undo_id))
    except (OperationalError, InterfaceError, BusyError):
        raise
    except Exception:
        log.exception("an undo failed")
        running.fail(tenant_id, UUID(undo_id), BROKEN)
        return
    if more:
        run.defer(tenant_id=tenant_id, undo_id=undo_id)
