"""`GET /api/exports/…`: responses and survey records as files, streamed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rapport.feedback import exporting, wanted
from rapport.feedback.fields import fields
from rapport.surveys.models import SurveyRecord
from rapport.tenants.exports import streamed
from rapport.tenants.hosts import hosts
from rapport.tenants.models import Tenant
from rapport.tenants.query import Reader
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from django.http import HttpRequest


def responses(request: HttpRequest, tenant_id: int, kind: str) -> Any:
    """The responses that the same filters list."""
    tenant = Tenant.objects.get(pk=tenant_id)
    reader = Reader(request.META.get("QUERY_STRING", ""))
    with tenant_scope(tenant_id):
        filters = wanted.read(reader, fields(tenant))
    reader.finish()
    return streamed(exporting.responses(tenant, filters), kind)


def survey_records(request: HttpRequest, tenant_id: int, kind: str) -> Any:
    """The survey records that the same filters list."""
    reader = Reader(request.META.get("QUERY_STRING", ""))
    given = narrowed(reader)
    reader.finish()
    tenant = Tenant.objects.get(pk=tenant_id)
    return streamed(exporting.survey_records(tenant, given, hosts(request)["pages"]), kind)


def narrowed(reader: Reader) -> dict[str, Any]:
    """Columns of survey records and their values, from a query."""
    given = {
        "state": reader.choice("state", SurveyRecord.State.values),
        "contact_id": reader.id("contact"),
        "account_id": reader.id("account"),
        "campaign_id": reader.id("campaign"),
        "touchpoint": reader("touchpoint", str),
        "created_at__gte": reader.time("from"),
        "created_at__lt": reader.time("to"),
    }
    return {name: value for name, value in given.items() if value is not None}
