"""`rapport migrate` on a database with Citus, against a catalogue that answers as Citus would (`tests.nodes`)."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from rapport.db import plans
from rapport.history import partitions
from rapport.tenants import bootstrap, distribution
from rapport.tenants.errors import DatabaseUnfitError
from tests.nodes import pretend, told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Database

#: What `migrate` executes on a fresh database, in this order.
RECORDED = Path(__file__).with_name("distribution.sql").read_text(encoding="utf-8").splitlines()
#: Tables that stay on the coordinator.
COORDINATOR = [
    "django_migrations", "failed_attempts", "invitations", "mails", "memberships", "one_time_links",
    "procrastinate_events", "procrastinate_jobs", "procrastinate_periodic_defers", "procrastinate_workers",
    "sessions", "tenants", "users",
]  # fmt: skip
TABLE = re.compile(r"select create_distributed_table\('(\w+)', 'tenant_id', colocate_with := '(\w+)'\)")


@pytest.fixture
def nodes(fresh_database: Database, server: str) -> Database:
    """A migrated database that has just become one with Citus."""
    pretend(fresh_database, server)
    return fresh_database


@pytest.fixture
def owner(nodes: Database) -> Iterator[psycopg.Connection]:
    """Its owner."""
    with psycopg.connect(nodes.owner, autocommit=True) as connection:
        yield connection


def test_everything_of_a_tenant_goes_to_its_node_and_nothing_twice(nodes: Database, owner: psycopg.Connection) -> None:
    bootstrap.migrate(nodes.settings)
    assert told(owner) == RECORDED
    bootstrap.migrate(nodes.settings)
    assert told(owner) == []


def test_what_is_referred_to_comes_first(owner: psycopg.Connection) -> None:
    order = [match[1] for match in map(TABLE.fullmatch, RECORDED) if match]
    references = distribution.catalogue(owner).references
    assert ("contact_keys", "contacts") in references
    assert all(order.index(to) < order.index(name) for name, to in references if name in order)


def test_what_an_upgrade_brings_is_distributed_by_the_next_run(nodes: Database, owner: psycopg.Connection) -> None:
    bootstrap.migrate(nodes.settings)
    told(owner)
    owner.execute("delete from pg_dist_partition where logicalrelid = 'webhooks'::regclass")
    # As Citus does by itself when a function is made: known, but not by tenant.
    owner.execute("update pg_dist_object set force_delegation = null where objid = 'write_group_3'::regproc")
    bootstrap.migrate(nodes.settings)
    table, function = told(owner)
    assert table == "select create_distributed_table('webhooks', 'tenant_id', colocate_with := 'accounts')"
    assert function == RECORDED[-1]


def test_functions_have_no_generic_plans_there(nodes: Database, owner: psycopg.Connection) -> None:
    sql = "select proname from pg_proc where %s = any(proconfig) order by proname"
    for wanted in ("force_generic_plan", "auto"):
        found = {name for (name,) in owner.execute(sql, [f"plan_cache_mode={wanted}"])} - plans.OTHERS
        assert found == set(plans.FUNCTIONS)
        bootstrap.migrate(nodes.settings)


def test_sessions_to_come_take_the_tenant_to_the_nodes(nodes: Database, owner: psycopg.Connection) -> None:
    name = "citus.propagate_set_commands"
    assert owner.execute("select current_setting(%s, true)", [name]).fetchone() == (None,)
    bootstrap.migrate(nodes.settings)
    with psycopg.connect(nodes.app) as app:
        assert app.execute("select current_setting(%s)", [name]).fetchone() == ("local",)


def test_only_what_is_listed_stays_on_the_coordinator(owner: psycopg.Connection) -> None:
    names = owner.execute(
        "select relname from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace"
        " and not relispartition and relname !~ '^(pg_dist|told)' order by 1"
    )
    assert {match[1] for match in map(TABLE.fullmatch, RECORDED) if match} == distribution.tables()
    assert [name for (name,) in names if name not in distribution.tables()] == COORDINATOR


def test_a_new_day_is_distributed_before_it_is_attached(nodes: Database, owner: psycopg.Connection) -> None:
    bootstrap.migrate(nodes.settings)
    told(owner)
    today = datetime.now(UTC).date() + timedelta(days=1)
    day = today + timedelta(days=partitions.DAYS_AHEAD)
    moment = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    owner.execute(
        "insert into requests_default"
        " values (1, %s, gen_random_uuid(), 'r', 0, 'app', null, null, 422, 'rejected', '[]')",
        [moment],
    )
    partitions.maintain(owner, today)
    table = f"requests_{day:%Y%m%d}"
    [statement] = told(owner)
    assert statement == f"""select create_distributed_table('"{table}"', 'tenant_id', colocate_with := 'requests')"""
    assert day in partitions.days(owner)
    assert owner.execute(f"select count(*) from {table}").fetchone() == (1,)
    assert owner.execute("select count(*) from requests_default").fetchone() == (0,)


def test_one_url_is_not_enough(nodes: Database) -> None:
    """Nodes connect to each other as the role that works, so it must be one that signs in."""
    with pytest.raises(DatabaseUnfitError, match="set RAPPORT_OWNER_DATABASE_URL as well"):
        bootstrap.migrate(replace(nodes.settings, database_url=nodes.owner, owner_database_url=None))


def test_whoever_may_not_make_plpgsql_known_is_told_so(nodes: Database, owner: psycopg.Connection) -> None:
    owner.execute("delete from pg_dist_object")
    with pytest.raises(DatabaseUnfitError, match="must be a superuser or own the extension plpgsql"):
        bootstrap.migrate(nodes.settings)
    assert told(owner) == []


def test_a_database_that_is_somebody_elses_is_one_sentence(nodes: Database, server: str) -> None:
    with psycopg.connect(server, autocommit=True) as superuser:
        superuser.execute(f"alter database {nodes.name} owner to current_user")
        superuser.execute(f"grant create on database {nodes.name} to public")
    with pytest.raises(DatabaseUnfitError, match="let a superuser run alter database"):
        bootstrap.migrate(nodes.settings)


def test_a_database_without_citus_is_asked_for_nothing(
    fresh_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(distribution, "distribute", fail)
    bootstrap.migrate(fresh_database.settings)


def test_an_empty_database_is_migrated_and_distributed_at_once(
    empty_database: Callable[[], Database], server: str
) -> None:
    made = empty_database()
    pretend(made, server)
    bootstrap.migrate(made.settings)
    with psycopg.connect(made.owner, autocommit=True) as connection:
        assert told(connection) == RECORDED
