"""A commit whose answer got lost: ask PostgreSQL what became of it before telling the caller."""

from __future__ import annotations

import asyncio
import logging
from time import monotonic

from rapport.ingest.http import Unavailable
from rapport.ingest.store import Store

log = logging.getLogger("rapport.ingest")

PATIENCE_SECONDS = 30.0
PAUSE_SECONDS = 0.2


async def was_committed(store: Store, transaction: str) -> bool:
    """Whether the transaction with that id (an `xid8` as text) is committed.

    Waits for the database to come back. Raises `Unavailable`, in words that do not claim to know,
    when it stays away.
    """
    until = monotonic() + PATIENCE_SECONDS
    while monotonic() < until:
        try:
            status = await store.fetchval("select pg_xact_status($1::text::xid8)", transaction)
        except Unavailable:
            status = "in progress"
        if status != "in progress":
            log.warning("a commit without an answer turned out to be %s", status)
            return bool(status == "committed")
        await asyncio.sleep(PAUSE_SECONDS)
    raise Unavailable("The store went away during the commit; it is not known whether it was written.")
