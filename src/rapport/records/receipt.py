"""What goes into the engine and what comes out: prepared records, receipts, ledger rows."""

from __future__ import annotations

from collections.abc import Mapping as Dictionary
from collections.abc import Set
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from rapport.records.fields import FieldType, told

Outcome = Literal["created", "updated", "unchanged", "rejected", "not_written"]
Kind = Literal["created", "updated"]
#: Field name -> (old value, new value).
Diff = dict[str, tuple[Any, Any]]


class Prepared:
    """One record, mapped and checked: only what its data type and the history need to know."""

    __slots__ = (
        "custom",
        "errors",
        "headings",
        "ignored",
        "keys",
        "parameters",
        "reference",
        "sent",
        "types",
        "values",
        "warnings",
    )

    def __init__(self, sent: Dictionary[str, Any]) -> None:
        #: Heading -> text, as it was sent.
        self.sent = sent
        #: Field name -> value to store; None clears. A field that stays as it is has no entry.
        self.values: dict[str, Any] = {}
        #: Field name -> the heading under which the record sent it, else the first that the configuration gives it.
        self.headings: Dictionary[str, str] = {}
        #: Field name -> its type.
        self.types: Dictionary[str, FieldType] = {}
        #: Object -> name of a custom field -> value.
        self.custom: dict[str, dict[str, Any]] = {}
        #: Name of an identity field -> its key (`e:…`, `p:…`, an account name's own).
        self.keys: dict[str, str] = {}
        #: Headings that nothing maps, in the order in which they came.
        self.ignored: list[str] = []
        #: Codes of what the sender should know although the record was taken, each once.
        self.warnings: list[str] = []
        #: Names of what came beside the record and nobody knows.
        self.parameters: list[str] = []
        #: What the caller named as its configuration, where there is none of that name.
        self.reference: str | None = None
        #: Parameter -> sentences; a record with errors is never decided.
        self.errors: dict[str, list[str]] = {}

    def warn(self, code: str | None) -> None:
        """Add a warning, unless there is none or it is there already."""
        if code is not None and code not in self.warnings:
            self.warnings.append(code)


class Touched(NamedTuple):
    """What one record did to one object."""

    type: str
    id: Any
    outcome: Outcome
    matched_by: str | None
    changes: Diff

    def as_json(self, imagined: Set[Any]) -> dict[str, Any]:
        """The object as receipts show it, without ids that nobody will ever meet."""
        shown = self._asdict() | {"changes": told(self.changes)}
        if imagined:
            shown["id"] = None if self.id in imagined else self.id
            shown["changes"] = {
                name: (old, None if name.endswith("_id") and new in imagined else new)
                for name, (old, new) in shown["changes"].items()
            }
        return shown


@dataclass(slots=True)
class Receipt:
    """What became of one record (`contract.md` "Opt-in answers"). The first object is the primary one."""

    outcome: Outcome
    objects: list[Touched] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    errors: dict[str, list[str]] = field(default_factory=dict)
    #: The record's id in the request history.
    record: Any = None
    #: Names of what was sent beside the record and nobody knows.
    parameters: list[str] = field(default_factory=list)

    def as_json(self, *, dry_run: bool = False) -> dict[str, Any]:
        """The receipt on the wire; a dry run names no id for what it would have created."""
        imagined = {touched.id for touched in self.objects if dry_run and touched.outcome == "created"}
        objects = [touched.as_json(imagined) for touched in self.objects]
        told = {
            "record": None if dry_run else self.record,
            "outcome": self.outcome,
            "objects": objects,
            "ignored": self.ignored,
            "warnings": self.warnings,
        }
        return told | {"parameters": self.parameters} if self.parameters else told


@dataclass(slots=True)
class Change:
    """One ledger row: what one record really changed on one object, whose new version it made."""

    object_type: str
    object_id: Any
    version: int
    kind: Kind
    diff: Diff
    #: The record that made it, whose that was, and the one that changed the object before.
    record: Any
    origin: Any = None
    prev: Any = None
    #: Ids of the account that a contact or an activity was linked to, before and after.
    account: tuple[Any, Any] | None = None
    #: Key -> id of the object that it found before, and of the one that it finds now.
    keys: dict[str, tuple[Any, Any]] = field(default_factory=dict)
