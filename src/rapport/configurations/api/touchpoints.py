"""`/api/touchpoints`."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from rapport.configurations import touchpoints
from rapport.configurations.locks import editing
from rapport.configurations.models import Touchpoint
from rapport.tenants import answers, bodies
from rapport.tenants.query import NO_CURSOR, Reader, page
from rapport.tenants.scope import tenant_scope

from . import told

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from rapport.tenants.permission import AuthoredRequest


@told
def listed(request: HttpRequest, tenant_id: int) -> HttpResponse:
    """A page of touchpoints, oldest first."""
    reader = Reader(request.META.get("QUERY_STRING", ""))
    active = reader.choice("active", ("true", "false"))
    after, limit = reader.id("cursor", NO_CURSOR), reader.limit()
    reader.finish()
    with tenant_scope(tenant_id):
        rows = Touchpoint.objects.filter(tenant_id=tenant_id)
        found, cursor = page(rows if active is None else rows.filter(active=active == "true"), after, limit)
    return answers.data({"data": [touchpoints.represent(row) for row in found], "cursor": cursor})


@told
def create(request: AuthoredRequest, tenant_id: int) -> HttpResponse:
    """A new touchpoint."""
    given = bodies.read(request)
    with editing(tenant_id):
        row = touchpoints.create(tenant_id, request.author, given)
    headers = {**bodies.etag(row.version), "Location": f"/api/touchpoints/{row.id}"}
    return answers.data(touchpoints.represent(row), 201, headers)


@told
def shown(request: HttpRequest, tenant_id: int, id: str) -> HttpResponse:
    """One touchpoint."""
    with tenant_scope(tenant_id):
        return _shown(touchpoints.find(tenant_id, UUID(id)))


@told
def change(request: AuthoredRequest, tenant_id: int, id: str) -> HttpResponse:
    """A touchpoint's name, or whether records may name it."""
    given = bodies.read(request)
    with editing(tenant_id):
        row = touchpoints.find(tenant_id, UUID(id))
        bodies.require_match(request, row.version)
        touchpoints.change(row, request.author, given)
        return _shown(row)


def _shown(row: Touchpoint) -> HttpResponse:
    return answers.data(touchpoints.represent(row), headers=bodies.etag(row.version))
