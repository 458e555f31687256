from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from rapport.history import partitions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Database

TODAY = datetime.now(UTC).date()
INSERT = (
    "insert into requests (tenant_id, at, id, request_id, position, actor_type, status, outcome, objects)"
    " values (1, %s, gen_random_uuid(), 'r', 0, 'app', 200, 'created', '[]')"
)


@pytest.fixture
def owner(fresh_database: Database) -> Iterator[psycopg.Connection]:
    with psycopg.connect(fresh_database.owner, autocommit=True) as connection:
        yield connection


@pytest.fixture
def app(fresh_database: Database) -> Iterator[psycopg.Connection]:
    with psycopg.connect(fresh_database.app, autocommit=True) as connection:
        connection.execute("set rapport.tenant_id = '1'")
        yield connection


def places(app: psycopg.Connection) -> list[Any]:
    return [name for (name,) in app.execute("select tableoid::regclass::text from requests order by at")]


def test_migrating_makes_the_days_ahead(app: psycopg.Connection) -> None:
    expected = {TODAY + timedelta(days=offset) for offset in range(-1, partitions.DAYS_AHEAD + 1)}
    assert partitions.days(app) == expected


def test_a_day_is_counted_when_it_has_doubled(app: psycopg.Connection) -> None:
    [(options,)] = app.execute(f"select reloptions from pg_class where relname = 'requests_{TODAY:%Y%m%d}'").fetchall()
    assert options == ["autovacuum_analyze_scale_factor=1"]


def test_a_row_goes_to_its_own_day(app: psycopg.Connection) -> None:
    day = TODAY + timedelta(days=3)
    for hour in (0, 23):
        app.execute(INSERT, [datetime(day.year, day.month, day.day, hour, 59, 59, 999_999, tzinfo=UTC)])
    assert places(app) == [f"requests_{day:%Y%m%d}"] * 2


def test_a_day_without_a_partition_goes_to_the_default(app: psycopg.Connection) -> None:
    app.execute(INSERT, [datetime(2000, 1, 1, tzinfo=UTC)])
    assert places(app) == ["requests_default"]


def test_rows_that_had_to_wait_in_the_default_move_home(owner: psycopg.Connection, app: psycopg.Connection) -> None:
    day = TODAY + timedelta(days=partitions.DAYS_AHEAD + 1)
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    for moment in (midnight, midnight + timedelta(hours=24), midnight + timedelta(days=30)):
        app.execute(INSERT, [moment])
    partitions.maintain(owner, today=TODAY + timedelta(days=1))
    assert places(app) == [f"requests_{day:%Y%m%d}", "requests_default", "requests_default"]


def test_old_days_leave_with_their_rows_and_others_stay(owner: psycopg.Connection, app: psycopg.Connection) -> None:
    app.execute(INSERT, [datetime.combine(TODAY, datetime.min.time(), tzinfo=UTC)])
    last = TODAY + timedelta(days=partitions.DAYS_KEPT)
    partitions.maintain(owner, today=last)
    assert len(places(app)) == 1
    assert TODAY in partitions.days(app)
    partitions.maintain(owner, today=last + timedelta(days=1))
    assert places(app) == []
    assert min(partitions.days(app)) == TODAY + timedelta(days=1)


def test_doing_it_again_changes_nothing(owner: psycopg.Connection) -> None:
    before = owner.execute("select oid from pg_class order by oid").fetchall()
    partitions.maintain(owner)
    assert owner.execute("select oid from pg_class order by oid").fetchall() == before


def test_a_lock_that_is_busy_is_not_waited_for(
    owner: psycopg.Connection, app: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "LOCK_TIMEOUT", "50ms")
    with app.transaction():
        app.execute("select from requests")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            partitions.maintain(owner, today=TODAY + timedelta(days=partitions.DAYS_KEPT + 5))
    partitions.maintain(owner, today=TODAY + timedelta(days=partitions.DAYS_KEPT + 5))


def test_days_are_days_in_utc(owner: psycopg.Connection, app: psycopg.Connection) -> None:
    owner.execute("set time zone 'Pacific/Auckland'")
    day = date(2040, 5, 6)
    partitions.maintain(owner, today=day)
    app.execute(INSERT, [datetime(2040, 5, 6, 0, 0, tzinfo=UTC)])
    app.execute(INSERT, [datetime(2040, 5, 6, 23, 59, tzinfo=UTC)])
    assert places(app) == ["requests_20400506"] * 2
