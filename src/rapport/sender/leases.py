"""A sender's leases, one for each system: who does not renew one has lost what it holds there."""

from __future__ import annotations

from time import monotonic
from typing import Any

from rapport.db.queries import statement

from .ledger import Lane, Ledger

#: Seconds of a lease, and between two renewals.
SECONDS, RENEWAL = 15, 4.0
_RENEW = statement("renew_lease")


class Leases:
    """What one sender has leased."""

    def __init__(self, ledger: Ledger, sender: Any) -> None:
        self._ledger = ledger
        self._sender = sender
        #: By the monotonic clock of before it was asked for.
        self._until: dict[int, float] = {}

    def until(self, tenant_id: int) -> float:
        """Until when a system's lease holds, by the monotonic clock; 0: there is none."""
        return self._until.get(tenant_id, 0.0)

    async def hold(self, tenant_id: int) -> bool:
        """Whether the lease holds, renewed where it soon does not. Raises `LostError`."""
        if self.until(tenant_id) < monotonic() + 1:
            await self.renew(tenant_id)
        return self.until(tenant_id) > monotonic()

    async def renew(self, tenant_id: int) -> None:
        """Asks for a lease anew. Raises `LostError`."""
        asked = monotonic()
        await self._ledger.fetch(_RENEW, tenant_id, self._sender, SECONDS, lane=Lane.LEASES)
        # A second less than the ledger's, for the way back of its answer.
        self._until[tenant_id] = asked + SECONDS - 1
