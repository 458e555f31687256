"""Rows come back from PostgreSQL as they were sent."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.tenants.arrays import KINDS, array, kinds, texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Database

MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
ROWS = st.tuples(
    TEXTS | st.none(), st.integers(-(2**63), 2**63 - 1) | st.none(), st.uuids() | st.none(),
    MOMENTS | st.none(), st.booleans() | st.none(), st.binary() | st.none(),
    st.integers(-(2**31), 2**31 - 1) | st.none(), st.integers(-(2**15), 2**15 - 1) | st.none(),
    st.just('{"a": [1]}') | st.none(), st.just('{"b":  2}') | st.none(),
)  # fmt: skip
COLUMNS = "a text, b bigint, c uuid, d timestamptz, e boolean, f bytea, g integer, h smallint, i jsonb, j json"


@pytest.fixture(scope="module")
def connection(database: Database) -> Iterator[psycopg.Connection[Any]]:
    """A connection that knows a function which gives rows back as they were sent."""
    with psycopg.connect(database.owner, autocommit=True) as made:
        made.execute(f"create type sent_row as ({COLUMNS})")
        made.execute(
            "create function sent_rows_1(place integer, sent sent_row[]) returns setof sent_row "
            "language sql as 'select * from unnest(sent)'"
        )
        yield made
        made.execute("drop function sent_rows_1; drop type sent_row")


@given(st.lists(ROWS, min_size=1, max_size=4))
def test_rows_come_back_as_they_were_sent(connection: psycopg.Connection[Any], rows: list[tuple[Any, ...]]) -> None:
    sql = "select a, b, c, d, e, f, g, h, i::text, j::text from sent_rows_1($1, $2)"
    with psycopg.RawCursor(connection) as cursor:
        cursor.execute(sql, [1, array(kinds(connection, sql)[1], rows)])
        assert cursor.fetchall() == rows


def test_every_function_of_ours_takes_rows_that_can_be_written(database: Database) -> None:
    with psycopg.connect(database.owner) as made:
        names = made.execute("select proname from pg_proc where proname ~ '_[0-9]+$'").fetchall()
        found = [kind for (name,) in names for kind in kinds(made, f"select {name}($1)").values()]
    assert len(found) > 10
    for kind in found:
        assert set(kind.columns) <= KINDS.keys(), "what it writes is known"
        assert array(kind, [(None,) * len(kind.columns)])


@given(st.lists(TEXTS | st.none(), max_size=4))
def test_texts_come_back_as_they_were_sent(connection: psycopg.Connection[Any], sent: list[str | None]) -> None:
    [(found,)] = connection.execute("select %s::text[]", [texts(sent)]).fetchall()
    assert found == sent
