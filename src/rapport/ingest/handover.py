"""Hands over what a worker has added up in memory: once a second, one statement a tenant."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress

from rapport.ingest.http import Unavailable
from rapport.ingest.store import BAD_DATA, Store

log = logging.getLogger("rapport.ingest")

PAUSE_SECONDS = 1.0


class Handover:
    """Runs `statement` with each (tenant, JSON) that `collect` takes out of memory.

    While the database is away nothing more is collected: what waits is bounded by what `collect` gives at once.
    """

    def __init__(self, store: Store, statement: str, collect: Callable[[], Iterable[tuple[int, str]]]) -> None:
        self._store = store
        self._statement = statement
        self._collect = collect
        self._waiting: deque[tuple[int, str]] = deque()
        #: Whether there may be something to collect.
        self._due = False
        self._running: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()

    def wake(self) -> None:
        """Something was added up."""
        self._due = True
        if self._running is None:
            self._running = asyncio.get_running_loop().create_task(self._run())

    async def close(self) -> None:
        """Hand over what is left."""
        self._closing.set()
        if self._running is not None:
            await self._running
        await self._flush()

    async def _run(self) -> None:
        """Hand over once a second, until there is nothing more."""
        while (self._due or self._waiting) and not self._closing.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(PAUSE_SECONDS):
                    await self._closing.wait()
            await self._flush()
        self._running = None

    async def _flush(self) -> None:
        """Hand over everything, or as much as the database takes."""
        if not self._waiting:
            self._due = False
            self._waiting.extend(self._collect())
        while self._waiting:
            tenant, told = self._waiting[0]
            try:
                await self._store.fetchrow(tenant, self._statement, told)
            except Unavailable as fault:
                if not isinstance(fault.__cause__, BAD_DATA):
                    log.warning("what was counted waits for the store")
                    return
                log.error("what was counted was refused by the store: %s", type(fault.__cause__).__name__)
            self._waiting.popleft()
