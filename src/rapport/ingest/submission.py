"""A submission that waits for the writer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from rapport.groups.submission import Result, Submission


class Waiter(Protocol):
    """Who waits for a submission: a future, or a connection that answers at once."""

    def done(self) -> bool:
        """Whether it waits no longer."""

    def set_result(self, result: Result, /) -> None:
        """What became of it."""

    def set_exception(self, fault: Exception, /) -> None:
        """Why nothing was written."""


@dataclass(slots=True, eq=False, kw_only=True)
class Queued(Submission):
    """The records of one request, and who waits for them."""

    #: Bytes of the request.
    size: int = 0
    waiter: Waiter | None = None
