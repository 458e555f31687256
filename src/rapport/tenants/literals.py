"""Rows as PostgreSQL reads an array of a composite type (its manual, "Arrays" 8.15.6 and "Composite Types" 8.16.6).

The driver's own way is four regular expressions a value: it was two thirds of the time of an import.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import uuid_utils


def literal(rows: Iterable[Sequence[Any]]) -> str:
    """The text of an array of rows. Raises `TypeError` for a value of a kind that no row has."""
    return "{" + ",".join(map(_row, rows)) + "}"


def record(row: Sequence[Any]) -> str:
    """The text of one row; a list in it is an array of numbers. Raises `TypeError` as above."""
    return "(" + ",".join(_numbers(each) if isinstance(each, list) else _cell(each) for each in row) + ")"


def _numbers(given: list[int]) -> str:
    return '"{' + ",".join(f"{number:d}" for number in given) + '}"'


def _row(row: Sequence[Any]) -> str:
    text = "(" + ",".join(map(_cell, row)) + ")"
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '""') + '"'
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, int | UUID | uuid_utils.UUID):
        return str(value)
    if isinstance(value, datetime):
        return '"' + value.isoformat() + '"'
    if isinstance(value, bytes):
        return '"\\\\x' + value.hex() + '"'
    raise TypeError(f"no literal of {type(value).__name__}")
