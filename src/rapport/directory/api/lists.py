"""`GET /api/contacts` and `GET /api/accounts`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rapport.directory import parameters, readback
from rapport.tenants import answers
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


def contacts(request: HttpRequest, tenant_id: int) -> HttpResponse:
    """A page of contacts."""
    return _page(request, tenant_id, readback.CONTACTS)


def accounts(request: HttpRequest, tenant_id: int) -> HttpResponse:
    """A page of accounts."""
    return _page(request, tenant_id, readback.ACCOUNTS)


def _page(request: HttpRequest, tenant_id: int, collection: readback.Collection) -> HttpResponse:
    query = parameters.read(request.META.get("QUERY_STRING", ""), collection.key_types)
    with tenant_scope(tenant_id):
        rows, cursor = readback.page(collection, tenant_id, query)
    return answers.data({"data": rows, "cursor": None if cursor is None else str(cursor)})
