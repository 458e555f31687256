"""`GET /api/requests` and `GET /api/changes`: JSON pages, or NDJSON for those who ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rapport.evidence import feeds
from rapport.evidence.listing import represent
from rapport.tenants import answers
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


def changes(request: HttpRequest, tenant_id: int) -> HttpResponse:
    """A page of the change ledger, oldest first."""
    wanted = feeds.read_changes(request.META.get("QUERY_STRING", ""))
    with tenant_scope(tenant_id):
        rows, cursor = feeds.changes(tenant_id, wanted)
    return answers.page(request, [represent(row) for row in rows], cursor)


def requests(request: HttpRequest, tenant_id: int) -> HttpResponse:
    """A page of the request history, newest first."""
    wanted = feeds.read_requests(request.META.get("QUERY_STRING", ""))
    with tenant_scope(tenant_id):
        rows, cursor = feeds.requests(tenant_id, wanted)
    return answers.page(request, [represent(row) for row in rows], cursor)
