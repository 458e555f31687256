"""What the ledger and the configuration's edits know about a row of the request history; in its tenant's scope."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from rapport.configurations import catalogue
from rapport.configurations.models import Configuration, ConfigurationEdit
from rapport.directory.models import Activity
from rapport.directory.names import account_names, contact_names
from rapport.history.models import Change, SentRecord
from rapport.records.fields import told as by_known_names
from rapport.records.types import ALL
from rapport.records.types.activity import KEYS
from rapport.surveys.models import ExternalResponse, Response, SurveyRecord

from . import guesses, searching
from .receipts import DrawnReceipt, Reading, draw
from .whom import unknown_reference

#: Kind of an object that has no name of its own, but somebody whose it is.
_OWNED: dict[str, type[SurveyRecord | ExternalResponse | Response]] = {
    "survey_record": SurveyRecord,
    "external_response": ExternalResponse,
    "response": Response,
}


def receipt(tenant_id: int, row: SentRecord) -> DrawnReceipt:
    """The receipt of a record of the history."""
    wrote = any(each["outcome"] in guesses.WROTE for each in row.objects_written)
    entries = _entries(tenant_id, row) if wrote else []
    told = {
        "outcome": row.outcome,
        "objects": _with_changes(row.objects_written, entries),
        "ignored": row.ignored,
        "warnings": row.warnings,
        "errors": row.errors,
        "parameters": row.parameters,
    }
    read = reading(tenant_id, row, entries)
    if by_hand(row):
        labels = unlike(read.labels)
        read = Reading([{**entry, "heading": labels[entry["field"]]} for entry in read.entries], read.labels)
        sent = row.sent and {labels.get(name, name): text for name, text in row.sent.items()}
    else:
        sent = None if unknown_reference(row) else row.sent
    drawn = draw(told, sent, read)
    named = names(tenant_id, row.objects_written)
    objects = [replace(each, name=named.get(str(each.id), "")) for each in drawn.objects]
    guessed = bool(entries) and entries[0].record is None
    return replace(drawn, objects=objects, guessed=guessed, configuration=_reference(tenant_id, row))


def _reference(tenant_id: int, row: SentRecord) -> str:
    """The reference of the row's configuration, where a heading of it waits to be mapped."""
    if not row.ignored or row.configuration_id is None:
        return ""
    found = Configuration.objects.filter(tenant_id=tenant_id, id=row.configuration_id)
    return found.values_list("reference", flat=True).first() or ""


def by_hand(row: SentRecord) -> bool:
    """Whether a person typed it into a form."""
    asks = any(each["type"] == "survey_record" for each in row.objects_written)
    return row.configuration_id is None and (asks or row.actor_type == Change.Actor.USER)


def unlike(labels: Mapping[str, str]) -> dict[str, str]:
    """Field -> its label, with the field's name beside it where another field has the same."""
    twice = {label for label, count in Counter(labels.values()).items() if count > 1}
    return {name: f"{label} ({name})" if label in twice else label for name, label in labels.items()}


def reading(tenant_id: int, row: SentRecord, entries: Sequence[Change] = ()) -> Reading:
    """How the configuration read records when the row's came; without one it was a form, or came as an activity."""
    if by_hand(row):
        return _form(tenant_id, row)
    if row.configuration_id is None:
        labels = {field.name: field.label for field in ALL["activity"].fields}
        return Reading([{"heading": key, "field": field} for key, field in KEYS.items()], labels)
    own = {"tenant_id": tenant_id, "configuration_id": row.configuration_id}
    edits = ConfigurationEdit.objects.filter(**own, after__isnull=False).order_by("-version")
    version = entries[0].configuration_version if entries else None
    edits = edits.filter(at__lte=row.at) if version is None else edits.filter(version__lte=version)
    found = edits.values_list("after", flat=True).first()
    if found is None:
        today = Configuration.objects.filter(tenant_id=tenant_id, id=row.configuration_id)
        found = today.values("data_type", "mapping").first()
    if found is None:
        return Reading()
    fields = catalogue.of_tenant(tenant_id).fields(ALL[found["data_type"]])
    return Reading(found["mapping"], {name: field.label for name, field in fields.items()})


def _form(tenant_id: int, row: SentRecord) -> Reading:
    """What people type under the name of each field."""
    edited = next((each["type"] for each in row.objects_written), "contact")
    kind = "survey" if edited == "survey_record" else edited.replace("_", "-")
    fields = catalogue.of_tenant(tenant_id).fields(ALL[kind])
    return Reading(
        [{"heading": name, "field": name} for name in fields], {name: field.label for name, field in fields.items()}
    )


def of_change(tenant_id: int, change: Change) -> SentRecord | None:
    """The record that made a change, if its row is still there."""
    if change.record is None:
        return guesses.of_change(tenant_id, change)
    return searching.record(tenant_id, change.record)


def _entries(tenant_id: int, row: SentRecord) -> list[Change]:
    """What a record changed. Index: changes_record."""
    named = Change.objects.filter(tenant_id=tenant_id, record=row.id).order_by("seq")
    return list(named) or guesses.entries(tenant_id, row)


def _with_changes(objects: Iterable[Mapping[str, Any]], entries: Sequence[Change]) -> list[dict[str, Any]]:
    """The objects that a record touched, each with what it changed of it."""
    return [{**each, "changes": _diff(each, entries)} for each in objects]


def _diff(touched: Mapping[str, Any], entries: Iterable[Change]) -> Mapping[str, Any]:
    """What was changed: giving an account an alias is an entry of its own."""
    if touched["outcome"] not in guesses.WROTE:
        return {}
    alias = touched["type"] == "account_alias"
    own = (entry.diff for entry in entries if str(entry.object_id) == touched["id"])
    found: Iterator[Mapping[str, Any]] = (diff for diff in own if ("alias" in diff) == alias)
    return by_known_names(next(found, {}))


def names(tenant_id: int, objects: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Id -> what people call an object today, or whose it is; in a query for each kind, however many there are."""
    ids = defaultdict(list)
    for each in objects:
        ids["account" if each["type"] == "account_alias" else each["type"]].append(each["id"])
    acts = Activity.objects.filter(tenant_id=tenant_id, id__in=ids["activity"]).values_list("id", "reference")
    owners: dict[Any, Any] = {}
    for kind, model in _OWNED.items():
        rows = model._default_manager.filter(tenant_id=tenant_id, id__in=ids[kind])
        owners |= dict(rows.values_list("id", "contact_id"))
    people = contact_names(tenant_id, [*ids["contact"], *owners.values()])
    found: dict[Any, str | None] = {**people, **{id: people.get(owner) for id, owner in owners.items()}}
    found |= {**account_names(tenant_id, ids["account"], deleted=True), **dict(acts)}
    return {str(id): name or "" for id, name in found.items()}
