from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connections

from rapport.connected_apps import issue, oauth
from rapport.db import tenancy
from rapport.members.models import Membership, User
from rapport.tenants import bootstrap, registry, roles
from rapport.tenants.connection import application_conninfo
from rapport.tenants.errors import DatabaseUnfitError
from rapport.tenants.models import Tenant
from rapport.tenants.scope import tenant_scope
from tests.conftest import django_on

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rapport.settings import Settings
    from tests.conftest import Database

GRANTS = (
    "select table_name, privilege_type from information_schema.role_table_grants"
    " where grantee = %s and table_schema = 'public'"
)


@pytest.fixture
def served(fresh_database: Database) -> Iterator[Database]:
    """A database without a tenant, which Django works on."""
    with django_on(fresh_database):
        yield fresh_database


def test_two_that_migrate_at_once_do_not_disturb_each_other(empty_database: Callable[[], Database]) -> None:
    settings = empty_database().settings

    def migrate(_: int) -> None:
        bootstrap.migrate(settings)
        connections.close_all()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(migrate, range(3)))
    with psycopg.connect(application_conninfo(settings)) as connection:
        tenancy.judge_role(*connection.execute(tenancy.ROLE_CHECK).fetchone())


def test_migrating_again_restores_exactly_the_grants(fresh_database: Database) -> None:
    settings, role = fresh_database.settings, psycopg.conninfo.conninfo_to_dict(fresh_database.app)["user"]
    with psycopg.connect(fresh_database.owner, autocommit=True) as owner:
        before = set(owner.execute(GRANTS, [role]))
        owner.execute(f"grant all on changes, requests_default to {role}")
        assert set(owner.execute(GRANTS, [role])) > before
        bootstrap.migrate(settings)
        assert set(owner.execute(GRANTS, [role])) == before
    whole = {
        (table, privilege.upper())
        for table, privileges in roles.granted().items()
        for privilege in privileges
        if "(" not in privilege
    }
    assert before == whole


@pytest.mark.parametrize(
    "statement",
    [
        "delete from changes",
        "update changes set seq = 0",
        "delete from requests",
        "update requests set outcome = ''",
        "delete from connected_apps",
        "delete from tenants",
        "delete from tenant_heads",
        "delete from users",
        "truncate contacts",
        "create table mine ()",
        "alter table contacts disable row level security",
        "update django_migrations set name = ''",
    ],
)
def test_the_application_role_may_not(fresh_database: Database, statement: str) -> None:
    with psycopg.connect(fresh_database.app) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)


@pytest.mark.parametrize("statement", ["update changes set diff = '{}'", "update requests set sent = null"])
def test_the_application_role_may_erase(fresh_database: Database, statement: str) -> None:
    with psycopg.connect(fresh_database.app) as connection:
        connection.execute(statement)


@pytest.fixture
def superuser(server: str) -> Iterator[psycopg.Connection]:
    """A superuser of a server where nobody has made the application role yet, or uses it afterwards."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"drop role if exists {tenancy.APPLICATION_ROLE}")
        yield connection


def serves(settings: Settings) -> None:
    """One URL migrates, again and again, and serves as the application role."""
    for _ in range(2):
        bootstrap.migrate(settings)
    with psycopg.connect(application_conninfo(settings)) as connection:
        found = connection.execute(tenancy.ROLE_CHECK).fetchone()
        assert found[0] == tenancy.APPLICATION_ROLE
        tenancy.judge_role(*found)
        assert connection.execute("select count(*) from contacts").fetchone() == (0,)


def forget_role(superuser: psycopg.Connection, name: str) -> None:
    with psycopg.connect(superuser.info.dsn, password=superuser.info.password, dbname=name, autocommit=True) as there:
        there.execute(f"drop owned by {tenancy.APPLICATION_ROLE}")
        there.execute(f"drop role {tenancy.APPLICATION_ROLE}")


def test_one_url_of_a_user_who_may_create_roles_is_enough(
    empty_database: Callable[[], Database], superuser: psycopg.Connection
) -> None:
    made = empty_database()
    settings = replace(made.settings, database_url=made.owner, owner_database_url=None)
    with pytest.raises(DatabaseUnfitError, match="CREATEROLE"):
        bootstrap.migrate(settings)
    superuser.execute(f"alter role {made.name}_owner createrole")
    serves(settings)
    forget_role(superuser, made.name)


def test_one_url_of_a_superuser_serves_without_its_power(
    empty_database: Callable[[], Database], server: str, superuser: psycopg.Connection
) -> None:
    made = empty_database()
    url = urlsplit(server)._replace(path=f"/{made.name}").geturl()
    serves(replace(made.settings, database_url=url, owner_database_url=None))
    forget_role(superuser, made.name)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("postgresql://nobody_at_all@/x", "The application role nobody_at_all of RAPPORT_DATABASE_URL does not exist"),
        ("postgresql:///x", "must name the user"),
    ],
)
def test_an_application_role_that_is_not_there_is_one_sentence(
    fresh_database: Database, url: str, sentence: str
) -> None:
    with pytest.raises(DatabaseUnfitError, match=sentence):
        bootstrap.migrate(replace(fresh_database.settings, database_url=url))


def test_an_older_server_is_one_sentence(fresh_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "MINIMUM_VERSION", 99)
    with pytest.raises(DatabaseUnfitError, match="needs PostgreSQL 99 or newer; this server is version 18"):
        bootstrap.migrate(fresh_database.settings)


def test_the_first_run_makes_all_that_one_needs_to_begin(served: Database) -> None:
    told = bootstrap.first_run(served.settings)
    tenant = registry.find(None)
    assert (tenant.slug, tenant.name, tenant.region) == ("demo", "Demo", "eu")
    assert oauth.authenticate(told.client_id, told.client_secret) is not None
    assert [app["name"] for app in issue.list_apps(tenant)] == ["First app"]
    user = User.objects.get_by_natural_key(told.admin_email.upper())
    assert not user.has_usable_password()
    with tenant_scope(tenant) as tenant_id:
        membership = Membership.objects.get(tenant_id=tenant_id, user_id=user.pk)
    assert membership.role == Membership.Role.SYSTEM_ADMIN


def test_the_first_run_happens_once(served: Database) -> None:
    assert bootstrap.first_run(served.settings) is not None
    assert bootstrap.first_run(served.settings) is None
    assert Tenant.objects.count() == 1


def test_a_first_run_that_fails_leaves_nothing(served: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise KeyError

    with monkeypatch.context() as broken:
        broken.setattr(issue, "make_app", fail)
        with pytest.raises(KeyError):
            bootstrap.first_run(served.settings)
    assert bootstrap.first_run(served.settings) is not None
