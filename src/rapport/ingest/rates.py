"""The rate of a Connected App, in records per second, shared by all workers (`contract.md` "Records", 429).

Each worker leases small slices of a second's quota and hands them out from memory, so that no row is touched per
request. A slice is worth nothing once its second is over. A worker that has used little so far leases little: what
the others cannot have is a twentieth of the rate at most, and never more than it has used already.
"""

from __future__ import annotations

import asyncio
from math import ceil
from time import monotonic

from rapport.db.queries import statement
from rapport.ingest.auth import Grant
from rapport.ingest.http import Refusal, Request
from rapport.ingest.store import Store

#: Leases of one worker in a second, about; a slice is this part of the rate.
SLICES = 20
#: Connected Apps whose quota a worker remembers.
APPS_LIMIT = 10_000
_LEASE = statement("lease_rate")


class Quota:
    """What one worker may still let through for one Connected App in the second under way."""

    __slots__ = ("held", "leasing", "room", "until", "used")

    def __init__(self) -> None:
        self.leasing = asyncio.Lock()
        #: Records leased and not used.
        self.held = 0
        #: Records used in this second.
        self.used = 0
        #: Records that nobody had leased at the last look.
        self.room = 1
        #: When the second is over, by the monotonic clock.
        self.until = 0.0


class Rates:
    """Counts the records of Connected Apps that have a rate."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._quotas: dict[tuple[int, bytes], Quota] = {}

    async def take(self, request: Request, grant: Grant) -> None:
        """Count a request, before its body, and tell its answer what is left. Raises `Refusal` 429, `Unavailable`."""
        await self._take(request, grant, 1, owed=False)

    async def owe(self, request: Request, grant: Grant, records: int) -> None:
        """Count what a request holds besides its first record; it passes, and the next seconds pay for it.

        Raises `Unavailable`.
        """
        if records > 0:
            await self._take(request, grant, records, owed=True)

    async def _take(self, request: Request, grant: Grant, records: int, *, owed: bool) -> None:
        rate = grant.rate
        if rate is None:
            return
        quota = self._quota(grant)
        if quota.until <= monotonic() or quota.held < records:
            async with quota.leasing:
                await self._lease(quota, grant, rate, records, owed)
        passed = quota.held >= records
        if passed:
            quota.held -= records
            quota.used += records
        seconds = max(1, ceil(quota.until - monotonic()))
        left = quota.held + quota.room if passed else 0
        request.extra = [
            (b"ratelimit-policy", f'"default";q={rate};w=1'.encode()),
            (b"ratelimit", f'"default";r={left};t={seconds}'.encode()),
        ]
        if not passed:
            message = f"The Connected App may send no more than {rate} records a second."
            raise Refusal(429, message, [(b"retry-after", str(seconds).encode())])

    def _quota(self, grant: Grant) -> Quota:
        key = (grant.tenant, grant.app_id.bytes)
        quota = self._quotas.get(key)
        if quota is None:
            while len(self._quotas) >= APPS_LIMIT:
                del self._quotas[next(iter(self._quotas))]
            quota = self._quotas[key] = Quota()
        return quota

    async def _lease(self, quota: Quota, grant: Grant, rate: int, records: int, owed: bool) -> None:
        """Get more, unless somebody else just has, or nobody can have more before the second is over."""
        if quota.until <= monotonic():
            quota.held = quota.used = 0
        elif quota.held >= records or not (quota.room or owed):
            return
        need = records - quota.held
        want = max(need, min(quota.used, rate // SLICES))
        row = await self._store.fetchrow(grant.tenant, _LEASE, grant.app_id, rate, need, want, owed)
        quota.held += row["granted"]
        quota.room = row["room"]
        quota.until = monotonic() + row["seconds"]
