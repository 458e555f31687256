"""One request's records on their way through the write path, and what became of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from rapport.db.write import Actor, Origin
from rapport.records.decide import State
from rapport.records.errors import sentence
from rapport.records.receipt import Prepared, Receipt

#: What a caller is told whose idempotency key came with other content before.
REUSED = {"Idempotency-Key": [sentence("idempotency_reused")]}


class Once(NamedTuple):
    """An `Idempotency-Key` and the SHA-256 of the content that came with it."""

    key: str
    fingerprint: bytes


class Result(NamedTuple):
    """What became of a submission."""

    receipts: list[Receipt]
    #: Status of the answer.
    status: int = 200
    #: JSON of the earlier answer, where this was a repeat.
    replay: str | None = None
    #: Nothing was done: the idempotency key came with other content before.
    conflict: bool = False
    #: Id of the request, which is that of its first record.
    request: Any = None

    def outcome(self, position: int) -> str:
        """What became of the record at a position."""
        if self.conflict:
            return "rejected"
        return self.receipts[position].outcome if self.receipts else "replayed"


class Deciding(Protocol):
    """A data type, or what decides as one does."""

    @property
    def apply(self) -> Callable[[State, Prepared], Receipt]:
        """Changes the state as a record says."""

    @property
    def reads_linked_accounts(self) -> bool:
        """Whether the accounts that found contacts are linked to must be read as well."""


class Decision(NamedTuple):
    """What decides, and is no data type."""

    apply: Callable[[State, Prepared], Receipt]
    reads_linked_accounts: bool = False


class Target(NamedTuple):
    """Objects that are read by their ids, whatever the records' keys find."""

    #: `contact` or `account`.
    type: str
    ids: Sequence[Any]


@dataclass(slots=True, eq=False, kw_only=True)
class Submission:
    """The records of one request."""

    actor: Actor
    request_id: str
    configuration_id: Any = None
    configuration_version: int | None = None
    #: None: there is nothing to decide, the records are refused already and only the history wants them.
    type: Deciding | None
    records: list[Prepared]
    keep_sent: bool
    target: Target | None = None
    #: Status that a request refused before it came here was answered with.
    refused: int = 0
    single: bool = True
    dry_run: bool = False
    atomic: bool = False
    once: Once | None = None
    #: Receipts -> the JSON that the caller, or a repeat, can get, piece by piece.
    answer: Callable[[list[Receipt]], Iterable[bytes]] | None = None

    @property
    def alone(self) -> bool:
        """Whether it needs a transaction of its own."""
        return self.dry_run or not self.single

    @property
    def origin(self) -> Origin:
        """What its ledger rows say of it."""
        return Origin(*self.actor, self.request_id, self.configuration_id, self.configuration_version)
