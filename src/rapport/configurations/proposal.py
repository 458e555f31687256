"""Which fields the headings of a pasted sample probably fill; pure."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from rapport.records.catalogue import TYPES
from rapport.records.cells import unguarded
from rapport.records.documents import load_json
from rapport.records.errors import Invalid, Malformed
from rapport.records.fields import TEXT_LIMIT, Field, FieldType
from rapport.records.rename import Mapped, folded, suggest
from rapport.records.wire import read_flat, read_form

#: Characters of a sample.
LIMIT = 20_000
#: Records of a sample that are looked at, and headings that are proposed for.
LOOKED_AT = 20
HEADINGS_LIMIT = 100
#: Types that a field may be guessed to have, the narrowest first.
GUESSED = ("integer", "decimal", "date", "date-time", "email")
_DELIMITERS = (",", ";", "\t")
#: `record[Email]=…`, wherever in an address, a form or a command line it stands.
#: Bounded, as all that people paste: what is long and almost fits must not take long.
_RECORD = re.compile(r"record(?:\[|%5B)[^\]\n]{0,256}?(?:\]|%5D)=[^&\"'\s]*", re.IGNORECASE)
_FLAT = re.compile(r"^(?!')[^\s,;=?]{1,256}=|\?[^\s,;=?]{1,256}=")
_NOT_NAMES = re.compile(r"[^a-z0-9]+")
_UTC = ZoneInfo("UTC")
_ANY_TIME = datetime(2026, 1, 1, tzinfo=UTC)

#: Heading -> what came under it.
Sample = dict[str, list[str]]


class Proposal(NamedTuple):
    """What a sample's headings probably are."""

    #: Field -> heading.
    mapped: dict[str, str]
    #: Headings that fit no field.
    unknown: list[str]


def read(text: str) -> Sample:
    """The headings of JSON, of a query string (also within a command line) or of CSV. Raises `Malformed`."""
    if len(text) > LIMIT:
        raise Malformed(f"The sample must not be longer than {LIMIT:,} characters; one or two records are enough.")
    text = text.strip().lstrip("\ufeff")
    if text.startswith(("{", "[")):
        found = _of_json(load_json(text.encode(errors="replace")))
    elif _RECORD.search(text) or _FLAT.search(text):
        found = [_of_query(text)]
    else:
        found = _of_csv(text)
    sample: Sample = {}
    for record in found[:LOOKED_AT]:
        for heading, value in record.items():
            values = sample.setdefault(heading.strip(), [])
            values += [value] if isinstance(value, str) and value else []
    sample.pop("", None)
    if not sample:
        raise Malformed("There are no headings in this sample.")
    return dict(list(sample.items())[:HEADINGS_LIMIT])


def propose(sample: Sample, fields: Iterable[Field]) -> Proposal:
    """A field for each heading that has its label or technical name, or one like these; each field once."""
    free = {field.name: field for field in fields}
    names = {folded(name): field.name for field in free.values() for name in reversed(_names(field))}
    mapped: dict[str, str] = {}
    left = []
    for heading in sample:
        field = names.get(folded(heading))
        if field in free:
            mapped[field] = heading
            del free[field]
        else:
            left.append(heading)
    unknown = []
    for heading in left:
        candidates = [Mapped(name, field.name, field.type, None) for field in free.values() for name in _names(field)]
        found = suggest(heading, sample[heading], _ANY_TIME, candidates)
        if found is None:
            unknown.append(heading)
        else:
            mapped[found.field] = heading
            del free[found.field]
    return Proposal(mapped, unknown)


def guess(values: Sequence[str]) -> str:
    """The narrowest type of custom field that takes all values."""
    for name in GUESSED:
        if values and all(_takes(TYPES[name], value.strip()) for value in values):
            return name
    return "long text" if any(len(value) > TEXT_LIMIT for value in values) else "text"


def technical_name(label: str) -> str:
    """The name that a field with this label gets unless somebody chooses another; "" where no letter is left."""
    plain = unicodedata.normalize("NFKD", label.casefold()).encode("ascii", "ignore").decode()
    return _NOT_NAMES.sub("_", plain).strip("_").lstrip("0123456789_")[:63].rstrip("_")


def _names(field: Field) -> tuple[str, str]:
    """What a field is called: its label, and its technical name without the object's."""
    return field.label, field.name.rpartition(".")[2]


def _takes(type: FieldType | None, text: str) -> bool:
    try:
        return type is not None and type.read(text, _UTC) is not None
    except Invalid:
        return False


def _of_json(given: Any) -> list[dict[str, Any]]:
    """The records of a JSON body, single or batch."""
    records = given if isinstance(given, list) else [given]
    found = [record.get("record", record) if isinstance(record, dict) else record for record in records]
    if not all(isinstance(record, Mapping) for record in found):
        raise Malformed("The JSON must be an object of headings and values, or a list of them.")
    return found


def _of_query(text: str) -> dict[str, Any]:
    pairs = _RECORD.findall(text)
    if pairs:
        found: dict[str, Any] = read_form("&".join(pairs).encode(errors="replace")).record
        return found
    return read_flat(text.split(maxsplit=1)[0].rpartition("?")[2].encode(errors="replace"))


def _of_csv(text: str) -> list[dict[str, Any]]:
    """The records of a CSV text; with a header only, one without values."""
    lines = text.splitlines()
    delimiter = max(_DELIMITERS, key=lines[0].count) if lines else ","
    try:
        cells = csv.reader(lines[: LOOKED_AT + 1], delimiter=delimiter)
        header, *rows = ([unguarded(cell) for cell in row] for row in cells)
    except (ValueError, csv.Error):
        raise Malformed("The sample must be JSON, a query string, or the first lines of a CSV file.") from None
    values = [dict(zip(header, row, strict=False)) for row in rows if row]
    return [dict.fromkeys(header, ""), *values]
