"""All contacts or accounts of a tenant, and those that are deleted or likely twins, for the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rapport.tenants.query import Reader
from rapport.tenants.scope import tenant_scope

from . import readback, removing
from . import twins as pairs
from .names import name_of
from .parameters import LIMITS, Query

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rapport.tenants.models import Tenant
    from rapport.tenants.query import Place


def contacts(tenant: Tenant) -> Iterator[dict[str, Any]]:
    """Every contact, oldest first, as the API shows it; each page is read in a transaction of its own."""
    return _everything(tenant, readback.CONTACTS)


def accounts(tenant: Tenant) -> Iterator[dict[str, Any]]:
    """Every account, likewise."""
    return _everything(tenant, readback.ACCOUNTS)


def deleted(tenant: Tenant, kind: str) -> Iterator[dict[str, Any]]:
    """Every contact or account that can be restored, newest first, likewise."""
    cursor: str | None = ""
    while cursor is not None:
        with tenant_scope(tenant) as tenant_id:
            rows, cursor = removing.page(tenant_id, kind, _behind(cursor), LIMITS[-1])
            told = readback.COLLECTIONS[kind].represent(tenant_id, rows)
        yield from (each | {"deleted_at": row.deleted_at} for each, row in zip(told, rows, strict=True))


def twins(tenant: Tenant, *, dismissed: bool) -> Iterator[dict[str, Any]]:
    """Every pair of likely twins, or of dismissed ones, newest first, likewise."""
    cursor: str | None = ""
    while cursor is not None:
        with tenant_scope(tenant) as tenant_id:
            found, cursor = pairs.page(tenant_id, _behind(cursor), LIMITS[-1], dismissed=dismissed)
        for row, *objects in found:
            first, second = ({"id": str(each.id), "name": name_of(each)} for each in objects)
            yield {"id": str(row.id), "type": row.object_type, "reason": row.reason, "first": first, "second": second}


def _everything(tenant: Tenant, collection: readback.Collection) -> Iterator[dict[str, Any]]:
    query: Query | None = Query(limit=LIMITS[-1])
    while query is not None:
        with tenant_scope(tenant) as tenant_id:
            rows, cursor = readback.page(collection, tenant_id, query)
        yield from rows
        query = None if cursor is None else Query(limit=LIMITS[-1], cursor=cursor)


def _behind(cursor: str) -> Place | None:
    """The place that a cursor names; None for an empty one."""
    reader = Reader.of({"cursor": cursor} if cursor else {})
    return reader.place("cursor")
