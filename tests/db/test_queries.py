"""Every named statement prepares against the migrated schema as the application role, and somebody asks for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

import rapport
from rapport.db import queries
from rapport.db.queries import STATEMENTS, statement

if TYPE_CHECKING:
    from tests.conftest import Database

FOLDER = Path(queries.__file__).parent / "queries"
SOURCES = Path(rapport.__file__).parent
#: A call of a function of ours, which has its version in its name, and what it gets first.
OURS = re.compile(r"\b([a-z_]+_\d+)\((\$?\w+)")
#: About the queue and about sessions, which have no tenant.
WITHOUT_TENANT = {"put_back_jobs", "count_jobs", "end_unread_sessions"}


@pytest.fixture
def app(database: Database) -> Iterator[psycopg.Connection]:
    """The application role, without a tenant."""
    with psycopg.connect(database.app, autocommit=True) as connection:
        yield connection


@pytest.mark.parametrize("name", STATEMENTS)
def test_it_prepares(app: psycopg.Connection, name: str) -> None:
    app.execute(f"prepare it as {STATEMENTS[name]}")
    (types,) = app.execute("select parameter_types::text[] from pg_prepared_statements where name = 'it'").fetchone()
    wanted = {int(number) for number in re.findall(r"\$(\d+)", STATEMENTS[name])}
    assert wanted == set(range(1, len(types) + 1)), "no parameter is left out"
    assert name in WITHOUT_TENANT or types[0] == "integer", "the first is the tenant"


@pytest.mark.parametrize("name", STATEMENTS)
def test_its_comment_says_what_it_is_for(name: str) -> None:
    lines = STATEMENTS[name].splitlines()
    assert lines[0].startswith("-- ")
    sql = [line for line in lines if not line.startswith("--")]
    assert sql
    assert ";" not in "".join(sql), "one statement each: the driver prepares it"


@pytest.mark.parametrize("name", [name for name in STATEMENTS if name not in WITHOUT_TENANT])
def test_every_table_is_narrowed_to_the_tenant(server: str, database: Database, name: str) -> None:
    """Row-level security would do it; the query does it as well (decision 6).

    Asked of the planner, as a superuser, to whom no policy applies.
    """
    with psycopg.connect(server, dbname=database.name) as superuser:
        ((plan,),) = superuser.execute(f"explain (generic_plan, verbose, format json) {STATEMENTS[name]}").fetchall()
    narrowed = [each for node in nodes(plan[0]["Plan"]) for each in tables(node)]
    assert narrowed
    assert [table for table, whether in narrowed if not whether] == []


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A node of a plan and all below it."""
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


def tables(node: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    """The table that a node reads, adds to or has a function of ours see to, and whether it is narrowed to $1."""
    if node.get("Operation") == "Insert":
        [added] = (each for each in node["Plans"] if each["Parent Relationship"] == "Outer")  # beside it are its CTEs
        yield node["Relation Name"], added["Output"][0].strip("()") == "$1"
    elif "Relation Name" in node and node["Node Type"] != "ModifyTable":  # what is changed is read below
        column = "id" if node["Relation Name"] == "tenants" else "tenant_id"
        conditions = " ".join(str(node.get(name)) for name in ("Index Cond", "Recheck Cond", "Filter"))
        yield node["Relation Name"], f"{node['Alias']}.{column} = $1)" in conditions
    for function, first in OURS.findall(f"{node.get('Function Call')} {node.get('Output')}"):
        yield function, first == "$1"


def test_every_statement_is_asked_for() -> None:
    asked = {
        name
        for source in SOURCES.rglob("*.py")
        for name in re.findall(r'statement\("(\w+)"\)', source.read_text(encoding="utf-8"))
    }
    assert asked == set(STATEMENTS)


def test_every_line_of_every_file_belongs_to_a_statement_or_its_files_head() -> None:
    for file in FOLDER.iterdir():
        head, *rest = re.split(r"^-- \w+ --$", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert all(line.startswith("--") for line in head.splitlines() if line), file.name
        assert all(part.strip() in STATEMENTS.values() for part in rest), file.name


def test_an_unknown_name_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        statement("no_such_statement")
