"""What this worker has answered, added up and handed over once a second."""

from __future__ import annotations

import asyncio

from rapport.db.queries import statement
from rapport.groups.counts import Counts
from rapport.groups.headings import Unmapped
from rapport.groups.submission import Result, Submission
from rapport.ingest.handover import Handover
from rapport.ingest.store import Store
from rapport.ingest.turns import Turns

#: Records whose headings are heard at one go, each up to a hundred.
SLICE = 20


class Tally:
    """Counts records by hour, and hears the headings that nothing maps."""

    def __init__(self, store: Store, turns: Turns | None = None) -> None:
        self._turns = turns or Turns()
        #: Batches whose headings are being heard.
        self._hearing: set[asyncio.Task[None]] = set()
        self._counts, self._unmapped = Counts(), Unmapped()
        self._handovers = (
            Handover(store, statement("count_records"), self._counts.collect),
            Handover(store, statement("note_headings"), self._unmapped.collect),
        )

    def note(self, tenant: int, submission: Submission, result: Result) -> None:
        """Count a submission that was answered."""
        self._counts.note(tenant, submission, result)
        if submission.single:
            self._unmapped.note(tenant, submission, submission.records)
        else:
            task = asyncio.get_running_loop().create_task(self._hear(tenant, submission))
            self._hearing.add(task)
            task.add_done_callback(self._hearing.discard)
        for handover in self._handovers:
            handover.wake()

    async def _hear(self, tenant: int, submission: Submission) -> None:
        """Hear the headings of a batch, which nobody else needs any more, letting others run now and then."""
        for at in range(0, len(submission.records), SLICE):
            await self._turns.next()
            self._unmapped.note(tenant, submission, submission.records[at : at + SLICE])
        self._handovers[-1].wake()
        await self._turns.let_go(submission.records)

    async def close(self) -> None:
        """Hand over what is left."""
        while self._hearing:
            await asyncio.wait(self._hearing)
        for handover in self._handovers:
            await handover.close()
