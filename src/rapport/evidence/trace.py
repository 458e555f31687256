"""What the ledger and the configuration's edits know about a row of the request history; in its tenant's scope."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import TextField
from django.db.models.functions import Cast

from rapport.configurations import catalogue
from rapport.configurations.models import Configuration, ConfigurationEdit
from rapport.directory.models import Activity
from rapport.directory.names import account_names, contact_names
from rapport.history.models import Change, SentRecord
from rapport.records.types import ALL

from .receipts import DrawnReceipt, Reading, draw

WROTE = ("created", "updated")
#: What `PUT /activities` takes -> the field that it fills (`ingest.activities`); it needs no configuration.
ACTIVITY = {
    "reference": "reference",
    "account": "account_name",
    "contact": "contact",
    "type": "type",
    "source": "source",
    "happened_at": "happened_at",
    "additional_information_object": "information",
}
#: A group's ledger is written at most so long after its moment.
LATEST = timedelta(minutes=5)


def receipt(tenant_id: int, row: SentRecord) -> DrawnReceipt:
    """The receipt of a record of the history."""
    told = {
        "outcome": row.outcome,
        "objects": _with_changes(tenant_id, row),
        "ignored": row.ignored,
        "warnings": row.warnings,
        "errors": row.errors,
    }
    drawn = draw(told, row.sent, reading(tenant_id, row))
    named = names(tenant_id, row.objects_written)
    return replace(drawn, objects=[replace(each, name=named.get(str(each.id), "")) for each in drawn.objects])


def reading(tenant_id: int, row: SentRecord) -> Reading:
    """How the configuration read records when the row's came; without one it came as an activity."""
    if row.configuration_id is None:
        labels = {field.name: field.label for field in ALL["activity"].fields}
        return Reading([{"heading": key, "field": field} for key, field in ACTIVITY.items()], labels)
    own = {"tenant_id": tenant_id, "configuration_id": row.configuration_id}
    edits = ConfigurationEdit.objects.filter(**own, at__lte=row.at, after__isnull=False).order_by("-version")
    found = edits.values_list("after", flat=True).first()
    if found is None:
        today = Configuration.objects.filter(tenant_id=tenant_id, id=row.configuration_id)
        found = today.values("data_type", "mapping").first()
    if found is None:
        return Reading()
    fields = catalogue.of_tenant(tenant_id).fields(ALL[found["data_type"]])
    return Reading(found["mapping"], {name: field.label for name, field in fields.items()})


def of_change(tenant_id: int, change: Change) -> SentRecord | None:
    """The record that made a change, if it came as a request whose row is still there.

    Read back from the change in time, which a request precedes by milliseconds. Index: the primary key.
    """
    if change.actor_type == Change.Actor.USER:
        return None
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
    """What the row's request changed of some objects, in order. Index: changes_object."""
    entries = Change.objects.filter(tenant_id=tenant_id, object_id__in=ids, request_id=row.request_id)
    return list(entries.filter(at__gte=row.at, at__lt=row.at + LATEST).order_by("seq"))


def _steps(objects: Iterable[Mapping[str, Any]], id: str) -> int:
    """How many entries of the ledger a record made for an object."""
    return sum(each["id"] == id and each["outcome"] in WROTE for each in objects)


def _touching(rows: Any, object_id: UUID | str) -> Any:
    """Rows that did something to an object."""
    told = rows.annotate(told=Cast("objects_written", TextField()))
    return told.filter(told__contains=str(object_id))


def _with_changes(tenant_id: int, row: SentRecord) -> list[dict[str, Any]]:
    """The row's objects, each with what the record changed of it."""
    ids = {each["id"] for each in row.objects_written if each["outcome"] in WROTE}
    found: dict[str, list[Change]] = defaultdict(list)
    for entry in _entries(tenant_id, row, ids) if ids else ():
        found[str(entry.object_id)].append(entry)
    own = {id: _own(tenant_id, row, id, entries) for id, entries in found.items()}
    return [{**each, "changes": _diff(each, own.get(each["id"], ()))} for each in row.objects_written]


def _own(tenant_id: int, row: SentRecord, id: str, entries: Sequence[Change]) -> Sequence[Change]:
    """Of the entries that a request made for one object, those of this record; others of its batch may have some."""
    steps = _steps(row.objects_written, id)
    if len(entries) <= steps:
        return entries
    earlier = SentRecord.objects.filter(tenant_id=tenant_id, at=row.at, request_id=row.request_id)
    before = _touching(earlier.filter(position__lt=row.position), id).values_list("objects_written", flat=True)
    skipped = sum(_steps(objects, id) for objects in before)
    return entries[skipped : skipped + steps]


def _diff(touched: Mapping[str, Any], entries: Iterable[Change]) -> Mapping[str, Any]:
    """What was changed: giving an account an alias is an entry of its own."""
    if touched["outcome"] not in WROTE:
        return {}
    alias = touched["type"] == "account_alias"
    found: Iterable[Mapping[str, Any]] = (entry.diff for entry in entries if ("alias" in entry.diff) == alias)
    return next(iter(found), {})


def names(tenant_id: int, objects: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Id -> what people call an object today; in three queries, however many there are."""
    ids = defaultdict(list)
    for each in objects:
        ids["account" if each["type"] == "account_alias" else each["type"]].append(each["id"])
    acts = Activity.objects.filter(tenant_id=tenant_id, id__in=ids["activity"]).values_list("id", "reference")
    found = contact_names(tenant_id, ids["contact"]) | account_names(tenant_id, ids["account"]) | dict(acts)
    return {str(id): name for id, name in found.items()}
