"""One request's records on their way through the writer, and the group they are committed in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from rapport.db.write import Actor
from rapport.records.decide import State
from rapport.records.errors import sentence
from rapport.records.receipt import Prepared, Receipt
from rapport.records.types import DataType

#: What a caller is told whose idempotency key came with other content before.
REUSED = {"Idempotency-Key": [sentence("idempotency_reused")]}
#: Records decided before others get their turn on the event loop (about 5 ms).
SLICE = 500


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


@dataclass(slots=True, eq=False)
class Submission:
    """The records of one request, and who waits for them."""

    actor: Actor
    request_id: str
    configuration_id: Any
    #: None: nothing to decide; the records are refused already and only the history wants them.
    type: DataType | None
    records: list[Prepared]
    keep_sent: bool
    #: Bytes of the request.
    size: int = 0
    #: Status that a request refused before the writer saw it was answered with.
    refused: int = 0
    single: bool = True
    dry_run: bool = False
    atomic: bool = False
    once: Once | None = None
    #: Receipts -> the JSON that the caller, or a repeat, can get.
    answer: Callable[[list[Receipt]], bytes] | None = None
    waiter: asyncio.Future[Result] | None = None

    @property
    def alone(self) -> bool:
        """Whether it needs a transaction of its own."""
        return self.dry_run or not self.single


#: (actor id, key) -> (fingerprint, JSON of the answer).
Answers = dict[tuple[Any, str], tuple[bytes, str]]


class Group:
    """Submissions that are committed together, decided in order on one state."""

    def __init__(self, submissions: list[Submission], state: State, earlier: Answers) -> None:
        self.submissions = submissions
        self.state = state
        self.results: list[Result] = []
        #: (actor, request id) by record, for the ledger.
        self.senders: list[tuple[Actor, str]] = []
        #: Answers to keep under their idempotency keys.
        self.answers: Answers = {}
        #: An atomic batch was refused: nothing of the state may be written.
        self.discarded = False
        self._earlier = earlier

    def decide(self) -> Iterator[None]:
        """Decide every submission; yields after each full slice so that others can run meanwhile."""
        for submission in self.submissions:
            once = submission.once
            if once is None:
                yield from self._apply(submission)
                continue
            place = (submission.actor.id, once.key)
            known = self.answers.get(place) or self._earlier.get(place)
            if known is None:
                yield from self._apply(submission)
                if self.results[-1].status == 200 and submission.answer:
                    answer = submission.answer(self.results[-1].receipts)
                    self.answers[place] = (once.fingerprint, answer.decode())
            elif known[0] == once.fingerprint:
                self.results.append(Result([], 200, replay=known[1]))
            else:
                self.results.append(Result([], 422, conflict=True))

    def _apply(self, submission: Submission) -> Iterator[None]:
        receipts: list[Receipt] = []
        state, kind = self.state, submission.type
        sender = (submission.actor, submission.request_id)
        for record in submission.records:
            if record.errors or kind is None:
                receipts.append(Receipt("rejected", ignored=record.ignored, errors=record.errors))
            else:
                state.record = len(self.senders)
                self.senders.append(sender)
                receipts.append(kind.apply(state, record))
            if len(receipts) % SLICE == 0:
                yield
        self.results.append(self._judge(submission, receipts))

    def _judge(self, submission: Submission, receipts: list[Receipt]) -> Result:
        """The result of applied records; a rejection discards the whole of an atomic batch."""
        if submission.refused:
            return Result(receipts, submission.refused)
        rejected = any(receipt.outcome == "rejected" for receipt in receipts)
        if rejected and submission.atomic:
            self.discarded = True
            for receipt in receipts:
                if receipt.outcome != "rejected":
                    receipt.outcome, receipt.objects = "not_written", []
        return Result(receipts, 422 if rejected and (submission.atomic or submission.single) else 200)
