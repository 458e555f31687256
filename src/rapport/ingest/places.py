"""Places for files that are being sent: few, since each holds a thread of the console, and shared between systems."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from time import monotonic

from rapport.ingest.refusals import Refusal

#: Files that come in at once in one ingest process, and of them those of one system.
FILES_AT_ONCE, EACH = 2, 1
#: A file trickles, and gives its place to another system's that waits for it, where for so many seconds it has come
#: with fewer bytes a second.
TRICKLES = (5.0, 64 * 1024)
_LATER = (b"retry-after", b"5")


class Place:
    """One file on its way."""

    def __init__(self, system: Hashable) -> None:
        self.system = system
        self.given_up = False
        #: Whether all of it is here: then it is only a moment until its place is free.
        self.whole = False
        self.left = asyncio.Event()
        self._task = asyncio.current_task()
        #: Since when its pace is measured, and what came since.
        self._since = monotonic()
        self._bytes = 0

    def came(self, size: int) -> None:
        """So many bytes more are here."""
        self._bytes += size

    def pace(self) -> float:
        """Bytes a second, since it began or was found quick last."""
        return self._bytes / max(monotonic() - self._since, 0.001)

    def is_slow(self) -> bool:
        """Whether others may have its place; of one that is quick the pace is measured anew from here on."""
        after, least = TRICKLES
        if self.whole or self.given_up or monotonic() - self._since <= after:
            return False
        if self.pace() < least:
            return True
        self._since, self._bytes = monotonic(), 0
        return False

    def give_up(self) -> None:
        """End it."""
        assert self._task is not None
        self.given_up = True
        self._task.cancel()

    def forgive(self) -> None:
        """Its task was not cancelled by anybody else."""
        assert self._task is not None
        if self.given_up:
            self._task.uncancel()


class Places:
    """The places of one process."""

    def __init__(self) -> None:
        self.held: set[Place] = set()

    @asynccontextmanager
    async def one(self, system: Hashable) -> AsyncIterator[Place]:
        """A place for a file of a system. Raises `Refusal` 503 where there is none, or others waited for this one."""
        while len(self.held) >= FILES_AT_ONCE or self._own(system) >= EACH:
            await self._make_room(system)
        place = Place(system)
        self.held.add(place)
        try:
            yield place
        except asyncio.CancelledError:
            if not place.given_up:
                raise
            told = "Others wait to send files, and this one came too slowly; send it again."
            raise Refusal(503, told, [_LATER, (b"connection", b"close")]) from None
        finally:
            place.forgive()
            self.held.discard(place)
            place.left.set()

    def _own(self, system: Hashable) -> int:
        """How many files of a system come in."""
        return sum(place.system == system for place in self.held)

    async def _make_room(self, system: Hashable) -> None:
        """Give up the slowest. Raises `Refusal` 503 where all are quick enough, or the system has its share.

        Two files of one system would end each other for ever if each gave its place to the other.
        """
        slow = [place for place in self.held if place.system != system and place.is_slow()]
        if not slow or self._own(system) >= EACH:
            raise Refusal(503, "Other files are being received; try again soon.", [_LATER])
        slowest = min(slow, key=Place.pace)
        slowest.give_up()
        await slowest.left.wait()
