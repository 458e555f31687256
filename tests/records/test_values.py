"""Numbers, dates and truths as other programs write them: exactly as sent, or one sentence; never rounded."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.records.errors import Invalid
from rapport.records.fields import FieldType, Reading
from rapport.records.values import (
    BOOLEAN,
    DATE,
    DATE_TIME,
    DECIMAL,
    FALSE,
    INTEGER,
    TIME_ZONE,
    TRUE,
    choice,
    whole_number,
)

BERLIN = ZoneInfo("Europe/Berlin")


def refused(kind: FieldType, text: str) -> str | None:
    """The code of the rule that a text breaks, if it breaks one."""
    try:
        kind.read(text, BERLIN)
    except Invalid as fault:
        assert fault.sentence("X").startswith("The X ")  # noqa: PT017 - its parameters fit its sentence
        return fault.code
    return None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("9", 9), ("9.0", 9), ("9.", 9), ("1e1", 10), ("1E+1", 10), ("10e-1", 1), ("0.5e1", 5), ("+7", 7),
        ("-7.00", -7), ("007", 7), ("0", 0), ("0.0", 0), ("-0", 0), ("0e999", 0), (".0", 0),
        ("9223372036854775807", 2**63 - 1),
        ("-9223372036854775808.0", -(2**63)), ("9223372036854775807" + "0" * 50 + "e-50", 2**63 - 1),
    ],
)  # fmt: skip
def test_whole_numbers_in_every_spelling(text: str, value: int) -> None:
    assert INTEGER.read(text, BERLIN) == Reading(value)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1.5", "integer"), ("1e-1", "integer"), ("", "integer"), (".", "integer"), ("e1", "integer"), ("x", "integer"),
        ("1,000", "integer"), ("1 000", "integer"), ("0x1", "integer"), ("1_0", "integer"),
        ("\N{ARABIC-INDIC DIGIT ONE}", "integer"),
        ("NaN", "integer"), ("--1", "integer"), ("1e", "integer"),
        ("9223372036854775808", "integer_between"), ("-9223372036854775809", "integer_between"),
        ("1e20", "integer_between"), ("1e999999999999999999", "integer_between"), ("9" * 128, "integer_between"),
        ("9" * 129, "max"),
    ],
)  # fmt: skip
def test_what_is_no_whole_number(text: str, code: str) -> None:
    assert refused(INTEGER, text) == code


@pytest.mark.parametrize(("text", "value"), [("0", 0), ("9.0", 9), ("1e1", 10), ("10.000", 10), ("-0.0", 0)])
def test_whole_numbers_within_bounds(text: str, value: int) -> None:
    assert whole_number(0, 10).read(text, BERLIN) == Reading(value)


@pytest.mark.parametrize("text", ["11", "-1", "9.5", "1e2", "", "nine", "1e99999999"])
def test_whole_numbers_beyond_bounds(text: str) -> None:
    assert refused(whole_number(0, 10), text) == "integer_between"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12.50", "12.5"), ("12", "12"), (".5", "0.5"), ("5.", "5"), ("-.5", "-0.5"), ("1e-7", "0.0000001"),
        ("1E3", "1000"), ("1.20e2", "120"), ("0.3333333333333333", "0.3333333333333333"), ("-0.0", "0"), ("0e-99", "0"),
        ("1" * 30, "1" * 30), ("1" * 30 + "." + "1" * 30, "1" * 30 + "." + "1" * 30),
        ("12345678901234567890.123456789012345", "12345678901234567890.123456789012345"),
        ("0" * 40 + "1." + "2" + "0" * 40, "1.2"), ("1e29", "1" + "0" * 29), ("1e-30", "0." + "0" * 29 + "1"),
        ("100e28", "1" + "0" * 30)
    ],
)  # fmt: skip
def test_decimals_are_kept_to_the_last_digit(text: str, value: str) -> None:
    if len(value) > 30 and "." not in value:
        assert refused(DECIMAL, text) == "decimal_digits"
    else:
        assert DECIMAL.read(text, BERLIN) == Reading(value)
        assert Decimal(value) == Decimal(text)
        assert DECIMAL.read(value, BERLIN) == Reading(value)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1" * 31, "decimal_digits"), ("0." + "0" * 30 + "1", "decimal_digits"), ("1e30", "decimal_digits"),
        ("5e-324", "decimal_digits"), ("1e999999999", "decimal_digits"), ("1e-999999999", "decimal_digits"),
        ("1,50", "decimal"), ("1.000,50", "decimal"), ("1.2.3", "decimal"), ("", "decimal"), ("-", "decimal"),
        (".", "decimal"), ("e5", "decimal"), ("Infinity", "decimal"), ("1 e5", "decimal"), ("1e5.0", "decimal"),
        ("½", "decimal"), ("1" * 129, "max"),
    ],
)  # fmt: skip
def test_what_is_no_decimal_or_would_have_to_be_rounded(text: str, code: str) -> None:
    assert refused(DECIMAL, text) == code


@given(st.decimals(allow_nan=False, allow_infinity=False, places=20) | st.floats(allow_nan=False, allow_infinity=False))
def test_a_decimal_is_the_number_that_was_sent_or_is_refused(number: Any) -> None:
    text = repr(number) if isinstance(number, float) else str(number)
    if refused(DECIMAL, text) is None:
        assert Decimal(DECIMAL.read(text, BERLIN).value) == Decimal(text)


@pytest.mark.parametrize("case", [str.lower, str.upper, str.title])
def test_every_word_for_yes_and_no(case: Any) -> None:
    assert {BOOLEAN.read(case(word), BERLIN).value for word in TRUE} == {True}
    assert {BOOLEAN.read(case(word), BERLIN).value for word in FALSE} == {False}
    assert BOOLEAN.read("1.0", BERLIN).value is True
    assert BOOLEAN.read("0.0", BERLIN).value is False


@pytest.mark.parametrize("text", ["t", "f", "2", "-1", "perhaps", "ja", "0.5", "1e400"])
def test_other_words_are_told_which_are_taken(text: str) -> None:
    with pytest.raises(Invalid) as raised:
        BOOLEAN.read(text, BERLIN)
    told = raised.value.sentence("Opt In")
    assert told == "The Opt In must be true, yes, y, on or 1, or else false, no, n, off or 0."
    assert all(word in told for word in TRUE + FALSE)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2026-01-31", "2026-01-31"), ("2024-02-29", "2024-02-29"), ("2026-01-31T00:00:00.000Z", "2026-01-31"),
        ("2026-01-31 00:00", "2026-01-31"), ("2026-01-31T00:00:00+05:30", "2026-01-31"),
        ("2026-01-31t00:00:00z", "2026-01-31"), ("2026-01-31 00:00:00 UTC", "2026-01-31"),
        ("2026-01-31 00:00:00 -0800", "2026-01-31"), ("0001-01-01", "0001-01-01"),
    ],
)  # fmt: skip
def test_dates_as_they_are_written(text: str, value: str) -> None:
    assert DATE.read(text, BERLIN) == Reading(value)


@pytest.mark.parametrize(
    "text",
    ["2026-02-29", "2026-1-31", "20260131", "31.01.2026", "2026-01-30T23:00:00Z", "2026-01-31T00:00:01",
     "2026-01-31T00:00:00.001", "2026-01-31T24:00:00", "2026-01-31T00:00:00+25:00", "2026-01-31T", "2026-01-31 UTC",
     "2026-01-31T00:00:00 GMT", "2026-W05-6", "2026-01-\N{ARABIC-INDIC DIGIT THREE}1", "0000-01-01", ""],
)  # fmt: skip
def test_what_is_no_date(text: str) -> None:
    assert refused(DATE, text) == "date"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2026-01-31", "2026-01-30T23:00:00Z"), ("2026-07-31", "2026-07-30T22:00:00Z"),
        ("2026-01-31 14:30", "2026-01-31T13:30:00Z"), ("2026-01-31T14:30:00", "2026-01-31T13:30:00Z"),
        ("2026-01-31T14:30:00Z", "2026-01-31T14:30:00Z"), ("2026-01-31t14:30:00z", "2026-01-31T14:30:00Z"),
        ("2026-01-31 14:30:00 UTC", "2026-01-31T14:30:00Z"), ("2026-01-31 14:30:00utc", "2026-01-31T14:30:00Z"),
        ("2026-01-31T14:30:00+01:00", "2026-01-31T13:30:00Z"), ("2026-01-31T14:30:00+0100", "2026-01-31T13:30:00Z"),
        ("2026-01-31T14:30:00+01", "2026-01-31T13:30:00Z"), ("2026-01-31 14:30:00 -0530", "2026-01-31T20:00:00Z"),
        ("2026-01-31T14:30:00.5Z", "2026-01-31T14:30:00.500000Z"),
        ("2026-01-31T14:30:00.123456789Z", "2026-01-31T14:30:00.123456Z"),
        ("2026-03-29 01:59:59", "2026-03-29T00:59:59Z"), ("2026-03-29 03:00", "2026-03-29T01:00:00Z"),
        ("2026-10-25 01:59", "2026-10-24T23:59:00Z"), ("2026-10-25 03:00", "2026-10-25T02:00:00Z"),
        ("2026-10-25T02:30:00+01:00", "2026-10-25T01:30:00Z"),
    ],
)  # fmt: skip
def test_moments_are_kept_in_utc(text: str, value: str) -> None:
    assert DATE_TIME.read(text, BERLIN) == Reading(value)
    assert DATE_TIME.read(value, BERLIN) == Reading(value)


@pytest.mark.parametrize(
    ("text", "zone", "value"),
    [
        ("2026-03-29 02:30:00", "Europe/Berlin", "2026-03-29T01:30:00Z"),
        ("2026-03-29 02:00", "Europe/Berlin", "2026-03-29T01:00:00Z"),
        ("2026-10-25 02:30:00", "Europe/Berlin", "2026-10-25T00:30:00Z"),
        ("2026-10-25 02:00", "Europe/Berlin", "2026-10-25T00:00:00Z"),
        ("2026-03-08 02:30", "America/New_York", "2026-03-08T07:30:00Z"),
        ("2026-11-01 01:30", "America/New_York", "2026-11-01T05:30:00Z"),
        ("2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00:00Z"),
    ],
)
def test_a_time_that_a_clock_skips_or_repeats_is_read_by_one_rule_and_told(text: str, zone: str, value: str) -> None:
    assert DATE_TIME.read(text, ZoneInfo(zone)) == Reading(value, warning="clock_change")


@pytest.mark.parametrize(
    "text",
    ["2026-02-30 10:00", "2026-01-31T25:00", "2026-01-31T14", "2026-01-31T1430", "14:30", "2026-01-31T14:30:60",
     "2026-01-31T14:30:00+24:00", "2026-01-31T14:30:00 CET", "2026-01-31T14:30:00  Z", "2026-01-31 14:30 PM", "now",
     "0001-01-01", "9999-12-31", "0002-01-01", "9998-12-31T23:30:00-01:00", "1738333800", ""],
)  # fmt: skip
def test_what_is_no_moment(text: str) -> None:
    assert refused(DATE_TIME, text) == "datetime"


def test_a_choice_is_the_same_in_another_encoding() -> None:
    assert choice("Jos\u00e9").read("Jose\u0301", BERLIN).value == "Jos\u00e9"
    assert choice("Y", "N", parse=str.upper).read("y", BERLIN).value == "Y"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("Europe/Berlin", "Europe/Berlin"), ("europe/berlin", "Europe/Berlin"), (" UTC ", "UTC")],
)
def test_a_time_zone_is_kept_under_its_own_name(sent: str, kept: str) -> None:
    assert TIME_ZONE.read(sent.strip(), BERLIN).value == kept


@pytest.mark.parametrize("text", ["Mars/X", "CET+1", "localtime", "Factory", "Berlin", "+01:00"])
def test_a_time_zone_has_a_name_of_the_database(text: str) -> None:
    with pytest.raises(Invalid) as fault:
        TIME_ZONE.read(text, BERLIN)
    assert fault.value.sentence("Zone") == "The Zone must be the name of a time zone such as Europe/London."
