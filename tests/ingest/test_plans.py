"""Keys are looked up one by one also for a large tenant among many small ones, of which the statistics speak."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from uuid_utils import uuid7

from rapport.db.write import Actor
from rapport.ingest.store import Store
from rapport.ingest.submission import Queued
from rapport.ingest.writer import Writer
from tests.cast import new_tenant
from tests.conftest import django_on
from tests.ingest.serving import PATIENCE
from tests.records.shelves import DEFAULTS

if TYPE_CHECKING:
    from tests.conftest import Database

SMALL, LARGE = 2_000, 5_000
#: One account with its contact and activity: of each small tenant, and so many of the large one.
SEED = f"""
set session_replication_role = replica;
create temp table seeds as
    select 1000 + i as tenant_id, uuidv7() as id, 'n' || i as name from generate_series(1, {SMALL}) i
    union all select %(large)s, uuidv7(), 'n' || i from generate_series(1, {LARGE}) i;
insert into accounts (tenant_id, id, name, version, created_at, updated_at)
    select tenant_id, id, name, 1, now(), now() from seeds;
insert into account_keys (tenant_id, key, account_id, is_alias) select tenant_id, name, id, false from seeds;
insert into contacts (tenant_id, id, email, account_id, version, created_at, updated_at)
    select tenant_id, id, name || '@b', id, 1, now(), now() from seeds;
insert into contact_keys (tenant_id, key, contact_id) select tenant_id, 'e:' || name || '@b', id from seeds;
insert into activities
    (tenant_id, id, reference, type, source, happened_at, account_id, version, created_at, updated_at)
    select tenant_id, id, name, 't', 's', now(), id, 1, now(), now() from seeds;
"""
RECORDS = {
    "account": {"Account Name": "n{}", "Region": "EMEA"},
    "contact": {"Email": "n{}@b", "First Name": "Ada", "Account Name": "n{}"},
    "survey": {"Email": "n{}@b"},
    "activity": {
        "Reference": "n{}", "Account Name": "n{}", "Type": "x", "Source": "y", "Happened At": "2026-01-31 14:30:00",
        "Contact": "n{}@b",
    },
}  # fmt: skip
READ = "select relname, idx_tup_fetch from pg_stat_user_tables where idx_tup_fetch > 500"


def submission(configuration: str, number: int) -> Queued:
    mapping = DEFAULTS[configuration]
    record = mapping.prepare({name: text.format(number) for name, text in RECORDS[configuration].items()})
    return Queued(
        actor=Actor("app", uuid7()),
        request_id="r",
        type=mapping.type,
        records=[record],
        keep_sent=True,
    )


@pytest.fixture
def large(fresh_database: Database, server: str) -> int:
    """A tenant that has more than all others together, and statistics that know it as one of many."""
    with django_on(fresh_database):
        tenant = new_tenant().pk
    with psycopg.connect(server, dbname=fresh_database.name, autocommit=True) as superuser:
        psycopg.ClientCursor(superuser).execute(SEED, {"large": tenant})
        superuser.execute("vacuum analyze")
    return tenant


def test_a_group_reads_what_its_keys_reach(large: int, fresh_database: Database, server: str) -> None:
    async def write() -> list[Any]:
        store = Store(fresh_database.settings, 1)
        writer = Writer(store, store, 1)
        queue = [writer.submit(large, submission(name, number)) for number in range(1, 6) for name in RECORDS]
        results = await asyncio.wait_for(asyncio.gather(*queue), PATIENCE)
        await writer.drain()
        store.close()
        return results

    assert {result.receipts[0].outcome for result in asyncio.run(write())} == {"updated", "created"}
    with psycopg.connect(server, dbname=fresh_database.name) as superuser:
        assert superuser.execute(READ).fetchall() == []
        [(updated,)] = superuser.execute("select n_tup_upd from pg_stat_user_tables where relname = 'accounts'")
    assert updated == 5
