"""How long bodies may take to arrive: one look at all that are under way, since a timer for each costs too much."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Any

#: Seconds between looks, by which a body may be late.
PAUSE = 0.5


class Patience:
    """The tasks that wait for a body, each until a moment of its own."""

    def __init__(self) -> None:
        self._until: dict[asyncio.Task[Any], float] = {}
        self._given_up: set[asyncio.Task[Any]] = set()
        #: The loop that looks; None while nobody waits.
        self._loop: asyncio.AbstractEventLoop | None = None

    def wait(self, seconds: float) -> None:
        """From now on this task is cancelled after `seconds`, whatever was said before."""
        task = asyncio.current_task()
        assert task is not None
        self._until[task] = monotonic() + seconds
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop = loop
            loop.call_later(PAUSE, self._look)

    def end(self) -> bool:
        """This task waits no longer; whether it was cancelled for that, which is undone."""
        task = asyncio.current_task()
        assert task is not None
        self._until.pop(task, None)
        if task not in self._given_up:
            return False
        self._given_up.remove(task)
        task.uncancel()
        return True

    def _look(self) -> None:
        now = monotonic()
        for task in [task for task, until in self._until.items() if until < now]:
            del self._until[task]
            self._given_up.add(task)
            task.cancel()
        if self._until and self._loop is not None:
            self._loop.call_later(PAUSE, self._look)
        else:
            self._loop = None
