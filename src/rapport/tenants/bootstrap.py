"""From an empty database to one that can serve: schema, roles, first tenant."""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg
from django.core.management import call_command
from django.db import connections, transaction

from . import distribution, functions, registry, roles
from .connection import database, owner_conninfo
from .errors import DatabaseUnfitError
from .lifecycle import rooms
from .models import Tenant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rapport.settings import Settings

#: The oldest PostgreSQL that the statements run on.
MINIMUM_VERSION = 18
#: One advisory lock for everything that may happen once only: "rapport" in ASCII.
LOCK = 0x726170706F7274
#: A migration that waits longer than this for a lock gives up rather than hold up the callers behind it.
LOCK_TIMEOUT = "5s"
#: Of whoever migrates. Citus makes no function or type in a transaction that has changed shards side by side; without
#: Citus its setting means nothing.
SESSION = f"-c lock_timeout={LOCK_TIMEOUT} -c citus.multi_shard_modify_mode=sequential"
#: Between two looks at the lock, and until the wait is told.
PAUSE_SECONDS = 0.1
TOLD_SECONDS = 5.0


log = logging.getLogger("rapport.tenants")


@dataclass(frozen=True, kw_only=True)
class FirstRun:
    """What the operator of a new installation is told once."""

    client_id: str
    client_secret: str
    admin_email: str
    sign_in_link: str


def migrate(settings: Settings) -> None:
    """Brings schema, roles and grants up to date, as the tables' owner; safe when several do it at once.

    Django must be set up (`rapport.console.setup`). Raises `DatabaseUnfitError` and `psycopg.Error`.
    """
    with _alone(settings) as owner:
        on_nodes = distribution.prepare(owner, settings)
        role = roles.prepare_role(owner, settings)
        with _as_django_database(settings) as alias:
            call_command("migrate", database=alias, interactive=False, verbosity=0)
        roles.grant(owner, role)
        roles.bound(settings)
        functions.plan(owner)
        for room in rooms():
            room.schema_migrated(owner)
        if on_nodes:
            distribution.distribute(owner)


def first_run(settings: Settings) -> FirstRun | None:
    """Makes the first tenant, its Connected App and its administrator; None where there is a tenant already.

    Raises `psycopg.Error` and Django's database errors.
    """
    with _alone(settings):
        if Tenant.objects.exists():
            return None
        told: dict[str, str] = {}
        with transaction.atomic(durable=True):
            tenant = registry.make("demo", "Demo", settings.region)
            for room in rooms():
                told |= room.first_tenant_created(tenant)
        return FirstRun(**told)


@contextmanager
def _alone(settings: Settings) -> Iterator[psycopg.Connection]:
    """An autocommitting connection of the owner that holds the lock: others wait until it is closed."""
    with psycopg.connect(owner_conninfo(settings), autocommit=True) as owner:
        if owner.info.server_version < MINIMUM_VERSION * 10_000:
            raise DatabaseUnfitError(
                f"Rapport needs PostgreSQL {MINIMUM_VERSION} or newer;"
                f" this server is version {owner.info.server_version // 10_000}."
            )
        _refuse_pooler(owner)
        _lock(owner)
        yield owner


def _refuse_pooler(owner: psycopg.Connection) -> None:
    """A pooler would keep the lock with a connection of its own; it names no process, or another one than the server.

    Raises `DatabaseUnfitError`.
    """
    [(server,)] = owner.execute("select pg_backend_pid()").fetchall()
    if owner.info.backend_pid != server:
        raise DatabaseUnfitError(
            "The owner's address, RAPPORT_OWNER_DATABASE_URL, leads through a pooler, which would keep the lock of a"
            " migration: set one that goes around it."
        )


def _lock(owner: psycopg.Connection) -> None:
    """Take the lock; whoever waits for it asks again and again, since building an index waits for statements."""
    told = time.monotonic() + TOLD_SECONDS
    while owner.execute("select pg_try_advisory_lock(%s)", [LOCK]).fetchone() != (True,):
        if time.monotonic() >= told:
            log.warning("another process is migrating this database; this one waits for it")
            told = float("inf")
        time.sleep(PAUSE_SECONDS)


@contextmanager
def _as_django_database(settings: Settings) -> Iterator[str]:
    """The owner's connection as a database of Django's, under an alias that exists only here."""
    alias = "owner"
    entry = database(owner_conninfo(settings))
    entry["OPTIONS"]["options"] = f"{entry['OPTIONS'].get('options', '')} {SESSION}".strip()
    connections.databases[alias] = connections.configure_settings({"default": {}, alias: entry})[alias]
    try:
        yield alias
    finally:
        connections[alias].close()
        del connections[alias], connections.databases[alias]
