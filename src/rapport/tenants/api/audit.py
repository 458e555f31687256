"""`GET /api/audit`: JSON pages, or NDJSON for those who ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rapport.tenants import answers, audit
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


def entries(request: HttpRequest, tenant_id: int) -> HttpResponse:
    """A page of the audit log, newest first."""
    wanted = audit.read(request.META.get("QUERY_STRING", ""))
    with tenant_scope(tenant_id):
        rows, cursor = audit.entries(tenant_id, wanted)
    return answers.page(request, [audit.represent(row) for row in rows], cursor)
