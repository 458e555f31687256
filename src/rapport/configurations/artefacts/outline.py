"""A configuration as its artefacts need it: its columns, and which of them a record must fill."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rapport.records.entries import Entry, by_field, required
from rapport.records.fields import Field
from rapport.records.mapping import FIELDS_LIMIT
from rapport.records.types import ALL

from .samples import samples

if TYPE_CHECKING:
    from rapport.configurations.models import Configuration
    from rapport.records.catalogue import Catalogue

#: Heading -> value.
Record = dict[str, str]


@dataclass(frozen=True)
class Column:
    """A field, and the headings that fill it; examples have the first."""

    headings: tuple[str, ...]
    field: Field
    #: Stands in where the heading is missing or empty.
    default: str | None

    @property
    def heading(self) -> str:
        """The first heading."""
        return self.headings[0]


@dataclass(frozen=True)
class Outline:
    """What a configuration takes, in its own names."""

    reference: str
    name: str
    columns: tuple[Column, ...]
    #: Of each group a record must fill one heading.
    required: tuple[tuple[str, ...], ...]
    delimiter: str = ","

    @classmethod
    def of(cls, configuration: Configuration, catalogue: Catalogue) -> Outline:
        """The outline of a configuration; the catalogue is its tenant's."""
        kind = ALL[configuration.data_type]
        fields = catalogue.fields(kind)
        columns = tuple(_columns(configuration.mapping, fields))
        groups = (_open(columns, group) for group in required(kind, configuration.options))
        return cls(
            reference=configuration.reference,
            name=configuration.name,
            columns=columns,
            required=tuple(group for group in groups if group),
            delimiter=configuration.options.get("delimiter", ","),
        )

    def records(self) -> tuple[Record, Record]:
        """Two records that the configuration takes; what nobody can make up is left out."""
        needed = {heading for group in self.required for heading in group}
        values = {column.heading: found for column in self.columns if (found := samples(column.field))}
        kept = set(sorted(values, key=lambda heading: heading not in needed)[:FIELDS_LIMIT])
        first, second = ({name: values[name][index] for name in values if name in kept} for index in (0, 1))
        return first, second

    def parameters(self) -> dict[str, str]:
        """The first of them as the parameters of a call."""
        return {"configuration": self.reference} | {f"record[{name}]": text for name, text in self.records()[0].items()}


def _columns(entries: Sequence[Entry], fields: Mapping[str, Field]) -> Iterator[Column]:
    """A column for each field, in the order of their first headings."""
    for name, own in by_field(entries).items():
        yield Column(tuple(entry["heading"] for entry in own), fields[name], own[0].get("default"))


def _open(columns: tuple[Column, ...], group: tuple[str, ...]) -> tuple[str, ...]:
    """The headings of a group of fields; none where a default fills it anyway."""
    mapped = [column for column in columns if column.field.name in group]
    if any(column.default for column in mapped):
        return ()
    return tuple(heading for column in mapped for heading in column.headings)
