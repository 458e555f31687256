"""Records of every data type with values of every kind, drawn by hypothesis: most are taken, all are strange."""

from __future__ import annotations

import string
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from rapport.records.catalogue import TYPES, Catalogue, custom_field
from rapport.records.fields import Field
from rapport.records.mapping import Mapping
from rapport.records.texts import INVISIBLE, SPACES
from rapport.records.types import ALL

CHOICES = ["a", "Jos\u00e9", "1", "true", "A b"]
CATALOGUE = Catalogue(
    [
        custom_field(owner, name.replace(" ", "_").replace("-", "_"), f"{owner} {name}", name, CHOICES)
        for owner in ("contact", "account", "activity", "survey")
        for name in TYPES
    ],
    touchpoints=["Shop", "Stra\u00dfe"],
    zone=ZoneInfo("Europe/Berlin"),
)
FIELDS = {name: CATALOGUE.fields(kind) for name, kind in ALL.items()}
MAPPINGS = {
    name: Mapping(name, [{"heading": field.label, "field": field.name} for field in fields.values()], CATALOGUE)
    for name, fields in FIELDS.items()
}
FINDING = ("account", "contact", "activity", "account-alias")
ADDING = ("survey", "multi-object", "external-response")

#: Every category of Unicode, with what is hard in some place of the engine.
unicode = st.text(max_size=12) | st.text(st.characters(), max_size=3)
hidden = st.text(st.sampled_from([chr(end) for pair in SPACES + INVISIBLE for end in pair]), max_size=2)
numbers = st.one_of(
    st.integers().map(str),
    st.floats().map(repr),
    st.decimals().map(str),
    st.from_regex(r"[+-]?[0-9]{0,35}\.?[0-9]{0,35}(e[+-]?[0-9]{1,3})?", fullmatch=True),
)
moments = st.one_of(
    st.datetimes().map(str),
    st.datetimes().map(lambda moment: moment.isoformat()),
    st.dates().map(str),
    st.tuples(st.datetimes(), st.sampled_from(["Z", "z", " UTC", "+0530", "-11:00", " +01", "+14:00"])).map(
        lambda pair: f"{pair[0]}{pair[1]}"
    ),
    st.sampled_from(["2026-03-29 02:30", "2026-10-25 02:30", "2026-01-31T00:00:00.000Z"]),
)
words = st.sampled_from([*CHOICES, "Y", "off", "ON", "email", "SMS", "shop", "STRASSE", "7", "10.0"])
emails = st.tuples(
    st.text(st.characters(categories=["L", "N", "M"]) | st.sampled_from(string.punctuation), min_size=1, max_size=6),
    st.sampled_from(["x.example", "X.Example", "b\u00fccher.example", "fa\u00df.example", "\uff58.example"]),
).map("@".join)
phones = st.text("0123456789 ()+-\u2013\u00a0\u200e", min_size=5, max_size=24)
texts = st.one_of(unicode, numbers, moments, words, emails, phones)
values = st.one_of(
    st.tuples(hidden, texts, hidden).map("".join),
    st.none(),
    st.booleans(),
    st.recursive(st.text(max_size=2), lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner)),
)
#: By the name of a type, so that many values are taken; and anything for any of them.
FITTING = {
    "integer": numbers,
    "decimal": numbers,
    "date": moments,
    "date-time": moments,
    "boolean": words,
    "choice": words,
    "touchpoint": words,
    "email": emails,
    "phone": phones,
    "email or phone": st.just("known@x.example"),
}
#: Stands where what was drawn for a required heading is refused.
RIGHT = {
    "email": "ada@x.example",
    "account_name": "Acme",
    "alias": "Al",
    "nps_score": "9",
    "reference": "1",
    "source": "CRM",
    "type": "Call",
    **dict.fromkeys(("happened_at", "sent_date", "response_date"), "2026-01-31 14:30"),
}


def records(configuration: str) -> st.SearchStrategy[dict[str, Any]]:
    """Records that are taken: what is required, and a few of all other headings."""
    fields = FIELDS[configuration].values()
    drawn = {field.label: value(field) for field in fields}
    needed = [field.label for group in ALL[configuration].required for field in fields if field.name in group]
    others = st.sets(st.sampled_from(list(drawn)), max_size=4)
    chosen = others.flatmap(lambda labels: st.fixed_dictionaries({label: drawn[label] for label in {*needed, *labels}}))
    return st.tuples(chosen, st.dictionaries(unicode, values, max_size=1)).map(
        lambda parts: _taken(configuration, parts[1] | parts[0])
    )


def _taken(configuration: str, record: dict[str, Any]) -> dict[str, Any]:
    """The record without what is refused."""
    record.pop("", None)
    mapping = MAPPINGS[configuration]
    errors = mapping.prepare(record).errors
    taken = {heading: value for heading, value in record.items() if "record." + heading not in errors}
    right = {mapping.headings[name]: value for name, value in RIGHT.items() if name in mapping.headings}
    missing = [key.removeprefix("record.") for key in mapping.prepare(taken).errors]
    taken |= {heading: right[heading] for heading in missing if heading in right}
    if taken.get("Contact") not in (None, ""):
        taken["Contact"] = "known@x.example"
    return {"": configuration, **taken}


def value(field: Field) -> st.SearchStrategy[Any]:
    fitting = FITTING.get(field.type.name, unicode)
    return st.tuples(hidden, fitting, hidden).map(lambda parts: parts[1] and "".join(parts)) | fitting | values
