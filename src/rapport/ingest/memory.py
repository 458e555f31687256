"""Gives memory back that a large request has left: the C library keeps it, in pieces, for the next one."""

from __future__ import annotations

import asyncio
import ctypes
import gc
from collections.abc import Callable

#: Bytes of a request from which on it is large.
LARGE = 1024 * 1024
#: How long it may lie there: what was sent is still counted for a moment, and what follows at once can use it.
PAUSE_SECONDS = 5.0


class Memory:
    """Calls `malloc_trim` behind large requests, once for all of five seconds; only GNU's C library has it."""

    def __init__(self) -> None:
        self._trim: Callable[[int], int] | None = getattr(ctypes.CDLL(None), "malloc_trim", None)
        self._due: asyncio.TimerHandle | None = None

    def used(self, size: int) -> None:
        """A request of so many bytes was answered."""
        if size >= LARGE and self._due is None:
            self._due = asyncio.get_running_loop().call_later(PAUSE_SECONDS, self._give_back)

    def _give_back(self) -> None:
        self._due = None
        gc.collect()
        if self._trim:
            self._trim(0)
