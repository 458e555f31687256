"""The one way into a tenant's rows."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.db import connection, transaction

from .models import Tenant

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: Tenants of one round trip.
LOOKED_AT = 100


@contextmanager
def tenant_scope(tenant: Tenant | int) -> Iterator[int]:
    """A transaction that sees and writes the rows of one tenant; yields the tenant's id.

    Commits at the end, rolls back on an exception. Raises `RuntimeError` inside another transaction:
    `SET LOCAL` outlives a savepoint, so an inner scope would leak into the outer one.
    """
    tenant_id = int(tenant.pk if isinstance(tenant, Tenant) else tenant)
    with transaction.atomic(durable=True):
        enter(tenant_id)
        yield tenant_id


def having(tenant_ids: Sequence[int], sql: str) -> list[int]:
    """Those tenants of which `sql` finds a row, which is their id; `{tenant}` in it stands for that. Raises `Error`.

    Each is looked at in a transaction of its own, a hundred of them in one round trip: of many tenants at rest, what
    each costs is all that somebody who waits for news does.
    """
    found: list[int] = []
    for first in range(0, len(tenant_ids), LOOKED_AT):
        looks = (
            f"begin; set local rapport.tenant_id = '{id:d}'; {sql.format(tenant=f'{id:d}')}; commit"
            for id in tenant_ids[first : first + LOOKED_AT]
        )
        with connection.cursor() as cursor:
            cursor.execute("; ".join(looks))
            more = True
            while more:
                found += [id for (id,) in cursor.fetchall()] if cursor.description else []
                more = bool(cursor.nextset())
    return found


def enter(tenant_id: int) -> None:
    """Binds the open transaction to a tenant, to its end. Outside a transaction it has no effect."""
    with connection.cursor() as cursor:
        cursor.execute(f"set local rapport.tenant_id = '{tenant_id:d}'")


def bound(milliseconds: int) -> None:
    """From here on each statement of the open transaction may take that long; 0: as long as it likes."""
    with connection.cursor() as cursor:
        cursor.execute(f"set local statement_timeout = {milliseconds:d}")
