"""The ways to the servers of all systems, each kept for as long as it is believed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from uuid import UUID

from rapport.campaigns.servers import Endpoint

from . import transport
from .transport import Transport


class Pools:
    """The conversations with the servers of all systems."""

    def __init__(
        self, endpoint: Callable[[int, UUID | None], Awaitable[tuple[Endpoint, str]]], believed: float
    ) -> None:
        """`endpoint` finds a system's server and its zone; it is believed for so many seconds."""
        self._endpoint = endpoint
        self._believed = believed
        self._pools: dict[Endpoint, Transport] = {}
        #: Server of a system -> its conversations, and until when they are believed to be its.
        self._known: dict[tuple[int, UUID | None], tuple[Transport, float]] = {}
        self._zones: dict[int, str] = {}

    def zone(self, tenant_id: int) -> str:
        """The zone of a system, a server of which was found before."""
        return self._zones[tenant_id]

    async def find(self, tenant_id: int, server: UUID | None) -> tuple[Transport, str]:
        """The conversations with a server, and the system's zone. Raises `NoServerError`, `SealedError`."""
        pool, until = self._known.get((tenant_id, server), (None, 0.0))
        if pool is None or until < monotonic():
            endpoint, self._zones[tenant_id] = await self._endpoint(tenant_id, server)
            pool = self._pools.setdefault(endpoint, transport.of(endpoint))
            self._known[tenant_id, server] = pool, monotonic() + self._believed
        return pool, self._zones[tenant_id]

    async def close(self) -> None:
        """Ends all conversations."""
        await asyncio.gather(*(pool.close() for pool in self._pools.values()))
