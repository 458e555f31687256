"""Where the submissions of one tenant wait for the writer, bounded in number and in size."""

from __future__ import annotations

from collections import deque

from rapport.ingest.submission import Queued

#: Records that may wait per tenant, and bytes of their requests; beyond, callers get 503. Waiting they take about 1 KB
#: a record and 1.7 times their bytes (measured): some 75 MB.
QUEUE_LIMIT = 20_000
QUEUE_BYTES = 32 * 1024 * 1024
#: Single records committed together at most.
GROUP_LIMIT = 500


class Line:
    """The submissions of one tenant that wait, in the order in which they came."""

    __slots__ = ("bytes", "records", "waiting")

    def __init__(self) -> None:
        self.waiting: deque[Queued] = deque()
        self.records = 0
        self.bytes = 0

    def has_room(self, submission: Queued) -> bool:
        """Whether the submission may wait as well."""
        records, size = self.records + len(submission.records), self.bytes + submission.size
        return records <= QUEUE_LIMIT and size <= QUEUE_BYTES

    def add(self, submission: Queued) -> None:
        """Let it wait."""
        self.waiting.append(submission)
        self.records += len(submission.records)
        self.bytes += submission.size

    def take(self) -> list[Queued]:
        """The next group: one that must be alone, or all singles up to the next such one."""
        taken = [self.waiting.popleft()]
        if not taken[0].alone:
            while self.waiting and not self.waiting[0].alone and len(taken) < GROUP_LIMIT:
                taken.append(self.waiting.popleft())
        self.records -= sum(len(submission.records) for submission in taken)
        self.bytes -= sum(submission.size for submission in taken)
        return taken
