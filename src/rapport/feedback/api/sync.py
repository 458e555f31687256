"""`GET /v7/rest/sync/responses` and `/v7/rest/sync/non-responses`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from rapport.feedback import sync
from rapport.tenants import answers
from rapport.tenants.models import Tenant
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse


def responses(request: HttpRequest, tenant_id: int) -> HttpResponse:
    """A page of responses, in the order of entering."""
    return _page(request, tenant_id, sync.responses)


def non_responses(request: HttpRequest, tenant_id: int) -> HttpResponse:
    """A page of survey records without an answer."""
    return _page(request, tenant_id, sync.non_responses)


def _page(request: HttpRequest, tenant_id: int, feed: Callable[..., tuple[list[dict[str, Any]], int]]) -> HttpResponse:
    tenant = Tenant.objects.get(pk=tenant_id)
    wanted = sync.read(request.META.get("QUERY_STRING", ""), ZoneInfo(tenant.time_zone))
    with tenant_scope(tenant_id):
        items, cursor = feed(tenant, wanted)
    return answers.data({"data": items, "cursor": {"next": cursor}})
