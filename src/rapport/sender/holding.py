"""What a sender has claimed and not settled, and the room that is left for more (law 1)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple

#: Deliveries that a sender holds at most, claimed and handed over together.
LIMIT = 50


class Claimed(NamedTuple):
    """A delivery that is ours until its claim's end."""

    id: Any
    claim: int
    tries: int


class Held:
    """The deliveries of each system that are ours."""

    def __init__(self) -> None:
        self._claims: dict[int, dict[Any, Claimed]] = {}
        self._freed = asyncio.Event()

    @property
    def free(self) -> int:
        """How many more may be claimed."""
        return LIMIT - sum(map(len, self._claims.values()))

    def tenants(self) -> list[int]:
        """Systems of which something is held."""
        return [tenant_id for tenant_id, claims in self._claims.items() if claims]

    def ids(self, tenant_id: int) -> list[Any]:
        """What is held of a system."""
        return list(self._claims.get(tenant_id, ()))

    def add(self, tenant_id: int, claims: Sequence[Claimed]) -> None:
        """These are ours now."""
        self._claims.setdefault(tenant_id, {}).update((claim.id, claim) for claim in claims)

    def release(self, tenant_id: int, claim: Claimed) -> None:
        """This claim is settled; the delivery may be ours by a later one."""
        held = self._claims[tenant_id]
        if held.get(claim.id) == claim:
            del held[claim.id]
        self._freed.set()

    def wake(self) -> None:
        """Ends the waiting."""
        self._freed.set()

    async def wait(self, seconds: float) -> None:
        """Until something is released, or was since the last time; at most so long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._freed.wait()
        self._freed.clear()
