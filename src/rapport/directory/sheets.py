"""Lists on pages, newest first: one sheet of rows, and where newer and older ones begin."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from django.db.models import QuerySet

SIZE = 50


@dataclass(frozen=True)
class Sheet:
    """Some rows of a list."""

    rows: list[Any]
    #: What `after` and `before` are in the addresses of the sheets beside this one; None: there is none.
    newer: Any = None
    older: Any = None


def by_id(rows: QuerySet[Any], query: Mapping[str, str], size: int = SIZE) -> Sheet:
    """The sheet that a page's query names by `before` or `after`; ids are in the order of their making."""
    return _sheet(rows, query, "id", UUID, size)


def by_seq(rows: QuerySet[Any], query: Mapping[str, str], size: int = SIZE) -> Sheet:
    """The same for entries of the ledger."""
    return _sheet(rows, query, "seq", _whole, size)


def _sheet(rows: QuerySet[Any], query: Mapping[str, str], key: str, parse: Callable[[str], Any], size: int) -> Sheet:
    after, before = (_parsed(query.get(name, ""), parse) for name in ("after", "before"))
    if after is not None:
        found = list(rows.filter(**{f"{key}__gt": after}).order_by(key)[: size + 1])
        if len(found) > size:
            kept = found[size - 1 :: -1]
            return Sheet(kept, getattr(kept[0], key), getattr(kept[-1], key))
    found = list((rows.filter(**{f"{key}__lt": before}) if before else rows).order_by(f"-{key}")[: size + 1])
    kept = found[:size]
    newer = getattr(kept[0], key) if kept and before else None
    return Sheet(kept, newer, getattr(kept[-1], key) if len(found) > size else None)


def _parsed(text: str, parse: Callable[[str], Any]) -> Any:
    """Where a sheet begins; an address that somebody has mangled is the first sheet."""
    try:
        return parse(text)
    except ValueError:
        return None


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise ValueError(text)
    return int(text)
