"""What can be done about a heading that nothing maps. All is called inside the tenant's scope."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rapport.records.entries import HEADINGS_LIMIT, by_field
from rapport.records.fields import Field
from rapport.records.types import ALL
from rapport.tenants.actors import Author

from . import catalogue, copies, edits, fields, unmapped
from .errors import UnknownError
from .models import Configuration


@dataclass(frozen=True, kw_only=True)
class Case:
    """One unmapped heading, and what its configuration could do with it."""

    configuration: Configuration
    #: As `unmapped.headings` tells it.
    heading: Mapping[str, Any]
    #: What can take a default's place, the newest first; it is the first of these that a heading is mapped in.
    copies: Sequence[Configuration]
    #: The one of them that `free` and `taken` are about, if it is not the configuration itself.
    copy: Configuration | None
    #: Fields that no heading fills.
    free: Sequence[Field]
    #: Fields that other headings fill and that have room for one more, each heading with when it was last sent.
    taken: Sequence[tuple[Field, Mapping[str, datetime | None]]]
    #: Objects that can have a custom field for it.
    objects: tuple[str, ...]

    @property
    def is_mapped(self) -> bool:
        """Whether it is mapped by now."""
        return self.mapped_in is not None

    @property
    def mapped_in(self) -> Configuration | None:
        """Where it is mapped by now: in its configuration, or in what can take its place."""
        places = [self.configuration, *self.copies]
        return next((each for each in places if copies.maps(each, self.heading["heading"])), None)


def case(row: Configuration, heading: str, into: str | None = None) -> Case:
    """Everything that is known of a heading that the configuration does not map, also where it was never counted.

    `into` is the reference of the copy that somebody would map it in, empty for a new one; None is the newest.
    """
    tenant_id = row.tenant_id
    told = unmapped.one(tenant_id, row.reference, heading) or unmapped.unheard(row, heading)
    kind = ALL[row.data_type]
    instead = copies.of(row)
    copy = next((each for each in instead if into in (None, each.reference)), None)
    mapping = (copy or row).mapping
    known = catalogue.of_tenant(tenant_id, [entry["field"] for entry in mapping])
    archived = {path for path, field in known.custom.items() if not field.open}
    filled = {name: [entry["heading"] for entry in own] for name, own in by_field(mapping).items()}
    last = _last_sent({row, copy or row})
    all_fields = known.fields(kind)
    return Case(
        configuration=row,
        heading=told,
        copies=instead,
        copy=copy,
        free=[field for name, field in all_fields.items() if name not in filled and name not in archived],
        taken=[
            (all_fields[name], {heading: last.get(heading) for heading in headings})
            for name, headings in filled.items()
            if name in all_fields and len(headings) < HEADINGS_LIMIT
        ],
        objects=kind.objects,
    )


def _last_sent(rows: Iterable[Configuration]) -> dict[str, datetime]:
    """Heading -> when it last came mapped, by any of them."""
    found: dict[str, datetime] = {}
    for row in rows:
        for heading, at in unmapped.last_sent(row).items():
            found[heading] = max(at, found.get(heading, at))
    return found


def map_to(row: Configuration, author: Author, heading: str, field: str) -> list[str]:
    """Lets a heading fill a field from now on, where none of those before it brings a value; these go on as ever.

    Returns the headings before it. Inside `locks.editing`. Raises `ViewOnlyError`, `FaultsError`.
    """
    before = [entry["heading"] for entry in row.mapping if entry["field"] == field]
    mapping = [*row.mapping, {"heading": heading, "field": field}]
    edits.change(row, author, {"name": row.name, "mapping": mapping, "options": row.options})
    return before


def in_copy(row: Configuration, author: Author, name: str, into: str = "") -> Configuration:
    """The configuration to map in: `row`, or where that is view-only what has the reference `into` and can take its
    place; without one a new copy. Raises `FaultsError`, `UnknownError`.
    """
    if not row.is_default:
        return row
    if not into:
        return edits.copy(row, author, {"name": name} if name else {})
    chosen = next((each for each in copies.of(row) if each.reference == into), None)
    if chosen is None:
        raise UnknownError
    return chosen


def map_to_new(row: Configuration, author: Author, heading: str, given: Mapping[str, Any]) -> str:
    """Makes a custom field and lets the heading fill it; the field's label. Raises like `map_to`."""
    made = fields.create(row.tenant_id, author, fields.with_name(row.tenant_id, given))
    map_to(row, author, heading, f"{made.object}.{made.name}")
    return made.label
