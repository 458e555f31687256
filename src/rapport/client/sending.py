"""What the service answers about campaigns, as values that do not change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .results import plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """A campaign as it is."""

    id: str
    name: str
    kind: str
    #: `manual` or `automated`; None where the service is older.
    mode: str | None = None
    #: `draft`, `planned`, `running`, `paused`, `done` or `cancelled`.
    state: str
    #: Why it was paused.
    reason: str | None
    #: State of a delivery -> how many; they add up.
    counts: Mapping[str, int]
    #: Reason -> how many were skipped for it.
    skipped: Mapping[str, int]
    created_at: datetime
    updated_at: datetime

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Campaign:
        """A campaign in the body of an answer."""
        return cls(**plain(cls, told))


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Who would get a campaign; its token starts it within an hour."""

    token: str
    chosen: int
    send: int
    #: Reason -> how many would be skipped for it.
    skip: Mapping[str, int]
    #: Each with `address`, `subject`, `html` and `text`.
    examples: Sequence[Mapping[str, Any]]
    #: Addresses that no contact has, where a list was given.
    unknown: Sequence[str]

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Plan:
        """A plan in the body of an answer."""
        own = {name: told[name] for name in ("chosen", "send", "skip", "examples")}
        return cls(token=told["plan"], unknown=tuple(told.get("unknown", ())), **own)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message to one contact: what became of it, and why."""

    id: str
    campaign: str
    wave: int
    contact: str
    survey_record: str | None
    address: str | None
    state: str
    #: In a sentence.
    reason: str | None
    message_id: str | None
    tries: int
    updated_at: datetime

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Delivery:
        """A delivery in the body of an answer."""
        return cls(**plain(cls, told))


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A saved set of conditions."""

    id: str
    name: str
    where: Sequence[Mapping[str, Any]]

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Segment:
        """A segment in the body of an answer."""
        return cls(**plain(cls, told))


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """An act of the ledger of who gets nothing."""

    id: str
    #: `unsubscribe` or `bounce`.
    list: str
    #: `added` or `lifted`.
    act: str
    kind: str
    address: str | None
    source: str
    reason: str | None
    proof: Mapping[str, Any] | None
    at: datetime
    #: Whether it holds.
    active: bool

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Suppression:
        """A suppression in the body of an answer."""
        return cls(**plain(cls, told))
