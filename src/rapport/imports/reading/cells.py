"""What readers of tables that know types have in common: cells as somebody would have typed them, and their bounds."""

from __future__ import annotations

import json
import resource
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from types import NoneType
from typing import Any

from rapport.records.cells import guarded

MEMORY = 2 * 1024**3


def confine(limit: int) -> None:
    """Let this process have so much memory, and write no file of more than `limit` bytes."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))


def written(cell: Any) -> str:
    """A cell as somebody would have typed it."""
    write = _KINDS.get(type(cell))
    text = write(cell) if write else json.dumps(cell, default=str, ensure_ascii=False)
    # The reader of CSV takes off what exports put in front of formulas; here nobody has put it there.
    return guarded(text) if text.startswith("'") else text


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
    bytes: lambda cell: cell.decode("utf-8", "replace"),
}
