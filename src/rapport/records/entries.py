"""The lines of a configuration's mapping, and everything that can be wrong with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypedDict
from zoneinfo import ZoneInfo

from rapport.records.catalogue import Catalogue
from rapport.records.errors import Invalid, sentence
from rapport.records.fields import TEXT_LIMIT, Field
from rapport.records.texts import trimmed
from rapport.records.types import ALL, DataType

#: Headings of calls, and of files.
KINDS = ("api", "file")
DELIMITERS = (",", ";")
#: The data type whose configurations may require an account.
ACCOUNT_REQUIRED = "multi-object"
#: Headings of one configuration, at most.
ENTRIES_LIMIT = 500
#: Headings of one field, at most.
HEADINGS_LIMIT = 5

#: Parameter -> sentences.
Faults = dict[str, list[str]]


class Entry(TypedDict, total=False):
    """One line of a configuration's mapping; a further one of the same field is its next heading."""

    heading: str
    field: str
    #: Text used where no heading of the field brought a value. On the field's first line only.
    default: str
    #: An empty value clears the stored one. On the field's first line only.
    empty_clears: bool


KEYS = tuple(Entry.__annotations__)
#: What only the first entry of a field may have.
FIRST_ONLY = ("default", "empty_clears")


def by_field(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    """Each field with its entries: in their order the first heading that brings a value fills it."""
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry["field"], []).append(entry)
    return found


def required(kind: DataType, options: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    """Groups of fields of which a configuration must map one, and a record fill one that is mapped."""
    account = kind.name == ACCOUNT_REQUIRED and options.get("account_required") is True
    return (*kind.required, ("account_name",)) if account else kind.required


def unknown(given: Mapping[str, Any], known: Sequence[str], within: str = "") -> Faults:
    """A sentence for each key that nobody knows."""
    told = ", ".join(known)
    return {within + key: [sentence("unknown", key, known=told)] for key in given if key not in known}


def check(kind: str, data_type: str, entries: Any, options: Any, catalogue: Catalogue) -> Faults:
    """Every fault of a configuration's mapping and options at once, by parameter; values may be any JSON."""
    faults: Faults = {}
    if kind not in KINDS:
        faults["kind"] = [sentence("choice", "kind", allowed=", ".join(KINDS))]
    if data_type not in ALL:
        return faults | {"data_type": [sentence("choice", "data_type", allowed=", ".join(ALL))]}
    type = ALL[data_type]
    if isinstance(options, dict):
        faults |= _option_faults(kind, data_type, options)
    else:
        options, faults["options"] = {}, [sentence("object_expected", "options")]
    if not isinstance(entries, list):
        return faults | {"mapping": [sentence("array", "mapping")]}
    if len(entries) > ENTRIES_LIMIT:
        return faults | {"mapping": [sentence("entries", "mapping", limit=ENTRIES_LIMIT)]}
    fields = catalogue.fields(type)
    found, mapped = _entry_faults(kind, type, entries, fields, catalogue)
    missing = [group for group in required(type, options) if mapped.isdisjoint(group)]
    if missing:
        faults["mapping"] = [_missing(type, fields, group) for group in missing]
    return faults | found


def _entry_faults(
    kind: str, type: DataType, entries: Sequence[Any], fields: Mapping[str, Field], catalogue: Catalogue
) -> tuple[Faults, set[str]]:
    """The faults of each entry, and the fields that are mapped."""
    faults: Faults = {}
    headings: set[str] = set()
    mapped: Counter[str] = Counter()
    for position, entry in enumerate(entries):
        place = f"mapping.{position}"
        if not isinstance(entry, dict):
            faults[place] = [sentence("object_expected", place)]
            continue
        faults |= unknown(entry, KEYS, place + ".")
        for key, told in (
            ("heading", _heading_fault(entry.get("heading"), kind, headings)),
            ("field", _field_fault(entry.get("field"), type, fields, catalogue, mapped)),
            *_value_faults(entry, fields, catalogue.zone, first=mapped[str(entry.get("field"))] < 2),
        ):
            if told:
                faults[f"{place}.{key}"] = [told]
    return faults, set(mapped)


def _missing(type: DataType, fields: Mapping[str, Field], group: tuple[str, ...]) -> str:
    return sentence("mapping", type=type.label, fields=" or ".join(fields[name].label for name in group))


def _heading_fault(heading: Any, kind: str, seen: set[str]) -> str | None:
    if heading is None or heading == "":
        return sentence("required", "heading")
    if not isinstance(heading, str):
        return sentence("string", "heading")
    repeated = heading in seen
    seen.add(heading)
    if heading != heading.strip() or not heading.isprintable():
        return sentence("heading_visible", heading)
    if len(heading) > TEXT_LIMIT:
        return sentence("max", "heading", limit=TEXT_LIMIT)
    if kind == "api" and "]" in heading:
        return sentence("heading_bracket", heading)
    return sentence("heading_repeated", heading) if repeated else None


def _field_fault(
    name: Any, type: DataType, fields: Mapping[str, Field], catalogue: Catalogue, mapped: Counter[str]
) -> str | None:
    if name is None or name == "":
        return sentence("required", "field")
    if not isinstance(name, str):
        return sentence("string", "field")
    mapped[name] += 1
    if name not in fields:
        return sentence("field_unknown", field=name, type=type.label)
    if name in catalogue.custom and not catalogue.custom[name].open:
        return sentence("field_archived", field=name)
    return sentence("field_headings", field=name, limit=HEADINGS_LIMIT) if mapped[name] > HEADINGS_LIMIT else None


def _value_faults(
    entry: Mapping[str, Any], fields: Mapping[str, Field], zone: ZoneInfo, *, first: bool
) -> Iterator[tuple[str, str | None]]:
    """What is wrong with an entry's default and its choice about empty values, which the field's `first` one has."""
    if not first:
        for key in FIRST_ONLY:
            if key in entry:
                yield key, sentence("first_heading", key, field=entry["field"])
        return
    if not isinstance(entry.get("empty_clears", False), bool):
        yield "empty_clears", sentence("truth", "empty_clears")
    if "default" not in entry:
        return
    default = entry["default"]
    if not isinstance(default, str):
        yield "default", sentence("string", "default")
    elif not trimmed(default):
        yield "default", sentence("required", "default")
    else:
        field = fields.get(entry["field"]) if isinstance(entry.get("field"), str) else None
        try:
            if field is not None:
                field.type.read(trimmed(default), zone)
        except Invalid as fault:
            yield "default", fault.sentence("default")


def _option_faults(kind: str, data_type: str, options: Mapping[str, Any]) -> Faults:
    faults = unknown(options, ("account_required", "delimiter"), "options.")
    if "account_required" in options:
        if data_type != ACCOUNT_REQUIRED:
            told = sentence("only", "account_required", of=ACCOUNT_REQUIRED)
            faults["options.account_required"] = [told]
        elif not isinstance(options["account_required"], bool):
            faults["options.account_required"] = [sentence("truth", "account_required")]
    if "delimiter" in options:
        if kind != "file":
            faults["options.delimiter"] = [sentence("only", "delimiter", of="file configurations")]
        elif options["delimiter"] not in DELIMITERS:
            faults["options.delimiter"] = [sentence("choice", "delimiter", allowed=" ".join(DELIMITERS))]
    return faults
