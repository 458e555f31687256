"""Long work in slices: others have their turn in between, and of all that is long only one slice runs at a time."""

from __future__ import annotations

import asyncio

#: Values of records that are gone through at one go: some two milliseconds.
VALUES = 1_000


class Turns:
    """What is long in one worker goes on in turn, a slice in each round of the event loop.

    With `asyncio.sleep(0)` each of them would run a slice in every round, and who is short would wait for all.
    """

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    async def next(self) -> None:
        """Wait until others have had their turn."""
        async with self._lock:
            await asyncio.sleep(0)
