"""Rehearses a draft with the newest records of its configuration. It writes nothing, and takes seconds at most."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from time import monotonic

from django.db import OperationalError
from django.db.models import Sum
from psycopg.errors import QueryCanceled

from rapport.history.models import Change, HourlyCount, SentRecord, this_hour
from rapport.records.errors import MappingFault
from rapport.records.mapping import Mapping
from rapport.records.types import ALL
from rapport.tenants.models import Tenant
from rapport.tenants.scope import bound, tenant_scope

from . import catalogue, drafts, edits
from .errors import FaultsError
from .models import Configuration
from .rehearsal import Rehearsal, Sent

#: Records that are looked at.
RECORDS = 1_000
#: For how long it looks for them, since those of one configuration may be rare among others. Whatever the database does
#: when this is over gets as long again.
SECONDS = 2.0
#: Records that are in memory at once; one is a mebibyte at most.
CHUNK = 20
HOUR = timedelta(hours=1)


def rehearse(tenant: Tenant | int, reference: str) -> Rehearsal:
    """What the draft of a configuration would make of its newest records, as far as what was sent is kept.

    Opens a transaction for the draft and one for the records. Raises `UnknownError`, and `FaultsError` where the draft
    can no longer be published.
    """
    until = monotonic() + SECONDS
    with tenant_scope(tenant) as tenant_id:
        row = edits.find(tenant_id, reference)
        draft = drafts.need(row)
        drafts.check(row, draft.content)
        told = _begun(row, drafts.applied(row, draft))
        spans = list(_spans(row))
    try:
        with tenant_scope(tenant):
            told.look(islice(_newest(row, spans, until), RECORDS))
        told.cut_short = told.records < RECORDS and monotonic() > until
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
        told.cut_short = True
    return told


def _begun(row: Configuration, draft: Configuration) -> Rehearsal:
    known = catalogue.of_tenant(row.tenant_id, [entry["field"] for entry in row.mapping])
    fields = known.fields(ALL[row.data_type]).values()
    labels = {field.path: field.label for field in fields}
    try:
        now, then = (Mapping(each.data_type, each.mapping, known, each.options, each.kind) for each in (row, draft))
    except MappingFault as fault:  # callers cannot use it as it is
        raise FaultsError({"mapping": [str(fault)]}) from None
    return Rehearsal(now, then, labels)


def _spans(row: Configuration) -> Iterator[tuple[datetime, datetime]]:
    """Beginning and end of the times at which what was sent is kept and records came, newest first.

    None has many more records than are looked at. Counts lag, so the present hour is always among them.
    """
    first, end, found = this_hour(), this_hour() + HOUR, 0
    for hour, records in _hours(row):
        if hour < first - HOUR or found >= RECORDS:
            yield first, end
            end, found = hour + HOUR, 0
        first, found = hour, found + records
    yield first, end


def _hours(row: Configuration) -> Iterable[tuple[datetime, int]]:
    """The hours in which records came, newest first, with how many. Index: hourly_counts_pkey."""
    kept = timedelta(days=Tenant.objects.values_list("sent_days", flat=True).get(pk=row.tenant_id))
    counts = HourlyCount.lately(row.tenant_id, kept).filter(configuration_id=row.id).exclude(outcome="replayed")
    return counts.values_list("hour").annotate(records=Sum("records")).order_by("-hour")


def _newest(row: Configuration, spans: Iterable[tuple[datetime, datetime]], until: float) -> Iterator[Sent]:
    """Records of the configuration, newest first, as far as one gets by then. Index: the primary key of a partition.

    Not those of replays, which may have a single heading of a record. The database gives up, with `OperationalError`,
    where it finds none for too long.
    """
    rows = SentRecord.objects.filter(tenant_id=row.tenant_id, configuration_id=row.id, sent__isnull=False)
    rows = rows.exclude(outcome="replayed").exclude(actor_type=Change.Actor.REPLAY).order_by("-at", "-id")
    for first, end in spans:
        left = until - monotonic()
        if left <= 0:
            return
        bound(max(1, int(left * 1000)))
        found = rows.filter(at__gte=first, at__lt=end).values_list("id", "at", "sent")[:RECORDS]
        for id, at, sent in found.iterator(chunk_size=CHUNK):
            if isinstance(sent, dict):
                yield Sent(id, at, sent)
            if monotonic() > until:
                return
