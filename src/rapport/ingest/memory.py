"""Gives memory back that a large request has left: the C library keeps it, in pieces, for the next one."""

from __future__ import annotations

import asyncio
import ctypes
import gc
from collections.abc import Callable

from rapport.ingest.turns import Turns

#: Bytes of a request from which on it is large.
LARGE = 1024 * 1024
#: How long it may lie there: what was sent is still counted for a moment, and what follows at once can use it.
PAUSE_SECONDS = 5.0


class Memory:
    """Calls `malloc_trim` behind large requests, five seconds after the last of them; only GNU's C library has it.

    Amid large requests it would take 100 to 300 ms, and give back what the next one takes again.
    """

    def __init__(self) -> None:
        self._trim: Callable[[int], int] | None = getattr(ctypes.CDLL(None), "malloc_trim", None)
        self._due: asyncio.TimerHandle | None = None

    def used(self, size: int) -> None:
        """A request of so many bytes was answered."""
        if size >= LARGE and self._due is None:
            self._wait()

    def _wait(self) -> None:
        self._due = asyncio.get_running_loop().call_later(PAUSE_SECONDS, self._give_back)

    def _give_back(self) -> None:
        if asyncio.get_running_loop().time() - Turns.last < PAUSE_SECONDS:
            self._wait()
            return
        self._due = None
        gc.collect()
        if self._trim:
            self._trim(0)
