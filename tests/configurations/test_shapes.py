"""The published schemas and the service say the same of every value."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rapport.configurations.artefacts import schema, shapes
from rapport.configurations.artefacts.outline import Outline
from rapport.configurations.models import Configuration
from rapport.records.catalogue import PLAIN, TYPES, Catalogue, custom_field
from rapport.records.documents import load_json
from rapport.records.mapping import Mapping
from rapport.records.texts import INVISIBLE, SPACES
from rapport.records.types import ALL

CHOICES = ["Gold", "a (b)", "1", "true", "Jos\u00e9"]
CATALOGUE = Catalogue(
    [custom_field("contact", name.replace(" ", "_").replace("-", "_"), name, name, CHOICES) for name in TYPES],
    touchpoints=["After Sales", "Shop"],
)
FIELDS = {
    **{name: ("contact", "contact." + name.replace(" ", "_").replace("-", "_")) for name in TYPES},
    "nps": ("external-response", "nps_score"),
    "vector": ("survey", "delivery_vector"),
    "touchpoint": ("survey", "touchpoint"),
    "reference": ("activity", "contact"),
    "account": ("account", "account_name"),
}


@cache
def judges(name: str) -> tuple[Mapping, Any]:
    """The service and the schema for a configuration with one more heading, `X`."""
    data_type, field = FIELDS[name]
    mapping = [{"heading": "X", "field": field}]
    needed = [group[0] for group in ALL[data_type].required if field not in group]
    mapping += [{"heading": name, "field": name} for name in needed]
    configuration = Configuration(reference="r", name="R", kind="api", data_type=data_type, mapping=mapping, options={})
    document = schema.document(Outline.of(configuration, CATALOGUE))
    return Mapping(data_type, mapping, CATALOGUE), jsonschema_rs.validator_for(document)


RIGHT = {
    "email": "a@b", "account_name": "Acme", "nps_score": "1", "sent_date": "2026-01-31", "response_date": "2026-01-31",
    "reference": "1", "source": "x", "type": "x", "happened_at": "2026-01-31",
}  # fmt: skip


def taken(name: str, literal: str) -> tuple[bool, bool]:
    """Whether the service and the schema take a value, as JSON has it."""
    mapping, validator = judges(name)
    others = {heading: json.dumps(RIGHT[heading]) for heading in mapping.headings.values() if heading != "X"}
    record = "{" + ", ".join(f'"{heading}": {value}' for heading, value in (others | {"X": literal}).items()) + "}"
    return not mapping.prepare(load_json(record.encode())).errors, validator.is_valid(json.loads(record))


@pytest.mark.parametrize(
    ("name", "literal", "right"),
    [
        ("nps", "9.0", True), ("nps", "1e1", True), ("nps", '"9.0"', True), ("nps", '"1e1"', True),
        ("nps", "11", False), ("nps", '"-0"', True), ("nps", '"+07."', True), ("nps", "-1", False),
        ("nps", "9.5", False),
        ("integer", "9.0", True), ("integer", '"1e1"', True), ("integer", '" 9 "', True), ("integer", "true", False),
        ("integer", "9223372036854775807", True), ("integer", "9223372036854775808", False),
        ("integer", '"1.5"', False),
        ("decimal", "1e-7", True), ("decimal", '".5"', True), ("decimal", '"5."', True), ("decimal", '"."', False),
        ("decimal", '"' + "1" * 30 + '"', True), ("decimal", '"' + "1" * 31 + '"', False), ("decimal", "1e30", False),
        ("decimal", '"0.' + "1" * 31 + '"', False), ("decimal", '"0.5' + "0" * 40 + '"', True),
        ("boolean", '"on"', True), ("boolean", '"OFF"', True), ("boolean", "1", True), ("boolean", "2", False),
        ("boolean", "1.0", True), ("boolean", '"t"', False), ("boolean", '""', True), ("boolean", "0.5", False),
        ("phone", '"123"', False), ("phone", '"+44 (0) 20\\u20117946"', True), ("phone", '"2026-01-31"', False),
        ("phone", '"-447911123456"', False), ("phone", '"00000"', False), ("phone", '"0012345"', True),
        ("phone", "12345", True), ("phone", "-12345", False), ("phone", '"\\u202a12345\\u202c"', True),
        ("date", '"2026-02-31"', False), ("date", '"2024-02-29"', True), ("date", '"1900-02-29"', False),
        ("date", '"2000-02-29"', True), ("date", '"0000-01-01"', False), ("date", '"2026-01-31T00:00:00.000Z"', True),
        ("date", '"2026-01-30T23:00:00Z"', False), ("date", "20260131", False),
        ("date-time", '"2026-01-31"', True), ("date-time", '"2026-01-31 14:30:00 UTC"', True),
        ("date-time", '"2026-02-30T10:00"', False), ("date-time", '"2026-01-31T24:00"', False),
        ("date-time", '"2026-01-31T14:30+01:99"', False), ("date-time", '"0001-01-01"', False),
        ("email", '"jane@x..example"', False), ("email", '".a@x"', False), ("email", '"a..b@x"', False),
        ("email", '"mailto:a@x"', False), ("email", '"a@b@c"', False), ("email", '"=?utf-8?q?a?=@x.example"', False),
        ("email", '"a@-b"', False), ("email", '"a@ab--c.example"', False), ("email", '"\\ufeffa@b "', True),
        ("email", '"a@b.xn--bcher-kva"', True), ("email", '"j\\u00fcrgen@b\\u00fccher.example"', True),
        ("reference", '"a@b"', True), ("reference", '"12345"', True), ("reference", '"Ada"', False),
        ("choice", '"Gold"', True), ("choice", '"gold"', False), ("choice", '" Gold "', True), ("choice", "1", True),
        ("choice", "true", True), ("choice", '"a (b)"', True), ("choice", "null", True), ("choice", "2", False),
        ("choice", '"Jose\\u0301"', True), ("choice", '"jose\\u0301"', False),
        ("vector", '"SMS"', True), ("vector", '"fax"', False), ("touchpoint", '" after  SALES"', True),
        ("account", '"\\u200b"', False), ("account", '" "', False), ("account", '"a\\u0000"', False),
        ("text", "[]", False), ("text", '"a\\u0000b"', False), ("text", "1.50", True),
    ],
    ids=str,
)  # fmt: skip
def test_one_value_has_one_verdict(name: str, literal: str, *, right: bool) -> None:
    assert taken(name, literal) == (right, right)


def test_a_heading_that_nothing_maps_may_have_any_value() -> None:
    mapping, validator = judges("text")
    record = {"email": "a@b", "Y": {"z": []}}
    assert not mapping.prepare(record).errors
    assert validator.is_valid(record)


def test_a_system_without_touchpoints_takes_none() -> None:
    shape = jsonschema_rs.validator_for(shapes.shape(PLAIN.fields(ALL["survey"])["touchpoint"].type))
    assert [shape.is_valid(value) for value in ("", None, "Shop")] == [True, True, False]


around = st.text(
    st.sampled_from([chr(end) for pair in SPACES + INVISIBLE for end in pair if end <= 0xFFFF]), max_size=2
)
digits = st.from_regex(r"[+-]?[0-9]{0,32}\.?[0-9]{0,32}", fullmatch=True)
dates = st.from_regex(r"[012][0-9]{3}-[01][0-9]-[0-3][0-9]", fullmatch=True)
times = st.from_regex(
    r"[T t][0-2][0-9]:[0-6]0(:[0-6][0-9](\.[0-9]{1,3})?)?( ?(Z|utc|[+-][012][0-9](:?[0-6]0)?))?", fullmatch=True
)
DRAWN = {
    "email": st.from_regex(r"[a-zA-Z.+=?_ \"(<-]{1,5}@?[a-z0-9.-]{0,9}@?", fullmatch=True),
    "phone": st.text("0123456789 ()+-\u2013\u00a0\u200e", min_size=3, max_size=26) | dates,
    "integer": digits,
    "decimal": digits,
    "date": st.tuples(dates, st.just("") | times | st.just("T00:00:00Z")).map("".join),
    "date-time": st.tuples(dates, st.just("") | times).map("".join),
    "boolean": st.sampled_from(["yes", "No", "1", "0", "2", "TRUE", "t", "1.0"]),
    "choice": st.sampled_from([*CHOICES, "gold", "x"]),
    "nps": digits | st.integers(-2, 12).map(str),
    "reference": st.just("a@b"),
    "vector": st.sampled_from(["email", "Email", "fax"]),
    "touchpoint": st.sampled_from(["shop", "AFTER sales", "Sales"]),
}
values = st.none() | st.booleans() | st.integers(-(2**65), 2**65) | st.lists(st.none(), max_size=1)


@settings(max_examples=1000, deadline=None)
@given(st.sampled_from(list(FIELDS)), st.data())
def test_any_value_has_one_verdict(name: str, data: st.DataObject) -> None:
    text = st.text(st.characters(codec="ascii"), max_size=12) | DRAWN.get(name, st.text(max_size=5))
    value = data.draw(st.tuples(around, text, around).map("".join) | values)
    literal = json.dumps(value)
    if len(literal) > 128 or re.search(r"[eE]", literal):
        return
    service, published = taken(name, literal)
    assert service == published
