"""Windows of sending in three zones across both changes of the clock, and hours that do not exist or come twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import orjson
import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Database

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OFFICE = {day: ["09:00", "17:00"] for day in DAYS}


@pytest.fixture(scope="module")
def app(database: Database) -> Iterator[psycopg.Connection]:
    """The application role."""
    with psycopg.connect(database.app, autocommit=True) as connection:
        yield connection


def opens(app: psycopg.Connection, hours: dict[str, list[str]], zone: str, moment: str) -> str | None:
    """When a window opens, in UTC."""
    told = orjson.dumps(hours).decode()
    [found] = app.execute("select window_opens_1(%s::jsonb, %s, %s)", [told, zone, moment]).fetchone()
    return found and found.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("zone", "hours", "moment", "then"),
    [
        ("UTC", OFFICE, "2026-03-02 12:00Z", "2026-03-02 12:00"),
        ("UTC", OFFICE, "2026-03-02 17:00Z", "2026-03-03 09:00"),
        ("UTC", {"mon": ["09:00", "17:00"]}, "2026-03-02 18:00Z", "2026-03-09 09:00"),
        ("Europe/Berlin", OFFICE, "2026-03-28 20:00Z", "2026-03-29 07:00"),
        ("Europe/Berlin", OFFICE, "2026-10-24 20:00Z", "2026-10-25 08:00"),
        ("America/New_York", OFFICE, "2026-03-08 02:00Z", "2026-03-08 13:00"),
        ("America/New_York", OFFICE, "2026-11-01 02:00Z", "2026-11-01 14:00"),
        ("Australia/Lord_Howe", OFFICE, "2026-10-03 10:00Z", "2026-10-03 22:00"),
        # 02:30 does not exist: with the offset before the change.
        ("Europe/Berlin", {"sun": ["02:30", "06:00"]}, "2026-03-28 20:00Z", "2026-03-29 01:30"),
        # 02:30 comes twice: the first.
        ("Europe/Berlin", {"sun": ["02:30", "06:00"]}, "2026-10-24 20:00Z", "2026-10-25 00:30"),
        # The whole window is skipped: a week later.
        ("Europe/Berlin", {"sun": ["02:10", "02:50"]}, "2026-03-29 01:30Z", "2026-04-05 00:10"),
        ("Europe/Berlin", {"mon": ["18:00", "24:00"]}, "2026-03-02 21:00Z", "2026-03-02 21:00"),
        ("Europe/Berlin", {}, "2026-03-02 21:00Z", None),
    ],
)
def test_a_window_opens_when_its_zone_says_so(
    app: psycopg.Connection, zone: str, hours: dict[str, list[str]], moment: str, then: str | None
) -> None:
    assert opens(app, hours, zone, moment) == then


HOURS = st.integers(0, 23 * 60 + 58)
CHANGES = ("2026-03-08", "2026-03-29", "2026-04-05", "2026-10-04", "2026-10-25", "2026-11-01")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    zone=st.sampled_from(("Europe/Berlin", "America/New_York", "Australia/Sydney", "Asia/Kolkata")),
    change=st.sampled_from(CHANGES),
    minutes=st.integers(-3000, 3000),
    start=HOURS,
    length=st.integers(61, 1000),
)
@example(zone="Europe/Berlin", change="2026-10-25", minutes=60, start=121, length=61)
def test_what_opens_is_open_and_nothing_was_open_before(
    app: psycopg.Connection, zone: str, change: str, minutes: int, start: int, length: int
) -> None:
    """Against Python's own zones: open at that minute, closed in each half hour before it."""
    end = min(start + length, 24 * 60)
    span = [f"{start // 60:02}:{start % 60:02}", f"{end // 60:02}:{end % 60:02}"]
    moment = datetime.fromisoformat(change).replace(tzinfo=UTC) + timedelta(minutes=minutes)
    [found] = app.execute(
        "select window_opens_1(%s::jsonb, %s, %s)", [orjson.dumps(dict.fromkeys(DAYS, span)).decode(), zone, moment]
    ).fetchone()

    def is_open(at: datetime) -> bool:
        return span[0] <= at.astimezone(ZoneInfo(zone)).strftime("%H:%M") < span[1]

    assert found >= moment
    assert is_open(found) or end - start < 120
    before = moment
    while before < found:
        assert not is_open(before) or found - before <= timedelta(hours=1), "an hour that comes twice at most"
        before += timedelta(minutes=30)
