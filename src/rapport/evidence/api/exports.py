"""`GET /api/exports/changes.…`: the change ledger as a file, streamed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rapport.evidence import exporting, feeds
from rapport.tenants.exports import streamed
from rapport.tenants.models import Tenant

if TYPE_CHECKING:
    from django.http import HttpRequest


def changes(request: HttpRequest, tenant_id: int, kind: str) -> Any:
    """The entries that the same query reads, without its pages."""
    wanted = feeds.read_changes(request.META.get("QUERY_STRING", ""))
    return streamed(exporting.changes(Tenant.objects.get(pk=tenant_id), wanted), kind)
