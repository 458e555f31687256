"""Submissions that are committed together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from rapport.groups import ids
from rapport.groups.submission import Deciding, Once, Result, Submission
from rapport.records.decide import State
from rapport.records.receipt import Prepared, Receipt

#: Records of a batch decided before others get their turn: 4 ms where each has 100 fields.
SLICE = 25


class Broken(Exception):
    """A record could not be decided; the state is spoilt."""

    def __init__(self, record: Prepared) -> None:
        super().__init__()
        self.record = record


#: (actor id, key) -> (fingerprint, JSON of the answer).
Answers = dict[tuple[Any, str], tuple[bytes, str]]


class Group:
    """Submissions, decided in order on one state.

    Every record gets an id, whatever becomes of it: one range, in order, made anew with each group.
    """

    def __init__(
        self,
        submissions: Sequence[Submission],
        state: State,
        moment: datetime,
        earlier: Answers,
        as_id: ids.AsId = ids.as_id,
    ) -> None:
        self.submissions = submissions
        self.state = state
        self.results: list[Result] = []
        self._as_id = as_id
        first = ids.first(moment)
        self._first = first.int
        #: The id of its first record.
        self.first = self._id(0)
        #: When it was read, to the millisecond of its ids.
        self.moment = ids.moment_of(first)
        #: Answers to keep under their idempotency keys.
        self.answers: Answers = {}
        #: An atomic batch was refused: nothing of the state may be written.
        self.discarded = False
        self._earlier = earlier
        #: Records that have their id.
        self._numbered = 0

    def decide(self) -> Iterator[None]:
        """Decide every submission; yields after each full slice so that others can run meanwhile."""
        for submission in self.submissions:
            once = submission.once
            known = once and self._known(submission.actor.id, once.key)
            if once and known:
                self.results.append(self._repeat(once, *known))
            else:
                receipts: list[Receipt] = []
                yield from self._apply(submission, receipts)
                self.results.append(self._judge(submission, receipts))
                if once and self.results[-1].status == 200 and submission.answer:
                    pieces = []
                    for piece in submission.answer(receipts):
                        pieces.append(piece)
                        yield
                    self.answers[submission.actor.id, once.key] = (once.fingerprint, b"".join(pieces).decode())
            self._numbered += len(submission.records)

    def _repeat(self, once: Once, fingerprint: bytes, answer: str) -> Result:
        """The earlier answer to the same content; nothing is done."""
        request = self._id(self._numbered)
        if fingerprint == once.fingerprint:
            return Result([], 200, replay=answer, request=request)
        return Result([], 422, conflict=True, request=request)

    def _id(self, number: int) -> Any:
        """The id of the record at a position among all of the group."""
        return self._as_id((self._first + number).to_bytes(16, "big"))

    def _known(self, actor: Any, key: str) -> tuple[bytes, str] | None:
        """The answer that a repeat gets."""
        return self.answers.get((actor, key)) or self._earlier.get((actor, key))

    def _apply(self, submission: Submission, receipts: list[Receipt]) -> Iterator[None]:
        """Decide the records of a submission into `receipts`."""
        state, kind, origin = self.state, submission.type, submission.origin
        for number, record in enumerate(submission.records, self._numbered):
            id = self._id(number)
            if record.errors or kind is None:
                receipt = Receipt("rejected", ignored=record.ignored, warnings=record.warnings, errors=record.errors)
            else:
                state.begin(id, origin)
                receipt = kind.apply(state, record) if submission.single else self._decided(kind, record)
            receipt.record, receipt.parameters = id, record.parameters
            receipts.append(receipt)
            if len(receipts) % SLICE == 0:
                yield

    def _decided(self, kind: Deciding, record: Prepared) -> Receipt:
        """The receipt of one record of a batch. Raises `Broken` for a mistake of ours."""
        try:
            return kind.apply(self.state, record)
        except Exception as fault:
            raise Broken(record) from fault

    def _judge(self, submission: Submission, receipts: list[Receipt]) -> Result:
        """The result of applied records; a rejection discards the whole of an atomic batch."""
        request = receipts[0].record
        if submission.refused:
            return Result(receipts, submission.refused, request=request)
        rejected = "rejected" in [receipt.outcome for receipt in receipts]
        if rejected and submission.atomic:
            self.discarded = True
            for receipt in receipts:
                if receipt.outcome != "rejected":
                    receipt.outcome, receipt.objects = "not_written", []
        status = 422 if rejected and (submission.atomic or submission.single) else 200
        return Result(receipts, status, request=request)
