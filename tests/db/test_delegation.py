"""Functions run on their tenant's node where the database has several (Citus), so they hold only what can run there.

It reads their text. What Citus refuses is in `multi_router_planner.c`; the rules here are a little stricter.
"""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import psycopg
import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

import rapport
from rapport.db import tenancy
from rapport.db.queries import STATEMENTS
from rapport.directory import follower
from rapport.tenants import distribution
from tests.cast import new_tenant
from tests.directory.feed import feed

if TYPE_CHECKING:
    from tests.conftest import Database

SOURCES = Path(rapport.__file__).parent
BODY = re.compile(r"^create function (\w+)\(.*?\bas \$\$(.*?)\$\$;", re.MULTILINE | re.DOTALL)
BODIES = {
    name: re.sub(r"--.*", "", body)
    for file in resources.files("rapport.db").joinpath("functions").iterdir()
    for name, body in BODY.findall(file.read_text(encoding="utf-8"))
}
CALLED = re.compile(r"\b(\w+_\d+)\(")
#: What writers of this version call, and what that calls.
TODAY = sorted(
    {name for text in (*STATEMENTS.values(), tenancy.lock(1, alone=True)) for name in CALLED.findall(text)}
    | {"guard_1"}
)
OWN_TENANT = "perform set_config('rapport.tenant_id', tenant::text, true)"
#: In UPDATE and in what follows a conflict.
CLOCKS = re.compile(r"\binterval\b|\bcurrent_(date|time|timestamp)\b")


def faults(body: str, mutable: frozenset[str]) -> list[str]:
    """What keeps a function from running on its tenant's node; `mutable` are functions that are not immutable."""
    tables = {model._meta.db_table for model in apps.get_models()}
    found = []
    _, begun, block = body.partition("begin")
    statements = [part.strip() for part in (block if begun else body).split(";")]
    touching = [part for part in statements if tables & named(part)]
    if touching and statements[0] != OWN_TENANT:
        found.append("its tenant is not set first")
    for statement in touching:
        found += [f"{table} is on the coordinator" for table in (tables & named(statement)) - distribution.tables()]
        if {*re.findall(r"tenant_id = ([\w.]+)", statement)} - {"tenant", "k.tenant_id", "c.tenant_id"}:
            found.append("another tenant is named")
        if not re.search(r"tenant_id = (\(select )?tenant\b|select tenant,|values \(tenant,", statement):
            found.append("a statement names no tenant")
        changing = re.search(r"\bupdate\s+(?:set\b|\w+ ).*", statement, re.DOTALL)
        if changing and not re.search(r"for update$", statement):
            called = {*re.findall(r"\b(\w+)\(", changing[0])} & mutable
            found += [f"{name} is not immutable" for name in sorted(called)]
            found += [f"{clock[0]} is not immutable" for clock in CLOCKS.finditer(changing[0])]
    return found


def named(statement: str) -> set[str]:
    """What may be tables in a statement."""
    return {*re.findall(r"\b(?:from|join|into|update|using)\s+(\w+)", statement)}


@pytest.fixture(scope="module")
def mutable(database: Database) -> frozenset[str]:
    """Names of functions that may answer differently to the same question."""
    with psycopg.connect(database.app) as app:
        return frozenset(name for (name,) in app.execute("select proname from pg_proc where provolatile <> 'i'"))


@pytest.mark.parametrize("name", TODAY)
def test_it_can_be_delegated(name: str, mutable: frozenset[str]) -> None:
    assert faults(BODIES[name], mutable) == []


@pytest.mark.parametrize(
    ("name", "reasons"),
    [
        ("write_group_1", ["interval is not immutable"]),
        ("lease_rate_1", ["its tenant is not set first"]),
        ("note_headings_1", ["its tenant is not set first"]),
    ],
)
def test_those_of_versions_before_could_not(name: str, reasons: list[str], mutable: frozenset[str]) -> None:
    assert faults(BODIES[name], mutable) == reasons


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("insert into contacts (tenant_id) select tenant, t.id from tenants t", "tenants is on the coordinator"),
        ("delete from contacts c where c.tenant_id = other", "another tenant is named"),
        ("delete from contacts", "a statement names no tenant"),
        ("update contacts set updated_at = now() where tenant_id = tenant", "now is not immutable"),
        (
            "insert into search_heads (tenant_id, seq) values (tenant, 0)"
            " on conflict (tenant_id) do update set seq = random()",
            "random is not immutable",
        ),
    ],
)
def test_what_could_not_be_delegated_is_found(statement: str, reason: str, mutable: frozenset[str]) -> None:
    assert reason in faults(f"begin {OWN_TENANT}; {statement}; end", mutable)


def test_all_that_migrate_distributes_is_read_here() -> None:
    assert sorted(BODIES) == distribution.functions()
    assert set(TODAY) <= set(BODIES)


@pytest.mark.parametrize("name", sorted(STATEMENTS))
def test_a_statement_by_itself_leaves_to_functions_what_must_happen_on_the_node(name: str) -> None:
    text = re.sub(r"--.*", "", STATEMENTS[name])
    assert not re.search("set_config|advisory", text), "it would happen on the coordinator"
    assert "on conflict" in text or not re.search(r"\binsert\b.*\bselect\b", text, re.DOTALL), "it becomes a COPY"
    tables = {model._meta.db_table for model in apps.get_models()} & named(text)
    assert not tables - distribution.tables() or not tables & distribution.tables(), "it joins across nodes"


def test_nobody_sets_or_locks_in_a_statement_of_their_own() -> None:
    """Editors of configurations, checks of files and migrations meet where they all come: on the coordinator."""
    found = {
        str(source.relative_to(SOURCES))
        for source in SOURCES.rglob("*.py")
        if re.search(r"set_config\(|advisory", source.read_text(encoding="utf-8"))
    }
    known = {"configurations/locks.py", "db/plans.py", "db/tenancy.py", "imports/checking.py", "tenants/bootstrap.py"}
    assert found == known


def test_no_query_takes_its_tenant_from_another_row() -> None:
    """Citus finds the node by a constant, in sub-selects as well."""
    sources = {source: source.read_text(encoding="utf-8") for source in SOURCES.rglob("*.py")}
    assert not [source for source, text in sources.items() if re.search(r'(OuterRef|F)\("tenant_id"\)', text)]


def test_many_rows_are_never_written_by_copy(database: Database) -> None:
    """What selects from arrays and has no conflicts to look for becomes a COPY, which row-level security forbids."""
    with CaptureQueriesContext(connection) as captured:
        tenant = new_tenant()
        feed(database.settings, tenant.pk, UUID(int=7), {"Email": "ada@example.com"}, {"Email": "bob@example.com"})
        assert follower.step(tenant.pk)
    queries = [query["sql"].lower() for query in captured.captured_queries] + list(STATEMENTS.values())
    many = [query for query in queries if re.search(r"\binsert into [^;]*\bunnest\b", query)]
    assert any("insert into search_tokens" in insert for insert in many)
    assert all("on conflict" in insert for insert in many)
