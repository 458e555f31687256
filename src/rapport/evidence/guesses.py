"""What made a change in the ledger of before records had ids: guessed by request id, time and order.

A request id that came again within minutes, from the same sender, for the same object, may lead to another's record.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast

from rapport.history.models import Change, SentRecord

#: Outcomes of objects that have an entry.
WROTE = ("created", "updated")
#: A group's ledger is written at most so long after its moment.
LATEST = timedelta(minutes=5)


def of_change(tenant_id: int, change: Change) -> SentRecord | None:
    """The record that made a change, if its row is still there.

    Read back from the change in time, which a request precedes by milliseconds. Index: the primary key.
    """
    near = SentRecord.objects.filter(tenant_id=tenant_id, at__lte=change.at, at__gt=change.at - LATEST)
    rows = near.filter(request_id=change.request_id, actor_id=change.actor_id).order_by("-at", "-id")
    last = _touching(rows, change.object_id).first()
    if last is None:
        return None
    skipped, entries = 0, _entries(tenant_id, last, [change.object_id])
    for row in _touching(rows.filter(at=last.at).order_by("position"), change.object_id):
        steps = _steps(row.objects_written, str(change.object_id))
        if change in entries[skipped : skipped + steps]:
            return row
        skipped += steps
    return None


def _entries(tenant_id: int, row: SentRecord, ids: Collection[UUID | str]) -> list[Change]:
    """What the row's request changed of some objects, in order. Index: changes_before."""
    own = {"tenant_id": tenant_id, "record": None, "object_id__in": ids, "request_id": row.request_id}
    return list(Change.objects.filter(**own).filter(at__gte=row.at, at__lt=row.at + LATEST).order_by("seq"))


def _steps(objects: Iterable[Mapping[str, Any]], id: str) -> int:
    """How many entries of the ledger a record made for an object."""
    return sum(each["id"] == id and each["outcome"] in WROTE for each in objects)


def _touching(rows: QuerySet[SentRecord], object_id: UUID | str) -> QuerySet[SentRecord]:
    """Rows that did something to an object."""
    told = rows.annotate(told=Cast("objects_written", TextField()))
    return told.filter(told__contains=str(object_id))


def entries(tenant_id: int, row: SentRecord) -> list[Change]:
    """What a record changed."""
    ids = {each["id"] for each in row.objects_written if each["outcome"] in WROTE}
    found: dict[str, list[Change]] = defaultdict(list)
    for entry in _entries(tenant_id, row, ids) if ids else ():
        found[str(entry.object_id)].append(entry)
    return [entry for id, made in found.items() for entry in _own(tenant_id, row, id, made)]


def _own(tenant_id: int, row: SentRecord, id: str, entries: Sequence[Change]) -> Sequence[Change]:
    """Of the entries that a request made for one object, those of this record; others of its batch may have some."""
    steps = _steps(row.objects_written, id)
    if len(entries) <= steps:
        return entries
    earlier = SentRecord.objects.filter(tenant_id=tenant_id, at=row.at, request_id=row.request_id)
    before = _touching(earlier.filter(position__lt=row.position), id).values_list("objects_written", flat=True)
    skipped = sum(_steps(objects, id) for objects in before)
    return entries[skipped : skipped + steps]
