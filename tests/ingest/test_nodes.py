"""What ingest does otherwise on a database with Citus (`tests.nodes`)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from rapport.db import tenancy
from rapport.ingest.store import Session, Store, opening
from tests.nodes import pretend

if TYPE_CHECKING:
    from tests.conftest import Database


@pytest.mark.parametrize(("nodes", "mode"), [(False, "force_generic_plan"), (True, "auto")])
def test_plans_are_made_once_but_on_nodes(fresh_database: Database, server: str, nodes: bool, mode: str) -> None:
    if nodes:
        pretend(fresh_database, server)

    async def modes() -> tuple[str, str]:
        store = Store(fresh_database.settings, 1)
        sql = "select current_setting('plan_cache_mode'), current_setting('enable_seqscan') where $1::integer = 1"
        found = await store.fetchrow(1, sql)
        store.close()
        return tuple(found)

    assert asyncio.run(modes()) == (mode, "off")


def test_the_tenant_is_set_by_a_query_of_its_own() -> None:
    """Citus passes on the whole query that a `set local` stands in: a `begin` would begin there again."""
    sent: list[str] = []

    class Connection:
        async def execute(self, sql: str) -> None:
            sent.append(sql)

    asyncio.run(Session(Connection()).run(*tenancy.alone(7)))
    assert sent == ["begin", "set local rapport.tenant_id = '7'", "select lock_writers_1(7, true)"]


def test_a_look_up_opens_its_transaction_in_two_round_trips() -> None:
    *first, scope = opening(7)
    assert (len(first), scope) == (1, "set local rapport.tenant_id = '7'")
