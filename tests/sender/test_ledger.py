"""What a sender does at once with the database."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import psycopg

from rapport.sender.ledger import Lane, Ledger

if TYPE_CHECKING:
    from tests.conftest import Database

LOCK = 23


def test_a_lease_is_renewed_while_a_step_and_the_upkeep_wait(database: Database) -> None:
    async def renewed(owner: psycopg.Connection) -> list[bool]:
        ledger = Ledger(database.settings)
        try:
            waiting = [
                asyncio.create_task(ledger.fetch("select pg_advisory_xact_lock($1)", LOCK, lane=lane))
                for lane in (Lane.STEPS, Lane.UPKEEP)
            ]
            await asyncio.sleep(0)  # both have begun
            async with asyncio.timeout(30):
                await ledger.fetch("select 1", lane=Lane.LEASES)
            still = [not each.done() for each in waiting]
            owner.execute("select pg_advisory_unlock(%s)", [LOCK])
            await asyncio.gather(*waiting)
            return still
        finally:
            ledger.close()

    with psycopg.connect(database.owner, autocommit=True) as owner:
        owner.execute("select pg_advisory_lock(%s)", [LOCK])
        assert asyncio.run(renewed(owner)) == [True, True]
