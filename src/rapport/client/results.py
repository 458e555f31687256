"""What the service answers, as values that do not change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """What a record did to one object."""

    #: `contact`, `account`, …
    type: str
    #: None where a rehearsal would create it.
    id: str | None
    #: `created`, `updated` or `unchanged`.
    outcome: str
    #: `email`, `phone`, `name` or `alias`; None for what was created.
    matched_by: str | None
    #: Field -> (old value, new value).
    changes: Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of one record. It is committed, unless this was a rehearsal."""

    #: The record's id in the request history; None for a rehearsal.
    record: str | None
    #: `created`, `updated` or `unchanged`: that of the first object.
    outcome: str
    objects: Sequence[Touched]
    #: Headings that the configuration does not map.
    ignored: Sequence[str]
    warnings: Sequence[str]
    #: Names of what else the call held.
    parameters: Sequence[str] = ()
    request_id: str | None

    @property
    def id(self) -> str | None:
        """The first object's."""
        return self.objects[0].id if self.objects else None

    @classmethod
    def read(cls, told: Mapping[str, Any], request_id: str | None) -> Receipt:
        """The receipt in the body of an answer."""
        return cls(
            record=told.get("record"),
            outcome=told["outcome"],
            objects=tuple(_touched(each) for each in told["objects"]),
            ignored=tuple(told["ignored"]),
            warnings=tuple(told["warnings"]),
            parameters=tuple(told.get("parameters", ())),
            request_id=request_id,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one record of a batch."""

    #: Its place among all records that were given, from 0.
    index: int
    #: `created`, `updated`, `unchanged`, `rejected`, or `not_written` in an atomic batch that was refused.
    outcome: str
    id: str | None
    #: Heading, as `record.Email` -> sentences.
    errors: Mapping[str, Sequence[str]]
    ignored: Sequence[str]
    warnings: Sequence[str]

    @classmethod
    def read(cls, told: Mapping[str, Any], offset: int) -> Result:
        """One of the results in the answer to a chunk that began at `offset`."""
        return cls(
            index=offset + told["index"],
            outcome=told["outcome"],
            id=told.get("id"),
            errors=told.get("errors", {}),
            ignored=tuple(told.get("ignored", ())),
            warnings=tuple(told.get("warnings", ())),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account as it is stored."""

    id: str
    name: str
    manager: str | None
    manager_email: str | None
    parent_account: str | None
    industry: str | None
    company_size: str | None
    region: str | None
    number: str | None
    #: Values of custom fields.
    attributes: Mapping[str, Any]
    created_at: datetime
    updated_at: datetime

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Account:
        """An account in the body of an answer."""
        return cls(**plain(cls, told))


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedAccount:
    """The account that a contact belongs to."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A contact as it is stored."""

    id: str
    email: str | None
    phone: str | None
    first_name: str | None
    last_name: str | None
    job_title: str | None
    job_level: str | None
    language: str | None
    time_zone: str | None = None
    account: LinkedAccount | None
    #: Values of custom fields.
    attributes: Mapping[str, Any]
    created_at: datetime
    updated_at: datetime

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Contact:
        """A contact in the body of an answer."""
        linked = told["account"]
        account = None if linked is None else LinkedAccount(id=linked["id"], name=linked["name"])
        return cls(**plain(cls, told) | {"account": account})


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What somebody answered, here or elsewhere."""

    id: str
    #: `response` or `external_response`.
    type: str
    nps: int | None
    #: `promoter`, `passive` or `detractor`.
    group: str | None
    comment: str | None
    drivers: Sequence[str]
    #: Each with `question`, `kind` and `answer`.
    answers: Sequence[Mapping[str, Any]]
    touchpoint: str | None
    #: `id`, `name` and, of the contact, `email`.
    contact: Mapping[str, Any] | None
    account: Mapping[str, Any] | None
    #: `state` and `assignee`.
    follow_up: Mapping[str, Any]
    #: Values of custom fields.
    attributes: Mapping[str, Any]
    answered_at: datetime
    updated_at: datetime

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Response:
        """A response in the body of an answer."""
        return cls(**plain(cls, told))


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An entry of the change ledger: what one record, or one person, changed on one object."""

    #: Its number, without gaps, in the order of commits. Give the last one you have seen to `changes(after=…)`.
    seq: int
    at: datetime
    object_type: str
    object_id: str
    #: The version of the object that this made.
    version: int
    #: `created` or `updated`.
    kind: str
    #: Field -> (old value, new value).
    diff: Mapping[str, tuple[Any, Any]]
    actor_type: str
    actor_id: str | None
    request_id: str
    configuration_id: str | None = None
    configuration_version: int | None = None
    #: The record that made it, as receipts name it, and the one that changed the object before; None where they are
    #: older than such ids.
    record: str | None = None
    prev: str | None = None
    #: What was tied and untied, by id: `account` and `keys`, as [before, after].
    links: Mapping[str, Any] | None = None

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Change:
        """An entry in the body of an answer."""
        return cls(**plain(cls, told) | {"diff": _pairs(told["diff"])})


_TIMES = ("at", "created_at", "updated_at", "answered_at")


def plain(kind: Any, told: Mapping[str, Any]) -> dict[str, Any]:
    """What a class has fields for, with its times read: a newer service may tell more, an older one less."""
    found = {name: told[name] for name in kind.__dataclass_fields__ if name in told}
    times = {name: datetime.fromisoformat(found[name]) for name in _TIMES if name in found}
    return found | times


def _touched(told: Mapping[str, Any]) -> Touched:
    return Touched(
        type=told["type"],
        id=told["id"],
        outcome=told["outcome"],
        matched_by=told["matched_by"],
        changes=_pairs(told["changes"]),
    )


def _pairs(told: Mapping[str, Sequence[Any]]) -> dict[str, tuple[Any, Any]]:
    return {name: (old, new) for name, (old, new) in told.items()}
