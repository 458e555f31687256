"""The keys of contacts and accounts by today's rules: once, by the migration `0007_keys`.

Tenant by tenant, batch by batch, each a transaction that keeps the tenant's writers out. What is done stays done: a
migration that was stopped goes on where rows still differ. Nothing is merged. Of two objects with one key the one that
has it keeps it; the other is found by its id only, until somebody merges or edits it, and `rapport doctor` lists it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

import psycopg
from django.db import connection, transaction

from rapport.db import tenancy
from rapport.db.queries import statement
from rapport.records import rekeying
from rapport.records.rekeying import Held, Moved
from rapport.tenants.errors import DatabaseUnfitError
from rapport.tenants.models import Tenant
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

#: Objects of a batch.
BATCH = 1000
_RUNNING = (
    "select exists (select from pg_stat_activity where application_name = 'rapport ingest'"
    " and datname = current_database())"
)

_KEYLESS = {"contact": statement("keyless_contacts"), "account": statement("keyless_accounts")}


class _Kind(NamedTuple):
    """One kind of object: which of its keys differ, and the statements."""

    moved: Callable[[Sequence[Held]], list[Moved]]
    read: str
    add: str
    drop: str


_KINDS = (
    _Kind(
        rekeying.contacts,
        statement("read_contact_keys"),
        statement("add_contact_keys"),
        statement("drop_contact_keys"),
    ),
    _Kind(
        rekeying.accounts,
        statement("read_account_keys"),
        statement("add_account_keys"),
        statement("drop_account_keys"),
    ),
)


def run(database: BaseDatabaseWrapper) -> None:
    """Renews the keys of all tenants. Raises `DatabaseUnfitError` while ingest runs: its keys would make twins."""
    with database.cursor() as cursor:
        cursor.execute("select id from tenants order by id")
        tenants = [tenant_id for (tenant_id,) in cursor.fetchall()]
        if tenants:
            _refuse_beside_ingest(cursor)
    for tenant_id in tenants:
        for kind in _KINDS:
            for step in (kind.add, kind.drop):
                after: UUID | None = UUID(int=0)
                while after is not None:
                    after = _batch(database, tenant_id, kind, step, after)


def _refuse_beside_ingest(cursor: Any) -> None:
    """Raises `DatabaseUnfitError` where ingest has a connection to this database."""
    cursor.execute(_RUNNING)
    if cursor.fetchone() == (True,):
        raise DatabaseUnfitError(
            "Keys change with this version, and ingest is running: stop it on every host,"
            " run `rapport migrate`, then start this version."
        )


def _batch(database: BaseDatabaseWrapper, tenant_id: int, kind: _Kind, step: str, after: UUID) -> UUID | None:
    """Takes the step for the next objects; the last of them, None behind the end."""
    with transaction.atomic(using=database.alias, durable=True), psycopg.RawCursor(database.connection) as cursor:
        cursor.execute(f"set local rapport.tenant_id = '{tenant_id:d}'")
        cursor.execute(tenancy.lock(tenant_id, alone=True))
        _refuse_beside_ingest(cursor)
        rows = cursor.execute(kind.read, (tenant_id, after, BATCH)).fetchall()
        moved = kind.moved([Held(*row) for row in rows if row[1] is not None])
        if moved:
            owners, old, new = map(list, zip(*moved, strict=True))
            cursor.execute(step, (tenant_id, owners, old, new))
    return rows[-1][0] if rows else None


def collided(limit: int) -> list[str]:
    """Up to so many objects of each kind and system that no record can find, each in a word or two."""
    found = []
    for tenant in Tenant.objects.order_by("pk"):
        with tenant_scope(tenant) as tenant_id, psycopg.RawCursor(connection.connection) as cursor:
            for kind, sql in _KEYLESS.items():
                rows = cursor.execute(sql, (tenant_id, limit)).fetchall()
                found += [f"{kind} {id} of {tenant.slug}" for (id,) in rows]
    return found
