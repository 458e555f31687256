"""Cells of CSV files: what a spreadsheet would take for a formula has a `'` in front, which we take off again."""

from __future__ import annotations

import re

from rapport.records.errors import Invalid
from rapport.records.keys import phone_key
from rapport.records.values import is_number

#: With as many of our own marks as somebody has typed.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")


def guarded(text: str) -> str:
    """The cell for a text; phones and numbers stay as they are."""
    if not _FORMULA.match(text) or is_number(text) or _is_phone(text):
        return text
    return "'" + text


def unguarded(cell: str) -> str:
    """The text of a cell."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def _is_phone(text: str) -> bool:
    try:
        phone_key(text)
    except Invalid:
        return False
    return True
