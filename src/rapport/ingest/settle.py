"""A write whose answer got lost: look what became of it before telling the caller."""

from __future__ import annotations

import asyncio
import logging
from time import monotonic

from rapport.db import plans, tenancy
from rapport.db.queries import statement
from rapport.groups.group import Group
from rapport.ingest.http import Unavailable
from rapport.ingest.store import AWAY, Store

log = logging.getLogger("rapport.ingest")

PATIENCE_SECONDS = 30.0
PAUSE_SECONDS = 0.2
_FIND_REQUEST = statement("find_request")


class InDoubt(Exception):
    """The connection was lost before the write was answered."""

    def __init__(self, group: Group) -> None:
        super().__init__()
        #: What may have been committed.
        self.group = group


async def was_written(store: Store, tenant: int, group: Group) -> bool:
    """Whether the group was committed: then its first record is in the history.

    Waits for the database to come back, and for writers still at work there. Raises `Unavailable`, in words
    that do not claim to know, when it stays away.
    """
    until = monotonic() + PATIENCE_SECONDS
    while monotonic() < until:
        try:
            async with store.session() as session:
                await session.run(*tenancy.alone(tenant), plans.LOCAL)
                [(written,)] = await session.fetch(_FIND_REQUEST, tenant, group.moment, group.first)
                await session.run("commit")
        except (Unavailable, *AWAY):
            await asyncio.sleep(PAUSE_SECONDS)
            continue
        log.warning("a write without an answer turned out to be %s", "there" if written else "undone")
        return bool(written)
    raise Unavailable("The store went away during the commit; it is not known whether it was written.")
