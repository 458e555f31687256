"""Named statements on Django's connection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from django.db import connection

from .arrays import array, kinds, texts


def fetch(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """All rows of a named statement, none where it gives none, on the connection of the open transaction.

    Raises what psycopg raises.
    """
    with psycopg.RawCursor(connection.connection) as cursor:
        cursor.execute(sql, parameters(cursor.connection, sql, values))
        # In a pipeline it is not known yet what comes; only what gives rows is asked there.
        asked = connection.connection.pgconn.pipeline_status or cursor.description
        return cursor.fetchall() if asked else []


def parameters(connection: psycopg.Connection[Any], sql: str, values: Sequence[Any]) -> list[Any]:
    """The parameters of a named statement as the driver takes them fastest: lists are arrays already."""
    given = list(values)
    for place, each in enumerate(given):
        if isinstance(each, list) and each:
            if isinstance(each[0], tuple):
                given[place] = array(kinds(connection, sql)[place], each)
            elif isinstance(each[0], str):
                given[place] = texts(each)
    return given
