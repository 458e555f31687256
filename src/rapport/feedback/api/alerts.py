"""`/api/alerts`: rules that mail members about answers."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from rapport.feedback import alerts
from rapport.surveys.models import AlertRule
from rapport.tenants import answers, bodies
from rapport.tenants.lists import oldest_first
from rapport.tenants.models import Tenant
from rapport.tenants.permission import AuthoredRequest
from rapport.tenants.scope import tenant_scope

from . import told

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


def listed(request: HttpRequest, tenant_id: int) -> HttpResponse:
    """The alerts, oldest first, a page at a time."""
    return oldest_first(request, tenant_id, AlertRule, alerts.represent)


@told
def create(request: AuthoredRequest, tenant_id: int) -> HttpResponse:
    """A new alert."""
    given, tenant = bodies.read(request), Tenant.objects.get(pk=tenant_id)
    with tenant_scope(tenant_id):
        row = alerts.save(tenant, request.author, given)
    headers = {**bodies.etag(row.version), "Location": f"/api/alerts/{row.id}"}
    return answers.data(alerts.represent(row), 201, headers)


@told
def shown(request: HttpRequest, tenant_id: int, id: str) -> HttpResponse:
    """One alert."""
    with tenant_scope(tenant_id):
        row = alerts.find(tenant_id, UUID(id))
    return answers.data(alerts.represent(row), headers=bodies.etag(row.version))


@told
def change(request: AuthoredRequest, tenant_id: int, id: str) -> HttpResponse:
    """What is given of an alert."""
    given, tenant = bodies.read(request), Tenant.objects.get(pk=tenant_id)
    with tenant_scope(tenant_id):
        row = alerts.find(tenant_id, UUID(id))
        bodies.require_match(request, row.version)
        row = alerts.save(tenant, request.author, given, row)
    return answers.data(alerts.represent(row), headers=bodies.etag(row.version))


@told
def remove(request: AuthoredRequest, tenant_id: int, id: str) -> HttpResponse:
    """Removes an alert."""
    with tenant_scope(tenant_id):
        row = alerts.find(tenant_id, UUID(id))
        bodies.require_match(request, row.version)
        alerts.remove(row, request.author)
    return answers.nothing()
