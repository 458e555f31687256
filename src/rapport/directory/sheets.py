"""Lists on pages, newest first: one sheet of rows, and where newer and older ones begin."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, takewhile
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


def by_id(rows: QuerySet[Any], query: Mapping[str, str], size: int = SIZE, *, oldest: bool = False) -> Sheet:
    """The sheet that a page's query names by `before` or `after`; ids are in the order of their making.

    With the `oldest` first, what is newer stands where what is older stands otherwise.
    """
    after, before = (_parsed(query.get(name, ""), UUID) for name in ("after", "before"))
    back, on = ("id__lt", "id__gt") if oldest else ("id__gt", "id__lt")
    order, reverse = ("id", "-id") if oldest else ("-id", "id")
    if after is not None:
        found = list(rows.filter(**{back: after}).order_by(reverse)[: size + 1])
        if len(found) > size:
            kept = found[size - 1 :: -1]
            return Sheet(kept, kept[0].id, kept[-1].id)
    found = list((rows.filter(**{on: before}) if before else rows).order_by(order)[: size + 1])
    kept = found[:size]
    return Sheet(kept, kept[0].id if kept and before else None, kept[-1].id if len(found) > size else None)


def by_seq(below: Callable[[int | None], Iterator[Any]], query: Mapping[str, str], size: int = SIZE) -> Sheet:
    """The same for entries of the ledger, which `below` gives newest first, those before a number or all."""
    after, before = (_parsed(query.get(name, ""), _whole) for name in ("after", "before"))
    if after is not None:
        found = list(deque(takewhile(lambda row: row.seq > after, below(None)), maxlen=size + 1))
        if len(found) > size:
            return Sheet(found[1:], found[1].seq, found[-1].seq)
    found = list(islice(below(before), size + 1))
    kept = found[:size]
    return Sheet(kept, kept[0].seq if kept and before else None, kept[-1].seq if len(found) > size else None)


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
