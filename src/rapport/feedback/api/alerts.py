"""`/api/alerts`: rules that mail members about answers."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any
from uuid import UUID

from rapport.feedback import alerts
from rapport.feedback.errors import SurveyFaultsError
from rapport.surveys.models import AlertRule
from rapport.tenants import answers, bodies
from rapport.tenants.lists import oldest_first
from rapport.tenants.models import Tenant
from rapport.tenants.permission import AuthoredRequest
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse


def _told(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """What is wrong with an alert, as an answer."""

    @wraps(view)
    def answered(*given: Any, **parts: str) -> HttpResponse:
        try:
            return view(*given, **parts)
        except alerts.UnknownRuleError:
            return answers.sentence(404, "There is no such alert.")
        except SurveyFaultsError as error:
            return answers.faults(error.errors)

    return answered


listed = oldest_first(AlertRule, alerts.represent)


@_told
def create(request: AuthoredRequest, tenant_id: int) -> HttpResponse:
    """A new alert."""
    given, tenant = bodies.read(request), Tenant.objects.get(pk=tenant_id)
    with tenant_scope(tenant_id):
        row = alerts.save(tenant, request.author, given)
    headers = {**bodies.etag(row.version), "Location": f"/api/alerts/{row.id}"}
    return answers.data(alerts.represent(row), 201, headers)


@_told
def shown(request: HttpRequest, tenant_id: int, id: str) -> HttpResponse:
    """One alert."""
    with tenant_scope(tenant_id):
        row = alerts.find(tenant_id, UUID(id))
    return answers.data(alerts.represent(row), headers=bodies.etag(row.version))


@_told
def change(request: AuthoredRequest, tenant_id: int, id: str) -> HttpResponse:
    """What is given of an alert."""
    given, tenant = bodies.read(request), Tenant.objects.get(pk=tenant_id)
    with tenant_scope(tenant_id):
        row = alerts.find(tenant_id, UUID(id))
        bodies.require_match(request, row.version)
        row = alerts.save(tenant, request.author, given, row)
    return answers.data(alerts.represent(row), headers=bodies.etag(row.version))


@_told
def remove(request: AuthoredRequest, tenant_id: int, id: str) -> HttpResponse:
    """Removes an alert."""
    with tenant_scope(tenant_id):
        row = alerts.find(tenant_id, UUID(id))
        bodies.require_match(request, row.version)
        alerts.remove(row, request.author)
    return answers.nothing()
