"""Steps of the ledger taken together: what queued while the last commit ran goes with the next, per campaign."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar
from uuid import UUID

Item = TypeVar("Item")
Answer = TypeVar("Answer")
#: A tenant and a campaign of it.
Place = tuple[int, UUID]


class Gathering(Generic[Item, Answer]):
    """Takes items one by one and hands them to `step` in lists, one list of a campaign at a time."""

    def __init__(self, step: Callable[[Place, list[Item]], Awaitable[list[Answer]]]) -> None:
        self._step = step
        self._waiting: dict[Place, list[tuple[Item, asyncio.Future[Answer]]]] = defaultdict(list)
        self._running: dict[Place, asyncio.Task[None]] = {}

    async def __call__(self, place: Place, item: Item) -> Answer:
        """What the step answered for the item. Raises what it raised."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[place].append((item, future))
        if place not in self._running:
            self._running[place] = asyncio.create_task(self._run(place))
        return await future

    async def _run(self, place: Place) -> None:
        try:
            while taken := self._waiting.pop(place, None):
                items, futures = zip(*taken, strict=True)
                try:
                    answers = await self._step(place, list(items))
                except Exception as fault:  # noqa: BLE001 (everybody who waits hears of it)
                    for future in futures:
                        if not future.done():
                            future.set_exception(fault)
                    continue
                for future, answer in zip(futures, answers, strict=True):
                    if not future.done():
                        future.set_result(answer)
        finally:
            del self._running[place]
