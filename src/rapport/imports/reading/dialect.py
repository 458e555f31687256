"""Which sign stands between the cells of a file."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence

DELIMITERS = (",", ";", "\t", "|")
#: Records that are looked at.
LOOKED_AT = 100
#: What Excel writes ahead of the headings to say it.
_SAID = re.compile(r"sep=(.)[\r\n]*", re.IGNORECASE)


def said(line: str) -> str | None:
    """The delimiter that a first line `sep=;` names."""
    found = _SAID.fullmatch(line)
    return found[1] if found else None


def delimiter(texts: Sequence[str]) -> str:
    """The sign that cuts the first lines of a file into rows most alike; a comma where none does."""
    best = max(DELIMITERS, key=lambda sign: _alike(texts, sign))
    return best if _alike(texts, best) > (0.0, 0) else ","


def _alike(texts: Sequence[str], sign: str) -> tuple[float, int]:
    """The share of rows with as many cells as the headings, and how many these are."""
    widths: list[int] = []
    try:
        for row in csv.reader(iter(texts), delimiter=sign):
            if row:
                widths.append(len(row))
            if len(widths) == LOOKED_AT:
                break
    except csv.Error:
        pass
    if not widths or widths[0] < 2:
        return (0.0, 0)
    return (round(Counter(widths)[widths[0]] / len(widths), 2), widths[0])
