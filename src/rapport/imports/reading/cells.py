"""What readers of tables that know types have in common: cells as somebody would have typed them, and their bounds."""

from __future__ import annotations

import csv
import json
import resource
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from types import NoneType
from typing import IO, Any
from uuid import UUID

from rapport.records.cells import guarded

MEMORY = 2 * 1024**3
#: How a reader exits that has written why nobody can import the file.
REFUSED = 3


def confine(limit: int) -> None:
    """Let this process have so much memory, and write no file of more than `limit` bytes."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))


def table(file: IO[str]) -> Any:
    """A writer of the rows of a table, of which the reader of CSV makes the same cells.

    Python quotes a CR in a cell only where lines end with one.
    """
    return csv.writer(file, lineterminator="\r\n")


def written(cell: Any) -> str:
    """A cell of a `table`: with the mark that exports put in front of formulas, which the reader takes off."""
    return guarded(cell) if type(cell) is str else typed(cell)


def typed(cell: Any) -> str:
    """A cell as somebody would have typed it."""
    write = _KINDS.get(type(cell))
    return write(cell) if write else json.dumps(cell, default=str, ensure_ascii=False)


_KINDS: dict[type, Callable[[Any], str]] = {
    NoneType: lambda _: "",
    str: str,
    bool: lambda cell: "true" if cell else "false",
    int: str,
    float: lambda cell: str(int(cell)) if cell.is_integer() else repr(cell),
    Decimal: lambda cell: f"{cell:f}",
    datetime: lambda cell: cell.isoformat(sep=" "),
    date: date.isoformat,
    time: time.isoformat,
    timedelta: str,
    UUID: str,
}
