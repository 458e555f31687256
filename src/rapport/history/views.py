"""`GET /api/requests` and `GET /api/changes`: JSON pages, or NDJSON for those who ask for it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse

from rapport.tenants import answers
from rapport.tenants.query import ParametersError
from rapport.tenants.scope import tenant_scope

from . import feeds
from .listing import represent

if TYPE_CHECKING:
    from django.http import HttpRequest

NDJSON = "application/x-ndjson"


def changes(request: HttpRequest, tenant_id: int) -> HttpResponse:
    """A page of the change ledger, oldest first."""
    try:
        wanted = feeds.read_changes(request.META.get("QUERY_STRING", ""))
    except ParametersError as error:
        return answers.faults(error.errors)
    with tenant_scope(tenant_id):
        rows, cursor = feeds.changes(tenant_id, wanted)
    return _page(request, rows, cursor)


def requests(request: HttpRequest, tenant_id: int) -> HttpResponse:
    """A page of the request history, newest first."""
    try:
        wanted = feeds.read_requests(request.META.get("QUERY_STRING", ""))
        with tenant_scope(tenant_id):
            rows, cursor = feeds.requests(tenant_id, wanted)
    except ParametersError as error:
        return answers.faults(error.errors)
    return _page(request, rows, cursor)


def _page(request: HttpRequest, rows: list[Any], cursor: str | None) -> HttpResponse:
    """In ASCII: what callers sent may hold lone surrogates, which no UTF-8 can."""
    headers = {"Cache-Control": "no-store", "Vary": "Accept"}
    shown = [represent(row) for row in rows]
    if NDJSON in request.headers.get("Accept", "").lower():
        lines = "".join(json.dumps(row) + "\n" for row in shown)
        if cursor is not None:
            headers["X-Cursor"] = cursor
        return HttpResponse(lines, content_type=NDJSON, headers=headers)
    return HttpResponse(json.dumps({"data": shown, "cursor": cursor}), content_type="application/json", headers=headers)
