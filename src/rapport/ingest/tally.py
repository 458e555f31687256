"""What this worker has answered, added up and handed over once a second."""

from __future__ import annotations

from rapport.db.queries import statement
from rapport.groups.counts import Counts
from rapport.groups.headings import Unmapped
from rapport.groups.submission import Result, Submission
from rapport.ingest.handover import Handover
from rapport.ingest.store import Store


class Tally:
    """Counts records by hour, and hears the headings that nothing maps."""

    def __init__(self, store: Store) -> None:
        self._counts, self._unmapped = Counts(), Unmapped()
        self._handovers = (
            Handover(store, statement("count_records"), self._counts.collect),
            Handover(store, statement("note_headings"), self._unmapped.collect),
        )

    def note(self, tenant: int, submission: Submission, result: Result) -> None:
        """Count a submission that was answered."""
        self._counts.note(tenant, submission, result)
        self._unmapped.note(tenant, submission)
        for handover in self._handovers:
            handover.wake()

    async def close(self) -> None:
        """Hand over what is left."""
        for handover in self._handovers:
            await handover.close()
