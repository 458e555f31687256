"""The columns of a list: which ones there are, which ones somebody has chosen, and what stands in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .legend import LONG, Legend

#: Chosen while nobody has chosen anything.
USUAL = {
    "contact": ("email", "phone", "account_name", "job_title", "updated_at"),
    "account": ("manager", "industry", "region", "number", "updated_at"),
}
TIMES = {"created_at": "Created", "updated_at": "Updated"}
#: What the first column shows anyway.
_FIRST = {"contact": ("first_name", "last_name"), "account": ("name",)}


@dataclass(frozen=True)
class Column:
    """A column that can be chosen."""

    name: str
    label: str
    chosen: bool


@dataclass(frozen=True)
class Cell:
    """What stands in one column of one row."""

    text: str
    #: In the place of a text.
    moment: datetime | None = None
    #: The address of what is named.
    href: str | None = None


def offered(object_type: str, legend: Legend, chosen: Sequence[str]) -> list[Column]:
    """Every column of a list, in their order, with those chosen that an address names, else the usual ones."""
    names = {
        name: entry.label
        for name, entry in legend.entries.items()
        if name not in _FIRST[object_type] and entry.type != LONG and not entry.archived
    } | TIMES
    wanted = set(chosen) & names.keys() or USUAL[object_type]
    return [Column(name, label, name in wanted) for name, label in names.items()]


def cells(
    columns: Sequence[Column], legend: Legend, values: Mapping[str, Any], account: str | None = None
) -> list[Cell]:
    """The cells of a row under the chosen columns; `account` is the address of the account that it names."""
    return [_cell(column.name, legend, values, account) for column in columns if column.chosen]


def _cell(name: str, legend: Legend, values: Mapping[str, Any], account: str | None) -> Cell:
    if name in TIMES:
        return Cell("", moment=values[name])
    return Cell(legend.text(name, values.get(name)), href=account if name == "account_name" else None)
