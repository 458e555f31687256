"""All contacts or accounts of a tenant, for the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rapport.tenants.scope import tenant_scope

from . import readback
from .parameters import LIMITS, Query

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rapport.tenants.models import Tenant


def contacts(tenant: Tenant) -> Iterator[dict[str, Any]]:
    """Every contact, oldest first, as the API shows it; each page is read in a transaction of its own."""
    return _everything(tenant, readback.CONTACTS)


def accounts(tenant: Tenant) -> Iterator[dict[str, Any]]:
    """Every account, likewise."""
    return _everything(tenant, readback.ACCOUNTS)


def _everything(tenant: Tenant, collection: readback.Collection) -> Iterator[dict[str, Any]]:
    query: Query | None = Query(limit=LIMITS[-1])
    while query is not None:
        with tenant_scope(tenant) as tenant_id:
            rows, cursor = readback.page(collection, tenant_id, query)
        yield from rows
        query = None if cursor is None else Query(limit=LIMITS[-1], cursor=cursor)
