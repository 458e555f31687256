"""The upkeep of the history: partitions, idempotency keys, counts, and what was sent too long ago."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
from django.conf import settings
from procrastinate.contrib.django import app

from rapport.db.queries import statement
from rapport.tenants.connection import owner_conninfo
from rapport.tenants.models import Tenant
from rapport.tenants.scope import tenant_scope
from rapport.tenants.statements import fetch

from . import partitions
from .models import HourlyCount, IdempotencyKey, SentRecord, UnmappedHeading, UnmappedValue, this_hour

#: How long an idempotency key is kept (contract, "Opt-in answers").
KEY_LIFETIME = timedelta(hours=24)
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
    now = datetime.now(UTC)
    present = this_hour(now)
    over = now - present >= SETTLED
    for tenant_id in Tenant.objects.order_by("id").values_list("id", flat=True):
        with tenant_scope(tenant_id):
            fetch(_RECOUNT, tenant_id, present - HOUR, min(present, now - HANDED_OVER), over)
            fetch(_RECOUNT, tenant_id, present, now - HANDED_OVER, False)


@app.periodic(cron="17 * * * *")
@app.task(queueing_lock="history.purge")
def purge(timestamp: int) -> None:
    """Deletes idempotency keys after a day, counts and unmapped headings after 90, and what tenants no longer keep.

    Twice does no harm: what is deleted or emptied is not there the second time.
    """
    now = datetime.now(UTC)
    for tenant_id, sent_days in Tenant.objects.order_by("id").values_list("id", "sent_days"):
        with tenant_scope(tenant_id):
            IdempotencyKey.objects.filter(tenant_id=tenant_id, created_at__lte=now - KEY_LIFETIME).delete()
            HourlyCount.objects.filter(tenant_id=tenant_id, hour__lt=now - COUNTS_LIFETIME).delete()
            since = now - timedelta(days=min(sent_days, partitions.DAYS_KEPT))
            SentRecord.objects.filter(tenant_id=tenant_id, at__lt=since, sent__isnull=False).update(sent=None)
            UnmappedValue.objects.filter(tenant_id=tenant_id, at__lt=since).delete()
            UnmappedHeading.objects.filter(tenant_id=tenant_id, last_seen__lt=now - COUNTS_LIFETIME).delete()
