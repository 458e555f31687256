"""The conversations with one server: so many at a time, kept for the next mail, and how the server does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic

from rapport.campaigns.servers import Endpoint

from .conversation import BrokenError, Conversation, Mail, Reply, UnusableError

#: Seconds before a server that could not be used is tried again: the first time, and at most.
PAUSE, LONGEST_PAUSE = 1.0, 60.0
#: So long a server may be away before its campaigns are paused.
AWAY_SECONDS = 900.0
#: Claims are for what goes within so many seconds.
AHEAD_SECONDS = 10.0


class Pool:
    """All conversations of this process with one server."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._free = asyncio.Semaphore(endpoint.connections)
        self._idle: list[Conversation] = []
        self._away_since: float | None = None
        self._pause = PAUSE
        self._next = 0.0
        #: Seconds that a mail takes, a moving average.
        self._seconds = 1.0

    @property
    def ready(self) -> bool:
        """Whether it may be tried now."""
        return monotonic() >= self._next

    @property
    def ahead(self) -> int:
        """How many mails it takes in ten seconds."""
        connections = self.endpoint.connections
        return max(connections, int(connections * AHEAD_SECONDS / max(self._seconds, 0.001)))

    async def deliver(self, mail: Mail, hand_over: Callable[[], Awaitable[float | None]]) -> Reply:
        """Hands one mail over, by a conversation that is there or a new one. Raises what `Conversation` raises."""
        async with self._free:
            started = monotonic()
            conversation = await self._conversation(mail)
            try:
                return await conversation.deliver(mail, hand_over)
            finally:
                self._seconds += (monotonic() - started - self._seconds) / 10
                if conversation.usable:
                    self._idle.append(conversation)
                else:
                    conversation.cut()

    async def _conversation(self, mail: Mail) -> Conversation:
        while self._idle:
            found = self._idle.pop()
            if found.usable and await _alive(found):
                return found
        if not self.ready:
            raise UnusableError("It is not tried again yet.", lasting=False)
        made = Conversation(self.endpoint)
        try:
            await made.begin()
        except UnusableError:
            self._fail()
            raise
        self._away_since, self._pause = None, PAUSE
        return made

    def _fail(self) -> None:
        now = monotonic()
        if self._away_since is None:
            self._away_since = now
        if now >= self._next:
            self._next = now + self._pause
            self._pause = min(2 * self._pause, LONGEST_PAUSE)

    @property
    def gone(self) -> bool:
        """Whether it has been away for so long that somebody should look."""
        return self._away_since is not None and monotonic() - self._away_since > AWAY_SECONDS

    async def close(self) -> None:
        """Says goodbye to those that nobody uses."""
        await asyncio.gather(*(each.end() for each in self._idle))
        self._idle.clear()


async def _alive(conversation: Conversation) -> bool:
    """Whether a kept conversation still answers; servers end idle ones without a word."""
    if conversation.fresh:
        return True
    try:
        await conversation.probe()
    except BrokenError:
        return False
    return conversation.usable
