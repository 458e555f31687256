"""What the tenant adds to the fields: custom fields of every type, touchpoints, defaults, options."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from rapport.records.catalogue import TYPES, Catalogue, custom_field
from rapport.records.entries import Entry, check
from rapport.records.errors import MappingFault
from rapport.records.mapping import Mapping
from rapport.records.types import ALL
from tests.records.shelves import Shelves

EMAIL: Entry = {"heading": "Email", "field": "email"}
CUSTOM: Entry = {"heading": "X", "field": "contact.x"}
SURVEYED: list[Entry] = [EMAIL, {"heading": "Touchpoint", "field": "touchpoint"}]


def of(type: str, choices: list[str] | None = None) -> Catalogue:
    return Catalogue([custom_field("contact", "x", "X", type, choices)], zone=ZoneInfo("Europe/Amsterdam"))


@pytest.mark.parametrize(
    ("type", "sent", "stored"),
    [
        ("text", " a ", "a"),
        ("long text", "a" * 10_000, "a" * 10_000),
        ("email", "A@B", "A@B"),
        ("phone", "+31 20 123", "+31 20 123"),
        ("integer", "007", 7),
        ("decimal", "1.50", "1.5"),
        ("date", "2026-01-31", "2026-01-31"),
        ("date-time", "2026-01-31 12:00:00", "2026-01-31T11:00:00Z"),
        ("choice", "b", "b"),
        ("boolean", "Yes", True),
    ],
)
def test_a_custom_field_of_every_type_goes_to_its_object(type: str, sent: str, stored: Any) -> None:
    record = Mapping("contact", [EMAIL, CUSTOM], of(type, ["a", "b"])).prepare({"Email": "a@b", "X": sent})
    assert record.errors == {}
    assert record.custom == {"contact": {"x": stored}}
    assert record.values == {"email": "a@b"}


@pytest.mark.parametrize(
    ("type", "sent", "told"),
    [
        ("text", "a" * 129, "The X must not be greater than 128 characters."),
        ("email", "a", "The X must be a valid email address."),
        ("integer", "1.5", "The X must be a whole number."),
        ("choice", "c", "The X must be one of: a, b."),
        ("boolean", "perhaps", "The X must be true, yes, y, on or 1, or else false, no, n, off or 0."),
    ],
)
def test_a_custom_field_refuses_what_its_type_refuses(type: str, sent: str, told: str) -> None:
    record = Mapping("contact", [EMAIL, CUSTOM], of(type, ["a", "b"])).prepare({"Email": "a@b", "X": sent})
    assert record.errors == {"record.X": [told]}


def test_every_type_is_tried() -> None:
    assert list(TYPES) == [
        "text", "long text", "email", "phone", "integer", "decimal", "date", "date-time", "choice", "boolean"
    ]  # fmt: skip


def test_a_custom_field_has_defaults_and_can_be_cleared() -> None:
    clearing = Mapping("contact", [EMAIL, CUSTOM | {"empty_clears": True}], of("text"))
    assert clearing.prepare({"Email": "a@b", "X": ""}).custom == {"contact": {"x": None}}
    assert clearing.prepare({"Email": "a@b"}).custom == {}
    standing_in = Mapping("contact", [EMAIL, CUSTOM | {"default": "7"}], of("integer"))
    assert standing_in.prepare({"Email": "a@b"}).custom == {"contact": {"x": 7}}


def test_a_touchpoint_must_exist_and_is_stored_as_it_is_registered() -> None:
    mapping = Mapping("survey", SURVEYED, Catalogue(touchpoints=["After Sales", "Straße"]))
    assert mapping.prepare({"Email": "a@b", "Touchpoint": " after  SALES"}).values["touchpoint"] == "After Sales"
    assert mapping.prepare({"Email": "a@b", "Touchpoint": "STRASSE"}).values["touchpoint"] == "Straße"
    assert mapping.prepare({"Email": "a@b", "Touchpoint": "Sales"}).errors == {
        "record.Touchpoint": ["The Touchpoint must be an existing touchpoint: After Sales, Straße."]
    }
    none = Mapping("survey", SURVEYED).prepare({"Email": "a@b", "Touchpoint": "Sales"})
    assert none.errors == {"record.Touchpoint": ["The Touchpoint must be an existing touchpoint: there is none yet."]}


def test_a_long_list_of_touchpoints_is_not_told_in_full() -> None:
    mapping = Mapping("survey", SURVEYED, Catalogue(touchpoints=[f"T{number}" for number in range(1000)]))
    ((told,),) = mapping.prepare({"Email": "a@b", "Touchpoint": "x"}).errors.values()
    assert told.endswith("T8, T9 ….")


def test_a_long_list_of_choices_is_not_told_in_full() -> None:
    mapping = Mapping("contact", [EMAIL, CUSTOM], of("choice", [f"C{number}" for number in range(1000)]))
    ((told,),) = mapping.prepare({"Email": "a@b", "X": "x"}).errors.values()
    assert told == "The X must be one of: C0, C1, C2, C3, C4, C5, C6, C7, C8, C9 …."


def test_a_default_that_has_become_wrong_refuses_only_the_records_that_need_it() -> None:
    entries = [EMAIL, {"heading": "Touchpoint", "field": "touchpoint", "default": "Gone"}]
    told = {"mapping.1.default": ["The default must be an existing touchpoint: Here."]}
    catalogue = Catalogue(touchpoints=["Here"])
    assert check("api", "survey", entries, {}, catalogue) == told
    mapping = Mapping("survey", entries, catalogue)
    assert mapping.prepare({"Email": "a@b", "Touchpoint": "here"}).errors == {}
    assert mapping.prepare({"Email": "a@b"}).errors == {
        "record.Touchpoint": ["The Touchpoint must be an existing touchpoint: Here."]
    }


def test_an_account_is_required_where_the_configuration_says_so() -> None:
    entries: list[Entry] = [EMAIL, {"heading": "Company", "field": "account_name"}]
    mapping = Mapping("multi-object", entries, options={"account_required": True})
    assert mapping.prepare({"Email": "a@b"}).errors == {"record.Company": ["The Company field is required."]}
    assert Mapping("multi-object", entries).prepare({"Email": "a@b"}).errors == {}
    with pytest.raises(MappingFault, match=r"^A configuration for Multi-object must map Account Name\.$"):
        Mapping("multi-object", [EMAIL], options={"account_required": True})


def test_a_file_may_have_brackets_in_its_headings() -> None:
    entries: list[Entry] = [{"heading": "Email [work]", "field": "email"}]
    assert check("file", "contact", entries, {"delimiter": ";"}, Catalogue()) == {}
    assert list(check("api", "contact", entries, {}, Catalogue())) == ["mapping.0.heading"]


def test_an_empty_boolean_is_told_whatever_becomes_of_it() -> None:
    for more, custom in (
        ({}, {}),
        ({"empty_clears": True}, {"contact": {"x": None}}),
        ({"default": "1"}, {"contact": {"x": True}}),
    ):
        mapping = Mapping("contact", [EMAIL, CUSTOM | more], of("boolean"))  # type: ignore[operator]
        for empty in ("", " ", None):
            record = mapping.prepare({"Email": "a@b", "X": empty})
            assert (record.custom, record.warnings) == (custom, ["empty_boolean"])
        assert mapping.prepare({"Email": "a@b"}).warnings == []


def test_a_warning_is_given_once_and_stands_in_the_receipt() -> None:
    skipped = "2026-03-29 02:30"
    for data_type, field in (
        ("contact", "contact.x"),
        ("account", "account.x"),
        ("activity", "activity.x"),
        ("survey", "survey.x"),
    ):
        owner = field.partition(".")[0]
        catalogue = Catalogue(
            [custom_field(owner, name, name, "date-time", None) for name in "xy"], zone=ZoneInfo("Europe/Berlin")
        )
        entries: list[Entry] = [
            {"heading": each.label, "field": name} for name, each in catalogue.fields(ALL[data_type]).items()
        ]
        shelves = Shelves({"": Mapping(data_type, entries, catalogue)})
        record = {
            "Email": "a@b",
            "Account Name": "Acme",
            "Reference": "1",
            "Source": "x",
            "Type": "x",
            "Happened At": "2026-01-31",
        }
        for receipt in shelves.send_one_by_one(*[record | {"x": skipped, "y": skipped}] * 2):
            assert (receipt.errors, receipt.warnings) == ({}, ["clock_change"])


@pytest.mark.parametrize(
    ("type", "first", "other", "kept"),
    [
        ("email", "C@X.example", "c@x.example", "C@X.example"),
        ("phone", "+44 7700 900123", "447700900123", "+44 7700 900123"),
        ("phone", "447700900123", "+44 7700 900123", "+44 7700 900123"),
        ("text", "Jos\u00e9", "Jose\u0301", "Jos\u00e9"),
        ("long text", "a\nb", "a\r\nb", "a\nb"),
        ("decimal", "1.50", "15e-1", "1.5"),
    ],
)
def test_another_spelling_in_a_custom_field_is_no_news(type: str, first: str, other: str, kept: str) -> None:
    shelves = Shelves({"": Mapping("contact", [EMAIL, CUSTOM], of(type))})
    _, receipt = shelves.send_one_by_one({"Email": "a@b", "X": first}, {"Email": "a@b", "X": other})
    assert receipt.outcome == ("unchanged" if kept != other else "updated")
    assert next(iter(shelves.contacts.values())).custom == {"x": kept}
