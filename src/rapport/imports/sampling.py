"""What stands in the first rows of a file."""

from __future__ import annotations

from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING

from . import receiving
from .reading.rows import REASON, Layout, Place, rows

if TYPE_CHECKING:
    from .models import Import

#: Rows that are looked at, and columns that a form has.
LOOKED_AT = 20
COLUMNS = 200


def sample(row: Import) -> dict[str, list[str]]:
    """Heading -> what stands under it in the first rows of a file that was checked."""
    return of_file(row, Layout(**(row.layout or {})), Place(row.head_end, row.head_line))


def headings(layout: Layout) -> list[str]:
    """The headings that can fill a field."""
    return [each for each in dict.fromkeys(layout.headings) if each and each != REASON]


def of_file(row: Import, layout: Layout, begin: Place) -> dict[str, list[str]]:
    """The same of one that is being checked."""
    found: dict[str, list[str]] = {heading: [] for heading in headings(layout)[:COLUMNS]}
    with suppress(FileNotFoundError):
        for each in islice(rows(receiving.file_of(row.tenant_id, row.id), layout, begin), LOOKED_AT):
            for heading, value in (each.record or {}).items():
                if heading in found and isinstance(value, str) and value.strip():
                    found[heading].append(value)
    return found
