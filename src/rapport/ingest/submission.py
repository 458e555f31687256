"""A submission that waits for the writer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from rapport.groups.submission import Result, Submission


@dataclass(slots=True, eq=False, kw_only=True)
class Queued(Submission):
    """The records of one request, and who waits for them."""

    #: Bytes of the request.
    size: int = 0
    waiter: asyncio.Future[Result] | None = None
