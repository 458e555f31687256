"""Rows come back from PostgreSQL as they were sent."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.tenants.literals import literal, texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Database

MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
ROWS = st.tuples(
    TEXTS | st.none(), st.integers(-(2**63), 2**63 - 1) | st.none(), st.uuids() | st.none(),
    MOMENTS | st.none(), st.booleans() | st.none(), st.binary() | st.none(),
)  # fmt: skip


@pytest.fixture(scope="module")
def connection(database: Database) -> Iterator[psycopg.Connection[Any]]:
    """A connection that knows a type with all that rows have."""
    with psycopg.connect(database.owner, autocommit=True) as made:
        made.execute("create type literal_row as (a text, b bigint, c uuid, d timestamptz, e boolean, f bytea)")
        yield made
        made.execute("drop type literal_row")


@given(st.lists(ROWS, min_size=1, max_size=4))
def test_rows_come_back_as_they_were_sent(connection: psycopg.Connection[Any], rows: list[tuple[Any, ...]]) -> None:
    found = connection.execute("select a, b, c, d, e, f from unnest(%s::literal_row[])", [literal(rows)]).fetchall()
    assert found == rows


@given(st.lists(TEXTS | st.none(), max_size=4))
def test_texts_come_back_as_they_were_sent(connection: psycopg.Connection[Any], sent: list[str | None]) -> None:
    [(found,)] = connection.execute("select %s::text[]", [texts(sent)]).fetchall()
    assert found == sent


def test_what_no_row_has_is_a_mistake_of_ours() -> None:
    with pytest.raises(TypeError, match="no literal of dict"):
        literal([({}, UUID(int=1))])
