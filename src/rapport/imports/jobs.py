"""Checks files and runs imports in the worker, and forgets them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import InterfaceError, OperationalError
from django.db.models import Exists, OuterRef, Q
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateJob

from rapport.members import letters
from rapport.tenants import upkeep
from rapport.tenants.errors import BusyError
from rapport.tenants.models import Tenant
from rapport.tenants.queue import LONG
from rapport.tenants.scope import having, tenant_scope

log = logging.getLogger("rapport.imports")

CHECK, RUN, TELL = "rapport.imports.jobs.check", "rapport.imports.jobs.run", "rapport.imports.jobs.tell"
#: Whether a tenant has an import that goes on by itself (`tenants.scope.having`).
_MOVING = (
    "select {tenant} from imports where tenant_id = {tenant} and state in ('received', 'checking', 'running') limit 1"
)
#: A job that takes longer has lost its worker or its database: a turn is twelve seconds, a large file takes minutes.
LONGEST = {RUN: timedelta(minutes=1), CHECK: timedelta(minutes=30)}
#: What is in the spool without being an import's after so long belongs to nobody: its sender has gone.
ORPHANED = timedelta(days=1)

#: The database comes back, and so does an import: for an hour.
PATIENCE = RetryStrategy(max_attempts=720, wait=5, retry_exceptions=(OperationalError, InterfaceError, BusyError))
BROKEN = "Something went wrong here while this file was imported; what was written until then stays."


def later(task: str, tenant_id: int, id: UUID) -> None:
    """Defer a job in the open transaction; by the worker's own connector it could come before what it is about."""
    queue = app.with_connector(DjangoConnector()).configure_task(task, allow_unknown=False)
    queue.defer(tenant_id=tenant_id, import_id=str(id))


@app.task(name=CHECK, queue=LONG, retry=PATIENCE)
def check(tenant_id: int, import_id: str) -> None:
    """Looks at a file that was received. Twice does no harm: it finds the same."""
    from . import checking  # noqa: PLC0415 (it makes jobs of its own)

    _guarded(tenant_id, import_id, lambda: checking.check(tenant_id, UUID(import_id)))


@app.task(name=RUN, queue=LONG, retry=PATIENCE)
def run(tenant_id: int, import_id: str) -> None:
    """Runs an import for a while, and lets others have their turn.

    Twice does no harm: each chunk is committed with its checkpoint, at which one of two loses.
    """
    from . import running  # noqa: PLC0415 (likewise)

    tenant = Tenant.objects.get(pk=tenant_id)
    if _guarded(tenant_id, import_id, lambda: running.turn(tenant, UUID(import_id))):
        run.defer(tenant_id=tenant_id, import_id=import_id)


@app.task(name=TELL, pass_context=True, retry=letters.Patience())
def tell(context: JobContext, tenant_id: int, import_id: str) -> None:
    """Mails who sent a file what became of it.

    Twice does no harm: where a worker was killed while it mailed, they read the same letter again.
    """
    from . import ending  # noqa: PLC0415 (likewise)

    ending.tell(context, tenant_id, UUID(import_id))


def _guarded(tenant_id: int, import_id: str, act: Callable[[], bool]) -> bool:
    """What `act` says; a mistake of ours ends the import with a sentence, instead of leaving it as if it ran."""
    from . import ending  # noqa: PLC0415 (likewise)

    try:
        return act()
    except (OperationalError, InterfaceError, BusyError):
        raise
    except Exception:
        log.exception("an import failed")
        with tenant_scope(tenant_id):
            ending.failed(tenant_id, UUID(import_id), BROKEN)
        return False


@app.periodic(cron="23 * * * *")
@app.task(queueing_lock="imports.forget", queue=LONG)
def forget(timestamp: int) -> None:
    """Deletes the files, failed rows and outcomes of imports after as many days as what was sent is kept.

    Twice does no harm: they are gone the second time.
    """
    upkeep.each_tenant(_forget)
    _sweep()


def _sweep() -> None:
    """Deletes what was received for no import: who sent it, or took it, was killed amid it."""
    from .models import Import  # noqa: PLC0415 (likewise)
    from .receiving import spooled  # noqa: PLC0415 (likewise)

    before = (datetime.now(UTC) - ORPHANED).timestamp()
    for tenant_id, id, path in spooled():
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < before:
                with tenant_scope(tenant_id):
                    known = Import.objects.filter(tenant_id=tenant_id, id=id, forgotten=False).exists()
                if not known:
                    path.unlink()


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="imports.revive")
def revive(timestamp: int) -> None:
    """Goes on with imports that no job is about any more: theirs was given up, since its workers ended again and again,
    or a living worker could not write down what became of it, since the database had gone.

    Twice does no harm: each chunk is committed with its checkpoint, at which one of two loses.
    """
    tenants = list(Tenant.objects.order_by("id").values_list("id", flat=True))
    for tenant_id in having(tenants, _MOVING):
        with tenant_scope(tenant_id):
            _revive(tenant_id)


def _revive(tenant_id: int) -> None:
    from .models import Import  # noqa: PLC0415 (likewise)

    held: set[UUID] = set()
    for task, longest in LONGEST.items():
        begun = {"type": "started", "at__gt": datetime.now(UTC) - longest}
        at_work = Exists(ProcrastinateEvent.objects.filter(job=OuterRef("pk"), **begun))
        found = ProcrastinateJob.objects.filter(Q(status="todo") | Q(at_work, status="doing"), task_name=task)
        held.update(UUID(args["import_id"]) for args in found.values_list("args", flat=True))
    moving = Import.objects.filter(tenant_id=tenant_id, state__in=("received", "checking", "running"))
    for id, state in moving.exclude(id__in=held).values_list("id", "state"):
        later(RUN if state == "running" else CHECK, tenant_id, id)


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
