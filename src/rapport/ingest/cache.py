"""What the database said a moment ago: entries expire by time, and one look-up serves all who ask."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")

#: Nothing found is remembered for so long, in seconds.
NEGATIVE_SECONDS = 1.0


class Cache(Generic[Key, Value]):
    """Bounded look-ups with an expiry; an expired entry is never served (decision 10)."""

    def __init__(self, load: Callable[[Key], Awaitable[Value | None]], seconds: float, limit: int = 10_000) -> None:
        self._load = load
        self._seconds = seconds
        self._limit = limit
        self._entries: dict[Key, tuple[float, Value | None]] = {}
        self._loading: dict[Key, asyncio.Task[Value | None]] = {}

    def known(self, key: Key) -> Value | None:
        """The value of `key`, None where there is none or it has to be looked up."""
        entry = self._entries.get(key)
        return entry[1] if entry is not None and entry[0] > monotonic() else None

    async def get(self, key: Key) -> Value | None:
        """The value of `key`, None where there is none. Raises what the look-up raises."""
        entry = self._entries.get(key)
        if entry is not None and entry[0] > monotonic():
            return entry[1]
        loading = self._loading.get(key)
        if loading is None:
            loading = asyncio.get_running_loop().create_task(self._refresh(key))
            self._loading[key] = loading
        return await asyncio.shield(loading)

    async def _refresh(self, key: Key) -> Value | None:
        started = monotonic()
        try:
            value = await self._load(key)
        finally:
            del self._loading[key]
        self._entries.pop(key, None)
        while len(self._entries) >= self._limit:
            del self._entries[next(iter(self._entries))]
        kept = NEGATIVE_SECONDS if value is None else self._seconds
        self._entries[key] = (started + kept, value)
        return value
