from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from email.utils import format_datetime
from enum import Enum, IntEnum
from fractions import Fraction
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.client import Addresses, Patience
from rapport.client.calls import chunks, put, query
from rapport.client.patience import retry_after


class Colour(str, Enum):  # noqa: UP042 - a StrEnum would hide what this is about
    RED = "red"


class Level(IntEnum):
    HIGH = 3


class Share(float):
    """As NumPy's numbers, which write themselves in their own way."""

    def __repr__(self) -> str:
        return f"Share({float(self)})"


ORIGIN = Addresses.of("http://127.0.0.1:8000/")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Ada", "Ada"),
        ("", ""),
        (None, None),
        (7, "7"),
        (True, "true"),
        (False, "false"),
        (0.1, "0.1"),
        (1e22, "10000000000000000000000"),
        (Decimal("12.50"), "12.50"),
        (Decimal("1E+3"), "1000"),
        (date(2026, 1, 31), "2026-01-31"),
        (datetime(2026, 1, 31, 14, 30, tzinfo=UTC), "2026-01-31T14:30:00+00:00"),
        (12345678901234567890, "12345678901234567890"),
        (1 / 3, "0.3333333333333333"),
        (1e-7, "0.0000001"),
        (Decimal("-0.1E-5"), "-0.000001"),
        (Colour.RED, "red"),
        (Level.HIGH, "3"),
        (Share(0.5), "0.5"),
    ],
)
def test_values_are_sent_as_text(value: Any, text: str | None) -> None:
    call = put(ORIGIN, "contact", {"X": value}, "key", dry_run=False)
    assert json.loads(call.content)["record"] == {"X": text}


@pytest.mark.parametrize(
    "value", [["a"], {"a": 1}, ("a",), {"a"}, b"a", object(), timedelta(1), time(1), 1j, Fraction(1, 3)]
)
def test_what_is_no_value_is_refused_before_it_is_sent(value: Any) -> None:
    with pytest.raises(
        TypeError, match=r"^Nick must be a str, int, float, Decimal, bool, date, datetime or None, not a "
    ):
        put(ORIGIN, "contact", {"Nick": value}, "key", dry_run=False)
    with pytest.raises(TypeError):
        list(chunks([{"Nick": value}], 10, 10_000))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), Decimal("NaN"), Decimal("-Infinity")])
def test_what_is_no_number_is_refused_before_it_is_sent(value: Any) -> None:
    with pytest.raises(ValueError, match=r"^Amount must be a number, not .*; send None where there is none"):
        put(ORIGIN, "contact", {"Amount": value}, "key", dry_run=False)


def test_a_heading_is_text() -> None:
    with pytest.raises(TypeError, match="A heading must be a str, not a int: 1"):
        put(ORIGIN, "contact", {1: "x"}, "key", dry_run=False)  # type: ignore[dict-item]


@given(st.floats(allow_nan=False, allow_infinity=False) | st.decimals(allow_nan=False, allow_infinity=False, places=30))
def test_a_number_is_sent_to_its_last_digit(value: Any) -> None:
    call = put(ORIGIN, "contact", {"X": value}, "key", dry_run=False)
    assert Decimal(json.loads(call.content)["record"]["X"]) == Decimal(str(value))


def test_records_are_cut_by_number_and_by_bytes() -> None:
    records = [{"X": "a" * 80} for _ in range(5)]  # 90 bytes each, with the end of the line
    cut = [(chunk.offset, len(chunk.lines)) for chunk in chunks(iter(records), 3, 10_000)]
    assert cut == [(0, 3), (3, 2)]
    assert [len(chunk.lines) for chunk in chunks(records, 100, 180)] == [2, 2, 1]
    assert [len(chunk.lines) for chunk in chunks(records, 100, 10)] == [1] * 5, "too large goes alone"
    assert list(chunks([], 3, 10_000)) == []


def test_a_service_has_one_origin_or_a_host_for_each_job() -> None:
    assert Addresses("http://127.0.0.1:8000", "http://127.0.0.1:8000", "http://127.0.0.1:8000/api") == ORIGIN
    hosts = Addresses.of_region("us", "example.com")
    assert hosts.records == "https://imports.api.us.example.com"
    assert (hosts.auth, hosts.api) == ("https://auth.us.example.com", "https://api.us.example.com")
    assert Addresses.of(hosts) is hosts


def test_parameters_that_are_not_wanted_are_left_out() -> None:
    since = datetime(2026, 1, 31, tzinfo=UTC)
    assert query(email=None, id="1", after=0, since=since) == {
        "id": "1", "after": "0", "since": "2026-01-31T00:00:00+00:00",
    }  # fmt: skip


@pytest.mark.parametrize(("told", "seconds"), [("2", 2.0), ("", None), ("soon", None), ("-1", None)])
def test_retry_after_is_a_number(told: str, seconds: float | None) -> None:
    assert retry_after(httpx2.Response(503, headers={"Retry-After": told})) == seconds


def test_retry_after_is_a_date() -> None:
    then = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    assert 18 < (retry_after(httpx2.Response(503, headers={"Retry-After": then})) or 0) <= 20
    past = "Wed, 21 Oct 2015 07:28:00 GMT"
    assert retry_after(httpx2.Response(503, headers={"Retry-After": past})) == 0
    assert retry_after(httpx2.ConnectError("nobody")) is None


def test_pauses_grow_up_to_the_longest_and_end() -> None:
    patience, fault = Patience(attempts=9, first=1, longest=10), httpx2.ConnectError("nobody")
    for attempt, (least, most) in enumerate([(0.5, 1), (1, 2), (2, 4), (4, 8), (5, 10), (5, 10)], 1):
        pauses = {patience.pause(attempt, fault) for _ in range(50)}
        assert all(pause is not None and least <= pause <= most for pause in pauses)
        assert len(pauses) > 1
    assert patience.pause(9, fault) is None
