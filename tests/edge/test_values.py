"""Values as other programs write them: at every door each is stored exactly, or refused with a sentence that fits."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest

from rapport.records.errors import sentence
from tests.edge.crm import CHOICES, DOORS, Crm, as_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.ingest.serving import Server


class Refused(str):
    """The code of a sentence."""

    __slots__ = ()


DIGITS, DATE, MOMENT = Refused("decimal_digits"), Refused("date"), Refused("datetime")
DECIMAL, INTEGER, BETWEEN, YES_OR_NO = map(Refused, ("decimal", "integer", "integer_between", "yes_or_no"))
PARAMETERS: dict[str, dict[str, Any]] = {
    "decimal_digits": {"limit": 30},
    "integer_between": {"least": -(2**63), "most": 2**63 - 1},
    "choice": {"allowed": ", ".join(CHOICES)},
}
#: Heading -> what is sent -> what is stored.
VALUES: dict[str, dict[str, Any]] = {
    "Amount": {
        "1" * 29: "1" * 29,
        "1" * 30: "1" * 30,
        "1" * 31: DIGITS,
        "12345678901234567890.123456789012345": "12345678901234567890.123456789012345",
        "0." + "3" * 30: "0." + "3" * 30,
        "0." + "3" * 31: DIGITS,
        "0.3333333333333333": "0.3333333333333333",
        "1e-7": "0.0000001",
        "1E-30": "0." + "0" * 29 + "1",
        "1e-31": DIGITS,
        "1e29": "1" + "0" * 29,
        "1e30": DIGITS,
        "1e999999999999": DIGITS,
        "0e999999999999": "0",
        ".5": "0.5",
        "5.": "5",
        "+0001.500": "1.5",
        "-0.0": "0",
        "-12.50": "-12.5",
        "1,000": DECIMAL,
        ".": DECIMAL,
        "NaN": DECIMAL,
        "٣": DECIMAL,
        "0x10": DECIMAL,
        "1_000": DECIMAL,
        "true": DECIMAL,
    },
    "Seats": {
        "9.0": 9,
        "1e1": 10,
        "-0.0": 0,
        "120e-1": 12,
        "9.5": INTEGER,
        "1e-1": INTEGER,
        "9223372036854775807": 2**63 - 1,
        "-9223372036854775808.0": -(2**63),
        "9223372036854775808": BETWEEN,
        "1e999999999999": BETWEEN,
        "nine": INTEGER,
    },
    "Opt In": dict.fromkeys(["true", "yes", "y", "on", "1", "TRUE", "On", "Y", "1.0"], True)
    | dict.fromkeys(["false", "no", "n", "off", "0", "False", "oFF", "0.0"], False)
    | dict.fromkeys(["2", "t", "f", "-1", "ja", "null!"], YES_OR_NO),
    "Birthday": {
        "2026-01-31": "2026-01-31",
        "2026-01-31T00:00:00.000Z": "2026-01-31",
        "2026-01-31 00:00": "2026-01-31",
        "2026-01-31T00:00:00+02:00": "2026-01-31",
        "2024-02-29": "2024-02-29",
        "2026-01-30T23:00:00Z": DATE,
        "2026-01-31T00:00:00.001Z": DATE,
        "2026-02-31": DATE,
        "2026-02-29": DATE,
        "0000-01-01": DATE,
        "31.01.2026": DATE,
        "20260131": DATE,
    },
    "Seen": {
        "2026-01-31": "2026-01-30T23:00:00Z",
        "2026-01-31 14:30": "2026-01-31T13:30:00Z",
        "2026-01-31 14:30:00 UTC": "2026-01-31T14:30:00Z",
        "2026-01-31t14:30:00z": "2026-01-31T14:30:00Z",
        "2026-01-31T14:30:00+0530": "2026-01-31T09:00:00Z",
        "2026-01-31 14:30:00 -03": "2026-01-31T17:30:00Z",
        "2026-01-31T14:30:00.123456Z": "2026-01-31T14:30:00.123456Z",
        "2026-03-29 02:30:00": "2026-03-29T01:30:00Z",
        "2026-10-25 02:30": "2026-10-25T00:30:00Z",
        "2026-02-31 00:00": MOMENT,
        "2026-01-31 24:00": MOMENT,
        "2026-01-31T14:30:60Z": MOMENT,
        "0001-01-01": MOMENT,
        "1769869800": MOMENT,
    },
    "Nick": {
        "x" * 128: "x" * 128,
        "x" * 129: Refused("max"),
        "\u200b\u00a0Ada\u2009B\ufeff ": "Ada\u2009B",
        "a\u0301": "a\u0301",
        "1e400": "1e400",
        "true": "true",
        "👨\u200d👩\u200d👧": "👨\u200d👩\u200d👧",
        "\u202eevil": "evil",
        "a\0b": Refused("nul"),
    },
    "Notes": {"x" * 10_000: "x" * 10_000, "x" * 10_001: Refused("max"), "a\r\nb": "a\r\nb"},
    "Tier": {
        "Jose\u0301": "José",
        " Gold\u200b": "Gold",
        "1": "1",
        "gold": Refused("choice"),
        "1.0": Refused("choice"),
    },
    "Second Email": {"a.b+c@x.example": "a.b+c@x.example", "a..b@x.example": Refused("email")},
    "Second Phone": {"\u202a+44 20 7946\u202c": "+44 20 7946", "12": Refused("phone")},
}
WARNED = {"2026-03-29 02:30:00": ["clock_change"], "2026-10-25 02:30": ["clock_change"]}
#: Of which a JSON Schema knows no more than the shape, or the value (docs/api.md).
SHAPE_ONLY = {"1e-31", "1e30", "0e999999999999", "120e-1", "9223372036854775808", "0." + "3" * 31, "1.0"}
#: An address has 32 KiB.
TOO_LONG_FOR_AN_ADDRESS = 8_000
CASES = [(heading, text, right) for heading, values in VALUES.items() for text, right in values.items()]


@pytest.fixture(scope="module")
def crm(service: Server) -> Iterator[Crm]:
    """Alice's program, in Berlin."""
    from tests.cast import Cast  # noqa: PLC0415

    alice = Cast().alice
    alice.tenant.time_zone = "Europe/Berlin"
    alice.tenant.save(update_fields=["time_zone"])
    with Crm(service, alice) as program:
        yield program


def shown(heading: str, right: Any) -> Any:
    """What a door says: the sentence, or nothing."""
    if not isinstance(right, Refused):
        return {}
    parameters = PARAMETERS.get(right, {"limit": 10_000 if heading == "Notes" else 128})
    return {heading: sentence(right, heading, **parameters)}


@pytest.mark.parametrize("door", DOORS)
def test_a_value_is_stored_exactly_or_refused_with_its_sentence(crm: Crm, door: str) -> None:
    told, host = {}, f"{door.replace(' ', '-')}.example".lower()
    for number, (heading, text, _) in enumerate(CASES):
        if len(text) < TOO_LONG_FOR_AN_ADDRESS or "query" not in door:
            told[number] = crm.through(door, {"Email": f"{number}@{host}", heading: text})
    stored = {each["email"]: each["attributes"] for each in crm.read(limit="1000", updated_since="2026-01-01")}
    wrong = []
    for number, said in told.items():
        heading, text, right = CASES[number]
        kept = stored.get(f"{number}@{host}", {}).get(heading.lower().replace(" ", "_"))
        refused = isinstance(right, Refused)
        wanted = (
            ("rejected", shown(heading, right), [], None) if refused else ("created", {}, WARNED.get(text, []), right)
        )
        if (said.outcome, said.errors, said.warnings, kept) != wanted:
            wrong.append((heading, text, said, kept))
    assert wrong == []


@pytest.mark.parametrize("bare", [False, True])
def test_the_published_schema_says_what_the_service_does(crm: Crm, bare: bool) -> None:
    judge = jsonschema_rs.validator_for(crm.http.get("/api/configurations/crm/schema.json").json())
    differ = set()
    for heading, text, right in CASES:
        value = json.loads(as_json({"Email": "a@x.example", heading: text}, bare=bare), parse_float=Decimal)
        if judge.is_valid(value) == isinstance(right, Refused):
            differ.add(text)
    assert differ <= SHAPE_ONLY


@pytest.mark.parametrize("nested", [["a"], {"a": "b"}, [], {}])
@pytest.mark.parametrize("door", ["JSON", "batch", "lines", "hook JSON", "hook text", "hook of a vendor"])
def test_what_is_no_text_is_refused(crm: Crm, door: str, nested: Any) -> None:
    told = crm.through(door, {"Email": "nested@x.example", "Nick": nested})
    assert told.errors == {"Nick": "The Nick must be a string."}


def test_the_client_sends_what_python_has(crm: Crm) -> None:
    record = {
        "Email": "python@x.example", "Amount": 1 / 3, "Seats": Decimal("9.0"), "Opt In": True,
        "Birthday": datetime(2026, 1, 31, tzinfo=UTC), "Seen": date(2026, 1, 31), "Nick": None,
    }  # fmt: skip
    assert crm.library.put("crm", record).outcome == "created"
    [found] = crm.read(email="python@x.example")
    assert found["attributes"] == {
        "amount": "0.3333333333333333", "seats": 9, "opt_in": True, "birthday": "2026-01-31",
        "seen": "2026-01-30T23:00:00Z",
    }  # fmt: skip
    with pytest.raises(TypeError, match="Nick"):
        crm.library.put("crm", {"Email": "python@x.example", "Nick": ["a"]})  # type: ignore[dict-item]


@pytest.mark.parametrize("door", DOORS)
def test_an_empty_boolean_changes_nothing_and_says_so(crm: Crm, door: str) -> None:
    """PHP writes false as an empty text."""
    email = f"empty@{door.replace(' ', '-')}.example"
    crm.through(door, {"Email": email, "Opt In": "1"})
    for empty in ("", " \u200b"):
        told = crm.through(door, {"Email": email, "Opt In": empty})
        assert (told.outcome, told.warnings) == ("unchanged", ["empty_boolean"])
    assert crm.read(email=email)[0]["attributes"] == {"opt_in": True}


@pytest.mark.parametrize("score", ["9.0", "9", "9e0", "+9"])
@pytest.mark.parametrize("door", ["query", "form", "JSON", "JSON numbers", "batch", "lines", "client"])
def test_a_score_is_nine_however_it_is_written(crm: Crm, door: str, score: str) -> None:
    when = {"Sent Date": "2026-01-31 14:30", "Response Date": "2026-01-31 14:31"}
    told = crm.through(door, {"Email": "score@x.example", "NPS Score": score} | when, "external-response")
    assert (told.outcome, told.errors) == ("created", {})


def test_a_text_keeps_the_digits_that_were_sent(crm: Crm) -> None:
    """Zeros in front are part of an account's number; what a spreadsheet makes of it is another text."""
    for door, number in (("JSON", "00123"), ("JSON numbers", "123"), ("JSON numbers", "123.0")):
        told = crm.through(door, {"Account Name": "Digits", "Account Number": number}, "account")
        assert told.outcome == ("created" if number == "00123" else "updated")
        assert crm.read("accounts", name="Digits")[0]["number"] == number


def test_a_batch_loses_nothing_by_one_record(crm: Crm) -> None:
    records = [{"Email": "one@b.example"}, {"Email": "two@b.example", "Amount": "1" * 31}, {"Email": "three@b.example"}]
    results = crm.library.batch("crm", records)
    assert [each.outcome for each in results] == ["created", "rejected", "created"]
