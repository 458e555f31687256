"""Named statements on Django's connection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from django.db import connection

from .literals import literal, texts


def fetch(sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """All rows of a named statement, none where it gives none, on the connection of the open transaction.

    Raises what psycopg raises.
    """
    with psycopg.RawCursor(connection.connection) as cursor:
        cursor.execute(sql, given(parameters))
        # In a pipeline it is not known yet what comes; only what gives rows is asked there.
        asked = connection.connection.pgconn.pipeline_status or cursor.description
        return cursor.fetchall() if asked else []


def given(parameters: Sequence[Any]) -> list[Any]:
    """Parameters as the driver takes them fastest: lists of rows or texts are arrays already."""
    return [_given(each) for each in parameters]


def _given(parameter: Any) -> Any:
    if isinstance(parameter, list) and parameter:
        if isinstance(parameter[0], tuple):
            return literal(parameter)
        if isinstance(parameter[0], str):
            return texts(parameter)
    return parameter
