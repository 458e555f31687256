"""`/api/twins`: contacts and accounts that are likely to be one, to be merged, dismissed or brought back."""

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
    """A page of pairs, newest first: open ones, or with `dismissed=true` those that somebody has dismissed."""
    reader = Reader(request.META.get("QUERY_STRING", ""))
    after, limit = reader.place("cursor"), reader.limit()
    dismissed = reader.choice("dismissed", ("true", "false")) == "true"
    reader.finish()
    with tenant_scope(tenant_id):
        found, cursor = twins.page(tenant_id, after, limit, dismissed=dismissed)
    return answers.data({"data": [represent(*each) for each in found], "cursor": cursor})


def dismiss(request: AuthoredRequest, tenant_id: int, id: str) -> HttpResponse:
    """They are two; 204, also the second time."""
    if twins.dismiss(tenant_id, request.author, UUID(id)):
        return answers.nothing()
    return answers.sentence(404, "There are no such twins.")


def restore(request: AuthoredRequest, tenant_id: int, id: str) -> HttpResponse:
    """They may be one after all; 204, also for a pair that is open, 409 where they share nothing any more."""
    found = twins.restore(tenant_id, UUID(id))
    if found is None:
        return answers.sentence(404, "There are no such twins.")
    if not found:
        return answers.sentence(409, "They share nothing any more, and are likely twins no longer.")
    return answers.nothing()


def represent(row: Twin, *objects: Any) -> dict[str, Any]:
    """A pair as callers see it, the older object first."""
    return {
        "id": str(row.id),
        "type": row.object_type,
        "reason": row.reason,
        "found_at": answers.moment(row.found_at),
        "dismissed_at": row.dismissed_at and answers.moment(row.dismissed_at),
        "dismissed_by": row.dismissed_by,
        "objects": [{"id": str(each.id), "name": name_of(each)} for each in objects],
    }
