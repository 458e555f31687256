"""Named statements on Django's connection."""

from __future__ import annotations

from typing import Any

import psycopg
from django.db import connection

from .literals import literal


def fetch(sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """All rows of a named statement, none where it gives none, on the connection of the open transaction.

    Raises what psycopg raises.
    """
    given = [literal(each) if _is_rows(each) else each for each in parameters]
    with psycopg.RawCursor(connection.connection) as cursor:
        cursor.execute(sql, given)
        return cursor.fetchall() if cursor.description else []


def _is_rows(parameter: Any) -> bool:
    return isinstance(parameter, list) and bool(parameter) and isinstance(parameter[0], tuple)
