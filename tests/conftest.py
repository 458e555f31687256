"""One PostgreSQL for the whole session, one migrated template, a new tenant per test.

Nothing is ever cleaned: each test has a tenant of its own, which is also how isolation is proven on the side.
"""

from __future__ import annotations

import itertools
import threading
import weakref
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpcore2
import psycopg
import pytest
from hypothesis import HealthCheck
from hypothesis import settings as laws
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from rapport import console
from rapport.db.embedded import Embedded
from rapport.settings import Settings

# Two shared cores: how long an example took, and how long it took to draw, says nothing about the code.
laws.register_profile("rapport", deadline=None, suppress_health_check=[HealthCheck.too_slow])
laws.load_profile("rapport")

# Before any test module imports a model; the `database` fixture says later where the database is.
console.setup(Settings(database_url="postgresql://nobody@nowhere/none", secret_key="k" * 48))

from django.conf import settings as django_settings  # noqa: E402
from django.contrib.auth.hashers import ScryptPasswordHasher  # noqa: E402
from django.db import connections  # noqa: E402
from django.db.backends.signals import connection_created  # noqa: E402

from rapport.tenants import bootstrap  # noqa: E402
from rapport.tenants.connection import application_conninfo  # noqa: E402
from rapport.tenants.connection import database as django_database  # noqa: E402
from tests.cast import Cast, new_tenant  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rapport.tenants.models import Tenant

# Each client would read the machine's certificates anew, which takes longer than most of what they ask.
httpcore2.default_ssl_context = cache(httpcore2.default_ssl_context)

# The same algorithm at a ten-thousandth of the work, which nothing here is about.
ScryptPasswordHasher.work_factor = 2

#: Django's connections, whoever opened them.
_opened = weakref.WeakSet[Any]()
connection_created.connect(lambda connection, **_: _opened.add(connection), weak=False)
#: Of databases and roles made here.
_numbers = itertools.count(1)
PASSWORD = "test"


@dataclass(frozen=True)
class Database:
    """A database as the two roles see it; plain URLs that any driver takes."""

    name: str
    app: str
    owner: str

    @property
    def settings(self) -> Settings:
        """Settings of a service on this database."""
        return Settings(database_url=self.app, owner_database_url=self.owner, secret_key="k" * 48)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a running PostgreSQL, as its superuser; it may forget everything when the machine stops."""
    embedded = Embedded(tmp_path_factory.mktemp("server"), extra={"fsync": "off", "full_page_writes": "off"})
    try:
        yield embedded.start().superuser
    finally:
        embedded.remove()


@pytest.fixture(scope="session")
def empty_database(server: str) -> Callable[[], Database]:
    """Makes a database without a table, with its own pair of roles."""

    def make() -> Database:
        name = f"test_{next(_numbers)}"
        app, owner = f"{name}_app", f"{name}_owner"
        with psycopg.connect(server, autocommit=True) as superuser:
            for role in (app, owner):
                statement = sql.SQL("create role {} login password {}")
                superuser.execute(statement.format(sql.Identifier(role), sql.Literal(PASSWORD)))
            statement = sql.SQL("create database {} owner {}")
            superuser.execute(statement.format(sql.Identifier(name), sql.Identifier(owner)))
        host = conninfo_to_dict(server)["host"]
        return Database(name, *(f"postgresql://{role}:{PASSWORD}@/{name}?host={host}" for role in (app, owner)))

    return make


@pytest.fixture(scope="session")
def copy(server: str, empty_database: Callable[[], Database]) -> Callable[[], Database]:
    """Makes a migrated database without a row, from a template."""
    template = empty_database()
    bootstrap.migrate(template.settings)

    def make() -> Database:
        name = f"test_{next(_numbers)}"
        with psycopg.connect(server, autocommit=True) as superuser:
            statement = sql.SQL("create database {} template {} owner {}")
            names = (name, template.name, f"{template.name}_owner")
            superuser.execute(statement.format(*map(sql.Identifier, names)))
        return Database(
            name, *(urlsplit(url)._replace(path=f"/{name}").geturl() for url in (template.app, template.owner))
        )

    return make


@pytest.fixture(scope="session")
def database(copy: Callable[[], Database]) -> Iterator[Database]:
    """The database that the tests share, each with tenants of its own; Django's own connection goes there."""
    made = copy()
    with django_on(made):
        yield made


def _close_all() -> None:
    """Close this thread's connections in every context: where the browser's event loop runs, Django has others."""
    connections.close_all()
    for each in tuple(_opened):
        if each.connection is not None and each._thread_ident == threading.get_ident():
            each.connection.close()
            each.connection = None


@contextmanager
def django_on(database: Database) -> Iterator[None]:
    """Django works on `database` meanwhile."""
    entry = connections.databases["default"]
    before, settings_before = dict(entry), django_settings.RAPPORT
    _close_all()
    # No connection outlives the job that a worker's thread opened it for.
    entry.update(django_database(application_conninfo(database.settings)), CONN_MAX_AGE=0)
    django_settings.RAPPORT = database.settings
    try:
        yield
    finally:
        _close_all()
        entry.update(before)
        django_settings.RAPPORT = settings_before


@pytest.fixture
def fresh_database(server: str, copy: Callable[[], Database]) -> Iterator[Database]:
    """A database without a row, for tests that count, stop or break things."""
    made = copy()
    yield made
    with psycopg.connect(server, autocommit=True) as superuser:
        superuser.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(made.name)))


@pytest.fixture
def tenant(database: Database) -> Tenant:
    """A tenant that nobody else uses, with its default configurations."""
    return new_tenant()


@pytest.fixture
def cast(database: Database) -> Cast:
    """Alice, Bob and Charlie, see `tests.cast`."""
    return Cast()
