"""What a data type is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rapport.records.decide import State
from rapport.records.fields import Field
from rapport.records.receipt import Prepared, Receipt


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
