"""Named statements on Django's connection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from django.db import connection

from .arrays import array, kinds, texts


def fetch(sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """All rows of a named statement, none where it gives none, on the connection of the open transaction.

    Raises what psycopg raises.
    """
    with psycopg.RawCursor(connection.connection) as cursor:
        execute(cursor, sql, parameters)
        # In a pipeline it is not known yet what comes; only what gives rows is asked there.
        asked = connection.connection.pgconn.pipeline_status or cursor.description
        return cursor.fetchall() if asked else []


def execute(cursor: psycopg.RawCursor[Any], sql: str, parameters: Sequence[Any]) -> None:
    """Run a named statement, with its parameters as the driver takes them fastest: lists are arrays already."""
    given = list(parameters)
    for place, each in enumerate(given):
        if isinstance(each, list) and each:
            if isinstance(each[0], tuple):
                given[place] = array(kinds(cursor.connection, sql)[place], each)
            elif isinstance(each[0], str):
                given[place] = texts(each)
    cursor.execute(sql, given)
