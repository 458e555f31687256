"""Mapping and checking one record: every sentence, word for word."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.records.errors import MappingFault
from rapport.records.mapping import Entry, Mapping
from rapport.records.types import ALL
from rapport.records.wire import read_form, read_json
from tests.records.test_wire import call_or_fault, formlike, jsonlike


def entries(data_type: str, *fields: str, **more: dict[str, Any]) -> list[Entry]:
    """Entries as the default configurations have them, of these fields or of all; `more` about single fields."""
    return [
        {"heading": field.label, "field": field.name, **more.get(field.name, {})}
        for field in ALL[data_type].fields
        if not fields or field.name in fields
    ]


CONTACT = Mapping("contact", entries("contact"))
ACCOUNT = Mapping("account", entries("account"))

EMAIL_OR_PHONE = {
    "record.Email": ["The Email field is required when Phone is not present."],
    "record.Phone": ["The Phone field is required when Email is not present."],
}
NO_EMAIL = {"record.Email": ["The Email must be a valid email address."]}
NO_PHONE = {
    "record.Phone": [
        "The Phone must be a valid phone number of 5 to 20 digits;"
        " spaces, parentheses, dashes and a plus are allowed too."
    ]
}
LONG = "x" * 129


@pytest.mark.parametrize(
    ("sent", "values", "keys"),
    [
        ({"Email": "a@b"}, {"email": "a@b"}, {"email": "e:a@b"}),
        ({"Email": " A@B "}, {"email": "A@B"}, {"email": "e:a@b"}),
        ({"Phone": "+1 2345"}, {"phone": "+1 2345"}, {"phone": "p:12345"}),
        (
            {"Email": "a@b", "Phone": "12345", "Account Name": "X  Y"},
            {"email": "a@b", "phone": "12345", "account_name": "X  Y"},
            {"email": "e:a@b", "phone": "p:12345", "account_name": "x y"},
        ),
        ({"Email": "a@b", "First Name": ""}, {"email": "a@b"}, {"email": "e:a@b"}),
        ({"Email": "a@b", "First Name": None}, {"email": "a@b"}, {"email": "e:a@b"}),
        ({"Email": "a@b", "First Name": " \t\n\N{NO-BREAK SPACE}"}, {"email": "a@b"}, {"email": "e:a@b"}),
        ({"Email": "a@b", "Phone": ""}, {"email": "a@b"}, {"email": "e:a@b"}),
        ({"Email": "a@b", "First Name": True}, {"email": "a@b", "first_name": "true"}, {"email": "e:a@b"}),
        ({"Email": "a@b", "First Name": False}, {"email": "a@b", "first_name": "false"}, {"email": "e:a@b"}),
        ({"Email": "a@b", "First Name": "x" * 128}, {"email": "a@b", "first_name": "x" * 128}, {"email": "e:a@b"}),
        (
            {"Email": "a@b", "First Name": " " + "🙂" * 128},
            {"email": "a@b", "first_name": "🙂" * 128},
            {"email": "e:a@b"},
        ),
    ],
)
def test_a_good_contact(sent: dict[str, Any], values: dict[str, Any], keys: dict[str, str]) -> None:
    record = CONTACT.prepare(sent)
    assert (record.errors, record.ignored) == ({}, [])
    assert (record.values, record.keys) == (values, keys)
    assert record.sent is sent


@pytest.mark.parametrize(
    ("sent", "errors"),
    [
        ({"First Name": "Ada"}, EMAIL_OR_PHONE),
        ({"Email": "", "Phone": " "}, EMAIL_OR_PHONE),
        ({"Email": None}, EMAIL_OR_PHONE),
        ({"email": "a@b", "Mail": "a@b"}, EMAIL_OR_PHONE),
        ({"Email": "x"}, NO_EMAIL),
        ({"Email": "x", "Phone": ""}, NO_EMAIL),
        ({"Phone": "x"}, NO_PHONE),
        ({"Email": "x", "Phone": "x"}, NO_EMAIL | NO_PHONE),
        ({"Email": "x", "Phone": "12345"}, NO_EMAIL),
        ({"Email": "a@b", "Phone": "1"}, NO_PHONE),
        (
            {"Email": "a b@c"},
            {
                "record.Email": [
                    "The Email must be a valid email address without spaces; a literal + must be sent as %2B."
                ]
            },
        ),
        (
            {"Email": "a\N{RIGHT-TO-LEFT MARK}@b"},
            {"record.Email": ["The Email must be a valid email address without control or invisible characters."]},
        ),
        (
            {"Email": "a@b", "First Name": LONG},
            {"record.First Name": ["The First Name must not be greater than 128 characters."]},
        ),
        ({"Email": LONG + "@b"}, {"record.Email": ["The Email must not be greater than 128 characters."]}),
        ({"Phone": "1" * 129}, {"record.Phone": ["The Phone must not be greater than 128 characters."]}),
        (
            {"Email": "a@b", "Language": "a\0b"},
            {"record.Language": ["The Language must not contain a NUL character."]},
        ),
        (
            {"Email": "a@b", "Account Name": "\udc00\ud800"},
            {"record.Account Name": ["The Account Name must be valid Unicode text, without unpaired surrogates."]},
        ),
        (
            {"Email": "a@b", "Account Name": "a\0b"},
            {"record.Account Name": ["The Account Name must not contain a NUL character."]},
        ),
        (
            {"Email": "a@b", "First Name": "\ud800"},
            {"record.First Name": ["The First Name must be valid Unicode text, without unpaired surrogates."]},
        ),
        ({"Email": ["a@b"]}, {"record.Email": ["The Email must be a string."]}),
        ({"Email": {"[x]": "a@b"}}, {"record.Email": ["The Email must be a string."]}),
        ({"Email": "a@b", "Language": []}, {"record.Language": ["The Language must be a string."]}),
        (
            {"Language": [], "First Name": LONG},
            EMAIL_OR_PHONE
            | {
                "record.Language": ["The Language must be a string."],
                "record.First Name": ["The First Name must not be greater than 128 characters."],
            },
        ),
        (
            {str(number): "x" for number in range(101)} | {"Email": ""},
            {"record": ["The record must not have more than 100 fields."]},
        ),
    ],
)
def test_every_fault_of_a_contact_at_once(sent: dict[str, Any], errors: dict[str, list[str]]) -> None:
    assert CONTACT.prepare(sent).errors == errors


def test_one_hundred_fields_are_allowed() -> None:
    record = CONTACT.prepare({"Email": "a@b"} | {str(number): "x" for number in range(99)})
    assert record.errors == {}
    assert record.ignored == [str(number) for number in range(99)]


@pytest.mark.parametrize(
    ("sent", "errors"),
    [
        ({"Account Name": "X"}, {}),
        ({"Industry": "Steel"}, {"record.Account Name": ["The Account Name field is required."]}),
        ({"Account Name": ""}, {"record.Account Name": ["The Account Name field is required."]}),
        ({"Account Name": []}, {"record.Account Name": ["The Account Name must be a string."]}),
        (
            {"Account Name": "X", "Account Manager Email": "ada"},
            {"record.Account Manager Email": ["The Account Manager Email must be a valid email address."]},
        ),
    ],
)
def test_every_fault_of_an_account(sent: dict[str, Any], errors: dict[str, list[str]]) -> None:
    assert ACCOUNT.prepare(sent).errors == errors


@pytest.mark.parametrize(("mapped", "heading"), [("email", "Email"), ("phone", "Phone")])
def test_where_only_one_of_two_is_mapped_it_is_required_alone(mapped: str, heading: str) -> None:
    mapping = Mapping("contact", entries("contact", mapped, "first_name"))
    assert mapping.prepare({"First Name": "Ada"}).errors == {f"record.{heading}": [f"The {heading} field is required."]}


def test_headings_are_the_callers_own() -> None:
    mapping = Mapping("contact", [{"heading": "E-Mail", "field": "email"}, {"heading": "Tel.", "field": "phone"}])
    assert mapping.prepare({"Email": "a@b"}).errors == {
        "record.E-Mail": ["The E-Mail field is required when Tel. is not present."],
        "record.Tel.": ["The Tel. field is required when E-Mail is not present."],
    }
    assert mapping.prepare({"E-Mail": "a@b"}).values == {"email": "a@b"}


def test_a_heading_with_braces_is_said_as_it_is() -> None:
    mapping = Mapping("account", [{"heading": "{name} {0}", "field": "account_name"}])
    assert mapping.prepare({"x": "y"}).errors == {"record.{name} {0}": ["The {name} {0} field is required."]}


def test_unmapped_headings_are_counted_in_their_order_and_change_nothing() -> None:
    record = CONTACT.prepare({"Frist Name": "Ada", "Email": "a@b", "email": "c@d", "": [1], "\0": "\ud800"})
    assert record.ignored == ["Frist Name", "email", "", "\0"]
    assert (record.errors, record.values) == ({}, {"email": "a@b"})


def test_empty_clears_where_the_configuration_says_so() -> None:
    clears = {"empty_clears": True}
    mapping = Mapping("contact", entries("contact", first_name=clears, email=clears, phone=clears))
    sent = {"Email": "", "Phone": "12345", "First Name": " ", "Last Name": ""}
    assert mapping.prepare(sent).values == {"phone": "12345", "first_name": None}
    assert mapping.prepare({"Email": "a@b", "Phone": ""}).values == {"email": "a@b"}, "what finds is never cleared"


def test_a_default_stands_in_for_what_is_missing_or_empty() -> None:
    mapping = Mapping("contact", entries("contact", language={"default": " en "}, account_name={"default": "Acme"}))
    expected = {"email": "a@b", "language": "en", "account_name": "Acme"}
    for sent in ({"Email": "a@b"}, {"Email": "a@b", "Language": "", "Account Name": None}):
        record = mapping.prepare(sent)
        assert record.values == expected
        assert record.keys == {"email": "e:a@b", "account_name": "acme"}
    assert mapping.prepare({"Email": "a@b", "Language": "de"}).values["language"] == "de"


def test_a_default_goes_before_clearing() -> None:
    mapping = Mapping("contact", entries("contact", language={"default": "en", "empty_clears": True}))
    assert mapping.prepare({"Email": "a@b", "Language": ""}).values["language"] == "en"


@pytest.mark.parametrize(
    ("data_type", "entries", "told"),
    [
        ("nothing", [], f"The data_type must be one of: {', '.join(ALL)}."),
        ("contact", [], "A configuration for Contact must map Email or Phone."),
        ("account", [{"heading": "x", "field": "industry"}], "A configuration for Account must map Account Name."),
        (
            "contact",
            [{"heading": "x", "field": "name"}, {"heading": "y", "field": "email"}],
            "The field name does not exist for Contact.",
        ),
        (
            "contact",
            [{"heading": "x", "field": "email"}, {"heading": "x", "field": "phone"}],
            "The heading x is mapped twice.",
        ),
        (
            "contact",
            [{"heading": heading, "field": "email"} for heading in "uvwxyz"],
            "The field email must not have more than 5 headings.",
        ),
        (
            "contact",
            [
                {"heading": "x", "field": "email"},
                {"heading": "y", "field": "first_name"},
                {"heading": "z", "field": "first_name", "default": "N.N.", "empty_clears": True},
            ],
            "The key empty_clears must stand with the first heading of the field first_name only.",
        ),
    ],
)
def test_a_configuration_that_cannot_be_compiled(data_type: str, entries: list[Entry], told: str) -> None:
    with pytest.raises(MappingFault) as raised:
        Mapping(data_type, entries)
    assert str(raised.value) == told


SEVERAL = Mapping(
    "contact",
    [
        {"heading": "Email", "field": "email"},
        {"heading": "E-Mail", "field": "email"},
        {"heading": "First Name", "field": "first_name", "empty_clears": True},
        {"heading": "Vorname", "field": "first_name"},
        {"heading": "Prénom", "field": "first_name"},
        {"heading": "Language", "field": "language", "default": "en"},
        {"heading": "Sprache", "field": "language"},
    ],
)
KEPT = {"language": "en"}


@pytest.mark.parametrize(
    ("sent", "values", "warnings"),
    [
        ({"Email": "a@b", "First Name": "Ada"}, {"first_name": "Ada"}, []),
        ({"Email": "a@b", "Vorname": "Ada"}, {"first_name": "Ada"}, []),
        ({"E-Mail": "a@b", "Prénom": "Ada", "First Name": " "}, {"first_name": "Ada"}, []),
        (
            {"Email": "a@b", "Prénom": "Zoé", "Vorname": "Ada", "First Name": ""},
            {"first_name": "Ada"},
            ["heading_not_used: Prénom"],
        ),
        (
            {"Email": "a@b", "E-Mail": "not one", "First Name": "Ada", "Vorname": ["x"], "Prénom": "Zoé"},
            {"first_name": "Ada"},
            ["heading_not_used: E-Mail", "heading_not_used: Vorname", "heading_not_used: Prénom"],
        ),
        ({"Email": "a@b", "Vorname": ""}, {"first_name": None}, []),
        ({"Email": "a@b", "Vorname": None, "Prénom": "\N{ZERO WIDTH SPACE}"}, {"first_name": None}, []),
        ({"Email": "a@b", "Sprache": "fr"}, {"language": "fr"}, []),
        ({"Email": "a@b", "Sprache": "", "Language": ""}, {}, []),
    ],
)
def test_of_several_headings_the_first_that_brings_a_value_fills_the_field(
    sent: dict[str, Any], values: dict[str, Any], warnings: list[str]
) -> None:
    record = SEVERAL.prepare(sent)
    assert (record.errors, record.ignored) == ({}, [])
    assert record.values == {"email": "a@b"} | KEPT | values
    assert record.keys == {"email": "e:a@b"}
    assert record.warnings == warnings


@pytest.mark.parametrize(
    ("sent", "errors"),
    [
        ({}, {"record.Email": ["The Email field is required."]}),
        ({"E-Mail": ""}, {"record.E-Mail": ["The E-Mail field is required."]}),
        ({"Email": "", "E-Mail": ""}, {"record.Email": ["The Email field is required."]}),
        ({"E-Mail": "x"}, {"record.E-Mail": ["The E-Mail must be a valid email address."]}),
        ({"Email": "x", "E-Mail": "a@b"}, {"record.Email": ["The Email must be a valid email address."]}),
        ({"Email": "a@b", "Vorname": ["x"]}, {"record.Vorname": ["The Vorname must be a string."]}),
    ],
)
def test_a_fault_stands_under_the_heading_that_was_sent(sent: dict[str, Any], errors: dict[str, Any]) -> None:
    assert SEVERAL.prepare(sent).errors == errors


@given(formlike | jsonlike, st.sampled_from([read_form, read_json]), st.sampled_from([CONTACT, ACCOUNT]))
def test_whatever_can_be_read_can_be_prepared(raw: bytes, read: Any, mapping: Mapping) -> None:
    record = getattr(call_or_fault(read, raw), "record", None)
    if isinstance(record, dict):
        prepared = mapping.prepare(record)
        assert prepared.errors or prepared.keys
        for text in (*prepared.values.values(), *prepared.keys.values()):
            assert "\0" not in text
            assert text.encode().decode() == text


values = st.none() | st.booleans() | st.text() | st.lists(st.text(), max_size=1)


@given(st.dictionaries(st.sampled_from(list(CONTACT.headings.values())) | st.text(), values))
def test_a_prepared_record_is_right_or_says_why(sent: dict[str, Any]) -> None:
    prepared = CONTACT.prepare(sent)
    assert all(value is not None and value == value.strip() != "" for value in prepared.values.values())
    assert prepared.errors or {"email", "phone"} & prepared.keys.keys()
    for name, key in prepared.keys.items():
        assert key.removeprefix(f"{name[0]}:")
        assert name in prepared.values
