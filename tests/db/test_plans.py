"""The hot path looks up by index, as the application role, inside a tenant's scope, among many rows.

Under row-level security only leakproof operators on plain columns use an index (decision 6). PostgreSQL itself counts
how often it read a table from one end to the other, also inside functions.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
import pytest

from rapport.db import plans, tenancy
from rapport.db.queries import STATEMENTS, statement
from rapport.db.write import Actor
from rapport.groups.submission import Once
from rapport.ingest.store import Store
from rapport.ingest.submission import Queued
from rapport.ingest.writer import Writer
from rapport.tenants import functions, registry
from tests.conftest import django_on
from tests.ingest.serving import until
from tests.records.shelves import DEFAULTS

if TYPE_CHECKING:
    from tests.conftest import Database

ROWS = 20_000
APP = UUID(int=7)
FILL = """
insert into accounts (tenant_id, id, name, version, created_at, updated_at)
select %(tenant)s, md5('a' || n)::uuid, 'account ' || n, 1, now(), now() from generate_series(1, %(rows)s / 10) n;
insert into account_keys (tenant_id, key, account_id, is_alias)
select tenant_id, name, id, false from accounts where tenant_id = %(tenant)s;
insert into contacts (tenant_id, id, email, account_id, version, created_at, updated_at)
select %(tenant)s, md5('c' || n)::uuid, 'c' || n || '@example.com', md5('a' || 1 + n %% (%(rows)s / 10))::uuid, 1,
       now(), now()
from generate_series(1, %(rows)s) n;
insert into contact_keys (tenant_id, key, contact_id)
select tenant_id, 'e:' || email, id from contacts where tenant_id = %(tenant)s;
insert into idempotency_keys (tenant_id, actor_id, key, fingerprint, receipt)
select %(tenant)s, %(app)s, 'key ' || n, '\\x00', '{}' from generate_series(1, %(rows)s) n;
insert into connected_apps (tenant_id, id, name, client_id, scopes)
select %(tenant)s, md5('app' || n)::uuid, 'app', 'client ' || n, '{}' from generate_series(1, %(rows)s / 10) n;
insert into access_tokens (tenant_id, hash, app_id, scopes, issued_at, expires_at)
select %(tenant)s, sha256(('t' || n)::bytea), md5('app' || 1 + n %% (%(rows)s / 10))::uuid, '{records:write}',
       now(), now() + interval '1 hour'
from generate_series(1, %(rows)s) n;
insert into configurations (tenant_id, id, reference, name, kind, data_type, mapping)
select %(tenant)s, md5('f' || n)::uuid, 'reference ' || n, 'name ' || n, 'api', 'contact', '[]'
from generate_series(1, %(rows)s / 10) n;
insert into webhooks (tenant_id, id, public_id, configuration_id, user_name, hash)
select %(tenant)s, md5('w' || n)::uuid, 'rh ' || n, md5('f' || n)::uuid, 'u', '\\x00'
from generate_series(1, %(rows)s / 10) n;
insert into changes (tenant_id, seq, at, object_type, object_id, version, kind, diff, actor_type, request_id)
select %(tenant)s, n, now(), 'contact', md5('c' || n)::uuid, 1, 'created', '{}', 'app', 'r'
from generate_series(1, %(rows)s) n;
update tenant_heads set seq = %(rows)s where tenant_id = %(tenant)s;
"""
#: Tables that a tenant fills; the rest has a handful of rows.
LARGE = (
    "access_tokens", "account_keys", "accounts", "changes", "configurations", "connected_apps", "contact_keys",
    "contacts", "idempotency_keys", "webhooks",
)  # fmt: skip
RECORDS = {
    "contact": [
        {"Email": "c77@example.com", "First Name": "Ada", "Account Name": "account 5"},
        {"Email": "C78@Example.com", "Phone": "12345"},
        {"Email": "new@example.com", "Phone": "12345", "Account Name": "New account"},
        {"Phone": "54321"},
    ],
    "account": [{"Account Name": "account 6", "Industry": "Anvils"}, {"Account Name": "Newer account"}],
}


@pytest.fixture(scope="module")
def stocked(copy: Callable[[], Database]) -> tuple[Database, int]:
    """A database with two tenants that have many rows each, and the id of the second."""
    made = copy()
    with django_on(made):
        tenants = [registry.create(slug).pk for slug in ("one", "two")]
    for tenant in tenants:
        with psycopg.connect(made.app) as app:
            app.execute(f"set local rapport.tenant_id = '{tenant}'")
            psycopg.ClientCursor(app).execute(FILL, {"tenant": tenant, "rows": ROWS, "app": APP})
    with psycopg.connect(made.owner, autocommit=True) as owner:
        owner.execute("vacuum analyze")
    return made, tenants[1]


def counters(database: Database) -> dict[str, tuple[int, int, int]]:
    """Table -> sequential scans, index scans, rows fetched by index, all since the database was made."""
    with psycopg.connect(database.app, autocommit=True) as app:
        sql = "select relname, seq_scan, coalesce(idx_scan, 0), coalesce(idx_tup_fetch, 0) from pg_stat_user_tables"
        return {name: (scans, lookups, rows) for name, scans, lookups, rows in app.execute(sql)}


def used(database: Database, act: Callable[[Store], Any]) -> dict[str, tuple[int, int, int]]:
    """What `counters` went up by while `act` worked with a store of its own."""

    async def run() -> None:
        store = Store(database.settings, 2)
        try:
            await act(store)
        finally:
            store.close()

    before = counters(database)
    asyncio.run(run())
    until(lambda: counters(database) != before, "the closed connections have handed in their figures")
    after = counters(database)
    return {table: tuple(map(int.__sub__, after[table], before[table])) for table in after}


@pytest.fixture(params=["as ingest plans", "with the planner's own choice"])
def settings(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, stocked: tuple[Database, int]
) -> Iterator[tuple[str, ...]]:
    """The tables that must not be scanned with the settings that ingest's statements are planned with."""
    if request.param == "as ingest plans":
        yield ()
        return
    monkeypatch.setattr(plans, "LOCAL", "select")
    with psycopg.connect(stocked[0].owner, autocommit=True) as owner:
        for name in plans.FUNCTIONS:
            owner.execute(f"alter function {name} reset all")
        yield LARGE
        functions.plan(owner)


def assert_looked_up(figures: dict[str, tuple[int, int, int]], large: tuple[str, ...], *tables: str) -> None:
    scanned = {table: figures[table] for table in large or figures if figures[table][0]}
    assert scanned == {}
    for table in {*tables} & {*large} if large else tables:
        _, lookups, rows = figures[table]
        assert lookups > 0, table
        assert rows < 50, table


@pytest.mark.parametrize(
    ("name", "argument", "tables"),
    [
        ("find_token", sha256(b"t77").digest(), ["access_tokens", "connected_apps"]),
        ("find_configuration", "reference 77", ["configurations"]),
        ("find_webhook", "rh 77", ["webhooks", "configurations"]),
    ],
)
def test_what_requests_ask_for(
    stocked: tuple[Database, int], settings: tuple[str, ...], name: str, argument: Any, tables: list[str]
) -> None:
    database, tenant = stocked

    async def look_up(store: Store) -> None:
        assert await store.fetchrow(tenant, statement(name), argument) is not None

    assert_looked_up(used(database, look_up), settings, *tables)


def test_what_the_writer_reads_and_writes(stocked: tuple[Database, int], settings: tuple[str, ...]) -> None:
    database, tenant = stocked

    def submission(data_type: str, record: dict[str, str], number: int) -> Queued:
        return Queued(
            actor=Actor("app", APP),
            request_id="r",
            configuration_id=None,
            type=DEFAULTS[data_type].type,
            records=[DEFAULTS[data_type].prepare(record)],
            keep_sent=True,
            once=Once(f"{len(settings)} new {number}", b"x"),
            answer=lambda _: [b"{}"],
        )

    async def write(store: Store) -> None:
        writer = Writer(store, store, 1)
        for data_type, records in RECORDS.items():
            queued = [writer.submit(tenant, submission(data_type, each, n)) for n, each in enumerate(records)]
            assert {result.status for result in await asyncio.gather(*queued)} == {200}
        await writer.drain()

    tables = ("contacts", "contact_keys", "accounts", "account_keys", "idempotency_keys", "tenant_heads")
    assert_looked_up(used(database, write), settings, *tables)


@pytest.mark.parametrize("name", sorted(STATEMENTS))
def test_no_statement_needs_a_scan_with_the_plan_that_ingest_makes_once(
    stocked: tuple[Database, int], name: str
) -> None:
    database, tenant = stocked
    with psycopg.connect(database.app, autocommit=True) as app:
        app.execute("; ".join((*tenancy.scope(tenant), plans.LOCAL)))
        plan = "\n".join(line for (line,) in app.execute(f"explain (generic_plan) {STATEMENTS[name]}", prepare=False))
    assert "Seq Scan" not in plan, plan
