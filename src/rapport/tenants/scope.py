"""The one way into a tenant's rows."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.db import connection, transaction

from .models import Tenant

if TYPE_CHECKING:
    from collections.abc import Iterator


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


def enter(tenant_id: int) -> None:
    """Binds the open transaction to a tenant, to its end. Outside a transaction it has no effect."""
    with connection.cursor() as cursor:
        cursor.execute(f"set local rapport.tenant_id = '{tenant_id:d}'")
