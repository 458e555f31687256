"""`/api/bounces`: what came back to mails, handed in and listed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rapport.campaigns.bounces import receiving
from rapport.campaigns.models import BounceReport
from rapport.tenants import answers
from rapport.tenants.query import NO_CURSOR, Reader, page
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from rapport.tenants.permission import AuthoredRequest

MEDIA = ("message/rfc822", "text/plain", "application/octet-stream", "")


def represent(row: BounceReport) -> dict[str, Any]:
    """A report as callers see it."""
    told = {name: getattr(row, name) for name in ("kind", "source", "address", "said", "open")}
    ids = {name: getattr(row, f"{name}_id") for name in ("delivery", "campaign", "contact")}
    return {
        "id": str(row.id),
        "at": answers.moment(row.at),
        **told,
        **{name: id and str(id) for name, id in ids.items()},
    }


def create(request: AuthoredRequest, tenant_id: int) -> HttpResponse:
    """Takes a report as it came; 201, or 200 where it is there already. The envelope's recipient may stand beside."""
    reader = Reader(request.META.get("QUERY_STRING", ""))
    envelope = reader("recipient", str) or ""
    reader.finish()
    if request.content_type not in MEDIA:
        return answers.sentence(415, "Send the mail as it came, as message/rfc822.")
    if int(request.META.get("CONTENT_LENGTH") or 0) > receiving.LIMIT:
        return answers.sentence(413, f"The body must not be larger than {receiving.LIMIT} bytes.")
    if not request.body:
        return answers.sentence(400, "Send the mail that came back as the body.")
    with tenant_scope(tenant_id):
        taken = receiving.take(tenant_id, request.body, BounceReport.Source.API, envelope)
    return answers.data(represent(taken.row), 200 if taken.repeated else 201)


def listed(request: HttpRequest, tenant_id: int) -> HttpResponse:
    """A page of what came back, oldest first."""
    reader = Reader(request.META.get("QUERY_STRING", ""))
    exact = {"kind": reader.choice("kind", BounceReport.Kind.values), "delivery_id": reader.id("delivery")}
    wants_open = reader.choice("open", ("true", "false"))
    after, limit = reader.id("cursor", NO_CURSOR), reader.limit()
    reader.finish()
    with tenant_scope(tenant_id):
        rows = BounceReport.objects.filter(
            tenant_id=tenant_id, **{name: value for name, value in exact.items() if value is not None}
        )
        found, cursor = page(rows if wants_open is None else rows.filter(open=wants_open == "true"), after, limit)
    return answers.data({"data": [represent(row) for row in found], "cursor": cursor})
