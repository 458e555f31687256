"""Rows as PostgreSQL reads an array of a composite type (its manual, "Arrays" 8.15.6 and "Composite Types" 8.16.6).

The driver's own way is four regular expressions a value: it was two thirds of the time of an import. Every import
writes some fifty cells a row here, so each costs one look at its type; quoting for row and array is one step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import uuid_utils


def literal(rows: Iterable[Sequence[Any]]) -> str:
    """The text of an array of rows. Raises `TypeError` for a value of a kind that no row has."""
    return "{" + ",".join([_row(row) for row in rows]) + "}"


def texts(values: Iterable[str | None]) -> str:
    """The text of an array of texts."""
    return "{" + ",".join(["null" if value is None else _element(value) for value in values]) + "}"


def _element(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _row(row: Sequence[Any]) -> str:
    cells = []
    for value in row:
        if value is None:
            cells.append("")
        elif type(value) is str:
            cells.append(_text(value))
        else:
            cells.append(_other(value))
    return '"(' + ",".join(cells) + ')"'


def _text(value: str) -> str:
    """In the quotes of a row, within those of an array."""
    if "\\" in value:
        value = value.replace("\\", "\\\\\\\\")
    return '\\"' + value.replace('"', '\\"\\"') + '\\"'


def _other(value: Any) -> str:
    write = _KINDS.get(type(value))
    if write is None:
        if isinstance(value, str):
            return _text(str(value))
        raise TypeError(f"no literal of {type(value).__name__}")
    return write(value)


_KINDS: dict[type, Callable[[Any], str]] = {
    bool: lambda value: "t" if value else "f",
    int: str,
    UUID: lambda value: f"{value.int:032x}",
    uuid_utils.UUID: str,
    datetime: lambda value: f'\\"{value.isoformat()}\\"',
    bytes: lambda value: f'\\"\\\\\\\\x{value.hex()}\\"',
}
