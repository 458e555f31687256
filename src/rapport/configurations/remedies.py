"""What can be done about a heading that nothing maps. All is called inside the tenant's scope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rapport.records.entries import Entry
from rapport.records.fields import Field
from rapport.records.types import ALL
from rapport.tenants.actors import Author

from . import catalogue, edits, fields, unmapped
from .models import Configuration


@dataclass(frozen=True, kw_only=True)
class Case:
    """One unmapped heading, and what its configuration could do with it."""

    configuration: Configuration
    #: As `unmapped.headings` tells it.
    heading: Mapping[str, Any]
    #: Fields that no heading fills.
    free: Sequence[Field]
    #: Fields that another heading fills, with it and when it was last sent.
    taken: Sequence[tuple[Field, str, datetime | None]]
    #: Objects that can have a custom field for it.
    objects: tuple[str, ...]


def case(tenant_id: int, reference: str, heading: str) -> Case | None:
    """Everything that is known; None where the configuration has no such unmapped heading."""
    told = unmapped.one(tenant_id, reference, heading)
    if told is None:
        return None
    row = edits.find(tenant_id, reference)
    kind = ALL[row.data_type]
    known = catalogue.of_tenant(tenant_id, [entry["field"] for entry in row.mapping])
    archived = {path for path, field in known.custom.items() if not field.open}
    by_field = {entry["field"]: entry["heading"] for entry in row.mapping}
    last = unmapped.last_sent(row)
    all_fields = known.fields(kind)
    return Case(
        configuration=row,
        heading=told,
        free=[field for name, field in all_fields.items() if name not in by_field and name not in archived],
        taken=[(all_fields[name], text, last.get(text)) for name, text in by_field.items() if name in all_fields],
        objects=kind.objects,
    )


def map_to(row: Configuration, author: Author, heading: str, field: str) -> str | None:
    """Lets a heading fill a field from now on; the heading that filled it so far, which no longer does.

    Only one heading can fill a field. Inside `locks.editing`. Raises `ViewOnlyError`, `FaultsError`.
    """
    before = next((entry["heading"] for entry in row.mapping if entry["field"] == field), None)
    stored: list[Entry] = row.mapping
    entries = [Entry({**entry, "heading": heading}) if entry["field"] == field else entry for entry in stored]
    if before is None:
        entries.append({"heading": heading, "field": field})
    edits.change(row, author, {"name": row.name, "mapping": entries, "options": row.options})
    return before


def map_to_new(row: Configuration, author: Author, heading: str, given: Mapping[str, Any]) -> str:
    """Makes a custom field and lets the heading fill it; the field's label. Raises like `map_to`."""
    made = fields.create(row.tenant_id, author, given)
    map_to(row, author, heading, f"{made.object}.{made.name}")
    return made.label
