"""What `rapport doctor` says of a database with Citus (`tests.nodes`)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

import psycopg
import pytest
from click.testing import CliRunner

from rapport.cli.main import main
from rapport.tenants import bootstrap
from tests.conftest import Database, django_on
from tests.nodes import pretend


@pytest.fixture
def nodes(fresh_database: Database, server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A database with Citus, which the command finds."""
    pretend(fresh_database, server)
    for name, value in fresh_database.settings.environment().items():
        monkeypatch.setenv(name, value)
    with django_on(fresh_database):
        yield fresh_database


@pytest.fixture
def findings(nodes: Database) -> Callable[[], list[tuple[str, str, str]]]:
    """What doctor finds of nodes: state, text and advice."""

    def find() -> list[tuple[str, str, str]]:
        found = map(json.loads, CliRunner().invoke(main, ["doctor", "--json"]).stdout.splitlines())
        return [(each["state"], each["text"], each["advice"]) for each in found if each["check"] == "nodes"]

    return find


def test_what_was_not_distributed_is_told_until_it_is(
    nodes: Database, findings: Callable[[], list[tuple[str, str, str]]]
) -> None:
    [(state, text, advice)] = findings()
    assert state == "failed"
    assert re.fullmatch(
        r"Citus keeps [1-9]\d* tables and functions on the coordinator that belong on the nodes\.", text
    )
    assert advice.startswith("Run `rapport migrate`. First is: select create_distributed_table('accounts'")
    bootstrap.migrate(nodes.settings)
    assert findings() == [("ok", "Tenants are distributed by Citus; nodes that keep rows: 2.", "")]


def test_what_belongs_on_the_coordinator_is_told(
    nodes: Database, findings: Callable[[], list[tuple[str, str, str]]]
) -> None:
    bootstrap.migrate(nodes.settings)
    with psycopg.connect(nodes.owner, autocommit=True) as owner:
        owner.execute("select create_distributed_table('memberships', 'tenant_id', colocate_with := 'accounts')")
    [(state, text, _)] = findings()
    assert (state, text) == ("failed", "Citus has distributed what belongs on the coordinator: memberships.")


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        (
            "citus.propagate_set_commands",
            "none",
            "citus.propagate_set_commands is none."
            " The tenant of a transaction does not reach its node: no row is seen.",
        ),
        (
            "citus.shard_replication_factor",
            "2",
            "citus.shard_replication_factor is 2. Functions are not delegated to nodes where shards have copies.",
        ),
    ],
)
def test_a_setting_that_would_hide_rows_is_told(
    nodes: Database,
    server: str,
    findings: Callable[[], list[tuple[str, str, str]]],
    name: str,
    value: str,
    text: str,
) -> None:
    bootstrap.migrate(nodes.settings)
    with psycopg.connect(server, autocommit=True) as superuser:
        superuser.execute(f"alter database {nodes.name} set {name} = '{value}'")
    [(state, found, advice)] = findings()
    assert (state, found) == ("failed", text)
    assert advice.startswith(f"alter database … set {name} = ")
