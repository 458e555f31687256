"""Checks files and runs imports in the worker, and forgets them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import InterfaceError, OperationalError
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from rapport.tenants import upkeep
from rapport.tenants.errors import BusyError
from rapport.tenants.models import Tenant
from rapport.tenants.queue import LONG
from rapport.tenants.scope import tenant_scope

log = logging.getLogger("rapport.imports")

#: The database comes back, and so does an import: for an hour.
PATIENCE = RetryStrategy(max_attempts=720, wait=5, retry_exceptions=(OperationalError, InterfaceError, BusyError))
BROKEN = "Something went wrong here while this file was imported; what was written until then stays."


@app.task(queue=LONG, retry=PATIENCE)
def check(tenant_id: int, import_id: str) -> None:
    """Looks at a file that was received. Twice does no harm: it finds the same."""
    from . import checking  # noqa: PLC0415 (it makes jobs of its own)

    _guarded(tenant_id, import_id, lambda: checking.check(tenant_id, UUID(import_id)))


@app.task(queue=LONG, retry=PATIENCE)
def run(tenant_id: int, import_id: str) -> None:
    """Runs an import for a while, and lets others have their turn.

    Twice does no harm: each chunk is committed with its checkpoint, at which one of two loses.
    """
    from . import running  # noqa: PLC0415 (likewise)

    tenant = Tenant.objects.get(pk=tenant_id)
    if _guarded(tenant_id, import_id, lambda: running.turn(tenant, UUID(import_id))):
        run.defer(tenant_id=tenant_id, import_id=import_id)


def _guarded(tenant_id: int, import_id: str, act: Callable[[], bool]) -> bool:
    """What `act` says; a mistake of ours ends the import with a sentence, instead of leaving it as if it ran."""
    from . import running  # noqa: PLC0415 (likewise)

    try:
        return act()
    except (OperationalError, InterfaceError, BusyError):
        raise
    except Exception:
        log.exception("an import failed")
        running.fail(tenant_id, UUID(import_id), BROKEN)
        return False


@app.periodic(cron="23 * * * *")
@app.task(queueing_lock="imports.forget", queue=LONG)
def forget(timestamp: int) -> None:
    """Deletes the files, failed rows and outcomes of imports after as many days as what was sent is kept.

    Twice does no harm: they are gone the second time.
    """
    upkeep.each_tenant(_forget)


def _forget(tenant: Tenant) -> None:
    from .models import OPEN, Import, ImportChunk, ImportFailure  # noqa: PLC0415 (likewise)
    from .receiving import file_of  # noqa: PLC0415 (likewise)

    before = datetime.now(UTC) - timedelta(days=max(tenant.sent_days, 1))
    with tenant_scope(tenant) as tenant_id:
        ended = Import.objects.filter(tenant_id=tenant_id, ended_at__lt=before).exclude(state__in=OPEN)
        old = list(ended.filter(forgotten=False).values_list("id", flat=True)[:1000])
    for id in old:
        with suppress(FileNotFoundError):
            file_of(tenant.pk, id).unlink()
        with tenant_scope(tenant) as tenant_id:
            for model in (ImportChunk, ImportFailure):
                model.objects.filter(tenant_id=tenant_id, import_id=id).delete()
            Import.objects.filter(tenant_id=tenant_id, id=id).update(forgotten=True)
