"""Named statements on Django's connection."""

from __future__ import annotations

from typing import Any

import psycopg
from django.db import connection


def fetch(sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """All rows of a named statement, none where it gives none, on the connection of the open transaction.

    Raises what psycopg raises.
    """
    with psycopg.RawCursor(connection.connection) as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall() if cursor.description else []
