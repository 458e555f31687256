"""`GET /api/exports/…`: contacts, accounts and activities as files, streamed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rapport.directory import exporting
from rapport.tenants.exports import streamed
from rapport.tenants.models import Tenant
from rapport.tenants.query import Reader

if TYPE_CHECKING:
    from django.http import HttpRequest


def contacts(request: HttpRequest, tenant_id: int, kind: str) -> Any:
    """Every contact, or those that changed since a time."""
    reader = Reader(request.META.get("QUERY_STRING", ""))
    since = reader.time("updated_since")
    reader.finish()
    return streamed(exporting.contacts(Tenant.objects.get(pk=tenant_id), since), kind)


def accounts(request: HttpRequest, tenant_id: int, kind: str) -> Any:
    """Every account, or those that changed since a time."""
    reader = Reader(request.META.get("QUERY_STRING", ""))
    since = reader.time("updated_since")
    reader.finish()
    return streamed(exporting.accounts(Tenant.objects.get(pk=tenant_id), since), kind)


def activities(request: HttpRequest, tenant_id: int, kind: str) -> Any:
    """Every activity."""
    Reader(request.META.get("QUERY_STRING", "")).finish()
    return streamed(exporting.activities(Tenant.objects.get(pk=tenant_id)), kind)
