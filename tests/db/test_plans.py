"""The hot path looks up by index, as the application role, inside a tenant's scope, among many rows.

Under row-level security only leakproof operators on plain columns use an index (decision 6).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from rapport.db import tenancy
from rapport.db.queries import STATEMENTS
from rapport.ingest.store import SESSION
from rapport.tenants import registry
from tests.conftest import django_on

if TYPE_CHECKING:
    from tests.conftest import Database

ROWS = 20_000
FILL = """
insert into accounts (tenant_id, id, name, version, created_at, updated_at)
select %(tenant)s, md5('a' || n)::uuid, 'account ' || n, 1, now(), now() from generate_series(1, %(rows)s / 10) n;
insert into account_keys select tenant_id, name, id, false from accounts where tenant_id = %(tenant)s;
insert into contacts (tenant_id, id, email, account_id, version, created_at, updated_at)
select %(tenant)s, md5('c' || n)::uuid, 'c' || n || '@example.com', md5('a' || 1 + n %% (%(rows)s / 10))::uuid, 1,
       now(), now()
from generate_series(1, %(rows)s) n;
insert into contact_keys select tenant_id, 'e:' || email, id from contacts where tenant_id = %(tenant)s;
insert into idempotency_keys
select %(tenant)s, md5('app')::uuid, 'key ' || n, '\\x00', '{}', now() from generate_series(1, %(rows)s) n;
insert into connected_apps (tenant_id, id, name, client_id, scopes)
select %(tenant)s, md5('app' || n)::uuid, 'app', 'client ' || n, '{}' from generate_series(1, %(rows)s / 10) n;
insert into access_tokens
select %(tenant)s, decode(md5('t' || n), 'hex'), md5('app' || 1 + n %% (%(rows)s / 10))::uuid, '{records:write}',
       now(), now() + interval '1 hour'
from generate_series(1, %(rows)s) n;
insert into configurations (tenant_id, id, reference, name, kind, data_type, mapping)
select %(tenant)s, md5('f' || n)::uuid, 'reference ' || n, 'x', 'api', 'contact', '[]'
from generate_series(1, %(rows)s / 10) n;
"""

#: Look-ups of the hot path: statement -> arguments behind the tenant, and the indexes that it must go through.
LOOK_UPS: dict[str, tuple[str, set[str]]] = {
    "read_contacts": (
        "array['e:c77@example.com', 'p:12345', 'e:nobody@example.com']",
        {"contact_keys_pkey", "contacts_pkey", "accounts_pkey"},
    ),
    "read_accounts": ("array['account 77', 'nobody']", {"account_keys_pkey", "accounts_pkey"}),
    "read_answers": ("array[md5('app')::uuid], array['key 77']", {"idempotency_keys_pkey"}),
    "find_token": ("decode(md5('t77'), 'hex')", {"access_tokens_pkey", "connected_apps_pkey"}),
    "find_configuration": ("'reference 77'", {"configurations_reference"}),
}
#: Statements that write -> the rows that they are handed, as an array, and where it goes among the arguments.
WRITES: dict[str, tuple[str, str, set[str]]] = {
    "update_accounts": (
        "select row(id, name, manager, manager_email, parent_account, industry, company_size, region, number,"
        " attributes, 2, 1)::account_write from accounts limit 20",
        "now(), {rows}::account_write[]",
        {"accounts_pkey"},
    ),
    "write_changes": (
        "select row(id, email, phone, first_name, last_name, job_title, job_level, language, account_id, attributes,"
        " 2, 1)::contact_write from contacts limit 20",
        "now(), {rows}::contact_write[], 20, '{{}}'::request_write[], '{{}}'::change_write[]",
        {"contacts_pkey", "tenant_heads_pkey"},
    ),
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
            psycopg.ClientCursor(app).execute(FILL, {"tenant": tenant, "rows": ROWS})
    with psycopg.connect(made.owner, autocommit=True) as owner:
        owner.execute("vacuum analyze")
    return made, tenants[1]


@pytest.fixture(params=["as ingest connects", "with the planner's own choice"])
def scope(request: pytest.FixtureRequest, stocked: tuple[Database, int]) -> Iterator[tuple[psycopg.Connection, int]]:
    """The application role inside the second tenant's scope."""
    database, tenant = stocked
    with psycopg.connect(database.app, autocommit=True) as app:
        if request.param == "as ingest connects":
            for name, value in SESSION.items():
                app.execute(f"set {name} = '{value}'")
        app.execute(tenancy.begin(tenant))
        yield app, tenant
        app.execute("rollback")


def explain(scope: tuple[psycopg.Connection, int], name: str, arguments: str) -> list[dict[str, Any]]:
    """Every node of a statement's plan; the statement is run."""
    app, tenant = scope
    app.execute(f"prepare it as {STATEMENTS[name]}")
    (plans,) = app.execute(f"explain (analyze, format json) execute it({tenant}, {arguments})").fetchone()
    found = [plans[0]["Plan"]] if isinstance(plans, list) else [json.loads(plans)[0]["Plan"]]
    for node in found:
        found += node.get("Plans", [])
    app.execute("deallocate it")
    return found


@pytest.mark.parametrize("name", LOOK_UPS)
def test_a_look_up_reads_only_what_it_finds(scope: tuple[psycopg.Connection, int], name: str) -> None:
    arguments, indexes = LOOK_UPS[name]
    nodes = [node for node in explain(scope, name, arguments) if node.get("Relation Name") != "tenants"]
    assert scanned(nodes) == []
    assert {node["Index Name"] for node in nodes if "Index Name" in node} == indexes
    assert max(node["Actual Rows"] for node in nodes) <= 3
    assert max(node.get("Rows Removed by Filter", 0) for node in nodes) == 0
    assert all("tenant_id" in node["Index Cond"] for node in nodes if "Index Name" in node)


@pytest.mark.parametrize("name", WRITES)
def test_a_write_finds_its_rows_by_their_key(scope: tuple[psycopg.Connection, int], name: str) -> None:
    rows, arguments, indexes = WRITES[name]
    (literal,) = scope[0].execute(f"select quote_literal(array({rows})::text)").fetchone()
    nodes = explain(scope, name, arguments.format(rows=literal))
    assert [table for table in scanned(nodes) if table != "tenant_heads"] == [], "that table has two rows"
    written = [node for node in nodes if node["Node Type"] == "Index Scan" and node["Index Name"] in indexes]
    assert {node["Index Name"] for node in written} >= indexes - {"tenant_heads_pkey"}
    assert sum(node["Actual Loops"] for node in written) >= 20


@pytest.mark.parametrize("name", sorted(STATEMENTS))
def test_no_statement_needs_a_scan_with_the_plan_that_ingest_makes_once(
    stocked: tuple[Database, int], name: str
) -> None:
    database, tenant = stocked
    with psycopg.connect(database.app, autocommit=True) as app:
        for setting, value in SESSION.items():
            app.execute(f"set {setting} = '{value}'")
        app.execute(tenancy.begin(tenant))
        plan = "\n".join(line for (line,) in app.execute(f"explain (generic_plan) {STATEMENTS[name]}", prepare=False))
    assert "Seq Scan" not in plan, plan
    assert "One-Time Filter: false" not in plan


def scanned(nodes: list[dict[str, Any]]) -> list[str]:
    """The tables that a plan reads from one end to the other."""
    return [node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"]
