"""The upkeep of the history: partitions, idempotency keys, counts, and what was sent too long ago."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
from django.conf import settings
from procrastinate.contrib.django import app

from rapport.db.queries import statement
from rapport.tenants import upkeep
from rapport.tenants.connection import owner_conninfo
from rapport.tenants.models import Tenant
from rapport.tenants.queue import LONG
from rapport.tenants.scope import tenant_scope
from rapport.tenants.statements import fetch

from . import partitions
from .models import HourlyCount, IdempotencyKey, SentRecord, UnmappedHeading, UnmappedValue, this_hour

#: How long an idempotency key is kept (contract, "Opt-in answers").
KEY_LIFETIME = timedelta(hours=24)
#: A record's row is committed at most so long after its moment.
COMMITTED = timedelta(minutes=5)
_BEGINNING = datetime.min.replace(tzinfo=UTC)
#: Of counts and of unmapped headings: as long as the request history.
COUNTS_LIFETIME = timedelta(days=partitions.DAYS_KEPT)
HOUR = timedelta(hours=1)
#: By then workers have handed over what they counted, also where the database was away for a while.
SETTLED = timedelta(minutes=5)
#: The same where it was not.
HANDED_OVER = timedelta(seconds=10)
_RECOUNT = statement("recount_hour")


@app.periodic(cron="7 * * * *")
@app.task(queueing_lock="history.partitions")
def maintain_partitions(timestamp: int) -> None:
    """Makes and drops partitions, as the tables' owner. Hourly: a lock that was busy is free an hour later.

    Twice does no harm: what is there is not made again; of two at once one fails, and the next hour looks again.
    """
    with psycopg.connect(owner_conninfo(settings.RAPPORT), autocommit=True) as owner:
        partitions.maintain(owner)


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="history.recount")
def recount(timestamp: int) -> None:
    """Counts the present hour and the one before anew: a worker that is killed never hands over its last ones.

    Twice does no harm: both times the same records are counted.
    """
    upkeep.each_tenant(_recount)


def _recount(tenant: Tenant) -> None:
    now = datetime.now(UTC)
    present = this_hour(now)
    over = now - present >= SETTLED
    with tenant_scope(tenant) as tenant_id:
        fetch(_RECOUNT, tenant_id, present - HOUR, min(present, now - HANDED_OVER), over)
        fetch(_RECOUNT, tenant_id, present, now - HANDED_OVER, False)


@app.periodic(cron="17 * * * *")
@app.task(queue=LONG, queueing_lock="history.purge")
def purge(timestamp: int) -> None:
    """Deletes idempotency keys after a day, counts and unmapped headings after 90, and what tenants no longer keep.

    Twice does no harm: what is deleted or emptied is not there the second time.
    """
    upkeep.each_tenant(_purge)


def _purge(tenant: Tenant) -> None:
    now = datetime.now(UTC)
    since = now - timedelta(days=min(tenant.sent_days, partitions.DAYS_KEPT))
    upkeep.delete(tenant, IdempotencyKey.objects.filter(created_at__lte=now - KEY_LIFETIME))
    upkeep.delete(tenant, HourlyCount.objects.filter(hour__lt=now - COUNTS_LIFETIME))
    upkeep.delete(tenant, UnmappedValue.objects.filter(at__lt=since))
    upkeep.delete(tenant, UnmappedHeading.objects.filter(last_seen__lt=now - COUNTS_LIFETIME))
    _empty(tenant, since)


def _empty(tenant: Tenant, since: datetime) -> None:
    """Empties what was sent before `since` and is not emptied yet; what is older goes with its partition.

    A step ends between two moments: the records of a group share theirs. Index: requests_pkey of a day's partition.
    """
    done = max(tenant.emptied_until or _BEGINNING, since - timedelta(days=partitions.DAYS_KEPT + 1))
    while done < since - COMMITTED:
        with tenant_scope(tenant) as tenant_id:
            rows = SentRecord.objects.filter(tenant_id=tenant_id, at__gt=done, at__lt=since)
            end = rows.order_by("at", "id").values_list("at", flat=True)[upkeep.STEP - 1 : upkeep.STEP].first()
            step = rows if end is None else rows.filter(at__lte=end)
            step.filter(sent__isnull=False).update(sent=None)
            done = min(end or since, since - COMMITTED)
            Tenant.objects.filter(pk=tenant_id).update(emptied_until=done)
