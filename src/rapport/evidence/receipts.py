"""A receipt as people read it: what was sent beside what it became, heading by heading; pure.

It is drawn from what a receipt says on the wire (`records.receipt.Receipt.as_json`), so a request of the history,
a dry run and a failed row all look the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple
from uuid import UUID

from rapport.directory.representation import CONTACT_ATTRIBUTES
from rapport.records.entries import Entry, by_field
from rapport.records.mapping import NOT_USED, is_empty
from rapport.records.parameters import advice

OBJECTS = {
    "account": "Account",
    "account_alias": "Account alias",
    "contact": "Contact",
    "survey_record": "Survey record",
    "response": "Response",
    "external_response": "External response",
    "activity": "Activity",
}
#: (object, what it was found by) -> words.
FOUND_BY = {
    ("account", "alias"): "by one of its aliases",
    ("account", "name"): "by its name",
    ("account_alias", "alias"): "by its name",
    ("activity", "reference"): "by its reference",
    ("contact", "email"): "by its e-mail address",
    ("contact", "phone"): "by its phone number",
    ("contact", "merged_email"): "by an e-mail address that came with a merge; it keeps its own",
    ("contact", "merged_phone"): "by a phone number that came with a merge; it keeps its own",
}
#: Found by -> the field whose value did that, where it has another name.
_FINDING = {"merged_email": "email", "merged_phone": "phone"}
WARNINGS = {
    "phone_shared": "The phone number is another contact's already: it is stored here, too, but finds the other one.",
    "clock_change": "A local time falls where clocks change: it was read with the offset from before the change.",
    "empty_boolean": "A true-or-false value was sent empty, which is not false: send false, no, off or 0 for that.",
}
#: Outcome -> why none of the values was stored.
NOTHING_STORED = {
    "rejected": "not stored, because the record was refused",
    "not_written": "not stored, because another record of the batch was refused",
    "replayed": "not stored again, because it repeats an earlier request with its Idempotency-Key",
}
#: Objects whose custom fields are those of the object `survey`.
_SURVEYS = ("survey_record", "external_response")
#: Fields that name another object -> what the ledger calls it.
_LINKS = {"contact": "contact_id"}
_HEADING = "record."
Kind = Literal["stored", "matched", "unchanged", "empty", "kept_out", "ignored", "rejected"]


class Fate(NamedTuple):
    """What became of a value; where something was stored, with its old and new value."""

    told: str
    change: tuple[Any, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class DrawnLine:
    """One heading."""

    heading: str
    #: None: it was not sent, or is not kept.
    sent: str | None
    kind: Kind
    fates: Sequence[Fate]


@dataclass(frozen=True, kw_only=True)
class DrawnObject:
    """An object that the record created, changed or found."""

    type: str
    label: str
    id: UUID | str | None
    outcome: str
    #: Words, or nothing for what was created.
    found_by: str
    #: What people call it, where somebody has looked.
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class DrawnReceipt:
    """Everything that is told of one record."""

    outcome: str
    objects: Sequence[DrawnObject]
    lines: Sequence[DrawnLine]
    #: Sentences about the record as a whole.
    errors: Sequence[str]
    warnings: Sequence[str]
    #: Whether what was sent is there to be shown.
    kept: bool
    #: Names of what came beside the record and nobody knows, and what probably went wrong.
    parameters: Sequence[str] = ()
    advice: str = ""
    #: Whether its changes are a guess: it is older than ids of records.
    guessed: bool = False
    #: Reference of the configuration in which a heading can be mapped, where it is still there.
    configuration: str = ""


class Reading(NamedTuple):
    """What a configuration maps: its lines, and the label of each of their fields."""

    entries: Sequence[Entry] = ()
    labels: Mapping[str, str] = {}


def draw(told: Mapping[str, Any], sent: Mapping[str, Any] | None, reading: Reading) -> DrawnReceipt:
    """The receipt of a record.

    `told` is a receipt on the wire: `outcome`, `objects` with their `changes`, and, where there are any, `ignored`,
    `warnings` and `errors`. `sent` is heading -> value, None where it is not kept; `reading` is how the configuration
    read it.
    """
    errors: Mapping[str, Sequence[str]] = told.get("errors") or {}
    objects = [_touched(each) for each in told["objects"]]
    general = [text for parameter, texts in errors.items() if not parameter.startswith(_HEADING) for text in texts]
    return DrawnReceipt(
        outcome=told["outcome"],
        objects=objects,
        lines=list(_lines(told, sent, reading)),
        errors=general,
        warnings=list(_warnings(told.get("warnings") or ())),
        kept=sent is not None,
        parameters=told.get("parameters") or (),
        advice=advice(told.get("parameters") or ()),
    )


def _warnings(codes: Iterable[str]) -> Iterator[str]:
    """The sentences of warnings; a heading that was not used has a line that says so."""
    return (WARNINGS.get(code, code) for code in codes if not code.startswith(NOT_USED))


def _touched(given: Mapping[str, Any]) -> DrawnObject:
    return DrawnObject(
        type=given["type"],
        label=OBJECTS.get(given["type"], given["type"]),
        id=given["id"],
        outcome=given["outcome"],
        found_by=FOUND_BY.get((given["type"], given["matched_by"]), ""),
    )


def _lines(told: Mapping[str, Any], sent: Mapping[str, Any] | None, reading: Reading) -> Iterator[DrawnLine]:
    """A line for each heading that was sent, that something is wrong with, or that the configuration filled."""
    slots = {slot.heading: slot for slot in _slots(reading, sent)}
    errors = {
        parameter.removeprefix(_HEADING): texts
        for parameter, texts in (told.get("errors") or {}).items()
        if parameter.startswith(_HEADING)
    }
    ignored = told.get("ignored") or ()
    headings = dict.fromkeys([*(sent or ()), *errors, *(ignored if sent is None else ()), *slots])
    for heading in headings:
        text = _text(sent[heading]) if sent is not None and heading in sent else None
        if heading in errors:
            yield DrawnLine(heading=heading, sent=text, kind="rejected", fates=[Fate(each) for each in errors[heading]])
        elif heading in ignored:
            yield _line(heading, text, "ignored", "ignored: nothing maps this heading")
        elif heading in slots:
            yield from _mapped_line(told, text, slots[heading], kept=sent is not None)
        else:
            reason = NOTHING_STORED.get(told["outcome"], "not known to the configuration as it is kept")
            yield _line(heading, text, "kept_out", reason)


class _Slot(NamedTuple):
    """A heading that is mapped, and the part that it has in filling its field."""

    heading: str
    field: str
    label: str
    #: Whether it is the one that fills the field; of a record that is not kept that is the first.
    fills: bool
    #: The heading that brought a value before it.
    instead: str | None
    has_default: bool


def _slots(reading: Reading, sent: Mapping[str, Any] | None) -> Iterator[_Slot]:
    """What each heading of a configuration does in a record."""
    for field, entries in by_field(reading.entries).items():
        headings = [entry["heading"] for entry in entries]
        came = [heading for heading in headings if heading in (sent or {})]
        filled = [heading for heading in came if not is_empty((sent or {})[heading])]
        used = (filled or came or headings)[0]
        for heading in headings:
            yield _Slot(
                heading=heading,
                field=field,
                label=reading.labels.get(field, field),
                fills=heading == used,
                instead=used if filled and heading != used else None,
                has_default="default" in entries[0],
            )


def _mapped_line(told: Mapping[str, Any], text: str | None, slot: _Slot, *, kept: bool) -> Iterator[DrawnLine]:
    """The line of a heading that is mapped; none where it was not sent and left no trace."""
    heading, label = slot.heading, slot.label
    empty = is_empty(text)
    if told["outcome"] in NOTHING_STORED:
        if text is not None:
            yield _line(heading, text, "kept_out", NOTHING_STORED[told["outcome"]])
        return
    if not slot.fills:
        if text is not None:
            yield _line(heading, text, "empty" if empty else "kept_out", _unused(slot, empty=empty))
        return
    by_default = kept and empty and slot.has_default
    if text is None and kept and not by_default:
        return
    kind, fates = _fates(told["objects"], slot.field, label)
    if not fates and kept:
        kind = "empty" if empty and not by_default else "unchanged"
        fates = [Fate(f"{label} stays as it is" if kind == "empty" else f"unchanged: {label} had this value")]
    if by_default:
        prefix = "default of the configuration, "
        fates = [Fate(prefix + fate.told, fate.change) for fate in fates]
    if fates:
        yield DrawnLine(heading=heading, sent=text, kind=kind, fates=fates)


def _unused(slot: _Slot, *, empty: bool) -> str:
    """Why a heading that was sent fills nothing."""
    if slot.instead is None:
        return f"empty, like every heading of {slot.label}"
    told = f"{slot.instead} fills {slot.label}"
    return f"empty: {told}" if empty else f"not used: {told}, and comes before this heading"


def _fates(objects: Sequence[Mapping[str, Any]], field: str, label: str) -> tuple[Kind, list[Fate]]:
    """Where a field's value went: what it found, what it changed, else which copy holds it."""
    found, stored, copied = [], [], []
    for each in objects:
        noun, changes = OBJECTS.get(each["type"], each["type"]).lower(), each.get("changes") or {}
        matched = each["matched_by"]
        finding = _FINDING.get(matched, matched)
        if matched and (finding == field or (field == "account_name" and each["type"] == "account")):
            found.append(Fate(f"found the {noun} {FOUND_BY.get((each['type'], matched), '')}".rstrip()))
        copy: Mapping[str, Any] = (changes.get("fields") or (None, {}))[1]
        change = _change(each["type"], changes, field)
        if change is not None:
            where = f" of the {noun}" if any(other.get("changes") for other in objects if other is not each) else ""
            told = f"{label}{where} cleared" if change[1] is None else f"stored as {label}{where}"
            stored.append(Fate(told, change))
        elif _LINKS.get(field) in changes:
            stored.append(Fate(f"linked to the {field}"))
        elif field in copy:
            copied.append(Fate(f"kept with the {noun}", (None, copy[field])))
    kind: Kind = "stored" if stored or copied else "matched" if found else "unchanged"
    return kind, [*found, *(stored or copied)]


def _change(type: str, changes: Mapping[str, Any], field: str) -> tuple[Any, Any] | None:
    """The old and new value that a field has among the changes of an object."""
    owner, dot, name = field.partition(".")
    if not dot:
        found = changes.get("name" if (field, type) == ("account_name", "account") else field)
        found = found or (changes.get(f"custom.{field}") if field in CONTACT_ATTRIBUTES else None)
    elif owner == ("survey" if type in _SURVEYS else type):
        given = (changes.get("attributes") or (None, None))[1] or {}
        found = (None, given[name]) if name in given else changes.get(f"custom.{name}")
    else:
        found = None
    return found and (found[0], found[1])


def _line(heading: str, text: str | None, kind: Kind, told: str) -> DrawnLine:
    return DrawnLine(heading=heading, sent=text, kind=kind, fates=[Fate(told)])


def _text(value: Any) -> str:
    """A value as it was sent, or its JSON."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)
