"""`/api/fields`: the catalogue of what can be mapped, and the tenant's own part of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from rapport.configurations import catalogue, fields
from rapport.configurations.locks import editing
from rapport.configurations.models import CustomField
from rapport.records.catalogue import OBJECTS, STANDARD
from rapport.tenants import answers, bodies
from rapport.tenants.query import NO_CURSOR, Reader, page
from rapport.tenants.scope import tenant_scope

from . import told

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from rapport.tenants.permission import AuthoredRequest


@told
def listed(request: HttpRequest, tenant_id: int) -> HttpResponse:
    """The standard fields on the first page, then the custom ones, oldest first."""
    reader = Reader(request.META.get("QUERY_STRING", ""))
    wanted = reader.choice("object", dict.fromkeys((*STANDARD, *OBJECTS)))
    after, limit = reader.id("cursor", NO_CURSOR), reader.limit()
    reader.finish()
    shown: list[dict[str, Any]] = []
    if after is None:
        shown += (field for field in catalogue.standard() if wanted in (None, field["object"]))
    with tenant_scope(tenant_id):
        rows = CustomField.objects.filter(tenant_id=tenant_id)
        found, cursor = page(rows if wanted is None else rows.filter(object=wanted), after, limit)
    return answers.data({"data": shown + [fields.represent(row) for row in found], "cursor": cursor})


@told
def create(request: AuthoredRequest, tenant_id: int) -> HttpResponse:
    """A new custom field."""
    given = bodies.read(request)
    with editing(tenant_id):
        row = fields.create(tenant_id, request.author, given)
    headers = {**bodies.etag(row.version), "Location": f"/api/fields/{row.id}"}
    return answers.data(fields.represent(row), 201, headers)


@told
def shown(request: HttpRequest, tenant_id: int, id: str) -> HttpResponse:
    """One custom field."""
    with tenant_scope(tenant_id):
        return _shown(fields.find(tenant_id, UUID(id)))


@told
def change(request: AuthoredRequest, tenant_id: int, id: str) -> HttpResponse:
    """A custom field's label, choices, or whether it is archived."""
    given = bodies.read(request)
    with editing(tenant_id):
        row = fields.find(tenant_id, UUID(id))
        bodies.require_match(request, row.version)
        fields.change(row, request.author, given)
        return _shown(row)


def _shown(row: CustomField) -> HttpResponse:
    return answers.data(fields.represent(row), headers=bodies.etag(row.version))
