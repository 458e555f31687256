"""What a data type is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rapport.records.decide import Kept, Row, State, Values
from rapport.records.errors import sentence
from rapport.records.fields import Field, FieldType
from rapport.records.receipt import Prepared, Receipt

#: Touchpoints are a tenant's own; a mapping puts its list in this type's place.
TOUCHPOINT = FieldType("touchpoint")


@dataclass(frozen=True)
class DataType:
    """One documented kind of record (`contract.md` "What a record does")."""

    #: As configurations name it.
    name: str
    label: str
    fields: tuple[Field, ...]
    #: Groups of fields; a configuration must map at least one field of each group, and a record
    #: must fill one that is mapped.
    required: tuple[tuple[str, ...], ...]
    #: Change the state as the record says.
    apply: Callable[[State, Prepared], Receipt]
    #: Objects whose custom fields a configuration of this type may map.
    objects: tuple[str, ...] = ()
    #: The accounts that found contacts are linked to must be read as well.
    reads_linked_accounts: bool = False


def rejected(record: Prepared, field: str, code: str) -> Receipt:
    """The receipt of a record that only the stored data shows to be wrong; nothing was changed."""
    heading = record.headings[field]
    errors = {"record." + heading: [sentence(code, heading)]}
    return Receipt("rejected", ignored=record.ignored, warnings=record.warnings, errors=errors)


def respelt(record: Prepared) -> Kept:
    """Whether a stored value stays since a new one is but another spelling of it: the first one is kept."""
    types = record.types
    return lambda name, stored, value: name in types and types[name].keeps(stored, value)


def custom_news(row: Row, record: Prepared, owner: str) -> Values | None:
    """Those of the record's custom fields of its `owner` that say something else than `row` has."""
    custom = record.custom.get(owner)
    if not custom:
        return None
    kept = row.read_attributes()
    return {
        name: value
        for name, value in custom.items()
        if not record.types[f"{owner}.{name}"].keeps(kept.get(name), value)
    }
