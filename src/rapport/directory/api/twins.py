"""`/api/twins`: contacts and accounts that are likely to be one, to be merged or dismissed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from rapport.directory import twins
from rapport.directory.names import name_of
from rapport.tenants import answers
from rapport.tenants.query import Reader
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from rapport.directory.models import Twin
    from rapport.tenants.permission import AuthoredRequest


def listed(request: HttpRequest, tenant_id: int) -> HttpResponse:
    """A page of pairs, newest first."""
    reader = Reader(request.META.get("QUERY_STRING", ""))
    after, limit = reader.place("cursor"), reader.limit()
    reader.finish()
    with tenant_scope(tenant_id):
        found, cursor = twins.page(tenant_id, after, limit)
    return answers.data({"data": [represent(*each) for each in found], "cursor": cursor})


def dismiss(request: AuthoredRequest, tenant_id: int, id: str) -> HttpResponse:
    """They are two; 204, also the second time."""
    if twins.dismiss(tenant_id, request.author, UUID(id)):
        return answers.nothing()
    return answers.sentence(404, "There are no such twins.")


def represent(row: Twin, *objects: Any) -> dict[str, Any]:
    """A pair as callers see it, the older object first."""
    return {
        "id": str(row.id),
        "type": row.object_type,
        "reason": row.reason,
        "found_at": answers.moment(row.found_at),
        "objects": [{"id": str(each.id), "name": name_of(each)} for each in objects],
    }
