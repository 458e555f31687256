"""Long work in slices: others have their turn in between, and of all that is long only one slice runs at a time."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

#: Values of records that are gone through at one go: some two milliseconds.
VALUES = 1_000
#: Records that are let go of at one go: a millisecond where each has 100 fields.
FREED = 50


class Turns:
    """What is long in one worker goes on in turn, a slice in each round of the event loop.

    With `asyncio.sleep(0)` each of them would run a slice in every round, and who is short would wait for all.
    """

    #: When the last slice of any of them began, by the event loop's clock.
    last: ClassVar[float] = float("-inf")

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    async def next(self) -> None:
        """Wait until others have had their turn."""
        async with self._lock:
            await asyncio.sleep(0)
            Turns.last = asyncio.get_running_loop().time()

    async def let_go(self, records: list[Any]) -> None:
        """Empty a list: to free all that large batches are made of at one go takes a fifth of a second."""
        while records:
            del records[-FREED:]
            await self.next()
