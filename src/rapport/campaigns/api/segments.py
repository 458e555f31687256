"""`/api/segments`, and how many contacts recipients mean."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from rapport.campaigns import choosing, recipients, representation, segments
from rapport.campaigns.errors import FaultsError
from rapport.campaigns.models import Segment
from rapport.tenants import answers, bodies
from rapport.tenants.lists import oldest_first
from rapport.tenants.scope import tenant_scope

from . import told

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from rapport.tenants.permission import AuthoredRequest


def listed(request: HttpRequest, tenant_id: int) -> HttpResponse:
    """The segments, oldest first, a page at a time."""
    return oldest_first(request, tenant_id, Segment, representation.segment)


@told
def create(request: AuthoredRequest, tenant_id: int) -> HttpResponse:
    """A new segment."""
    given = bodies.read(request)
    with tenant_scope(tenant_id):
        row = segments.save(Segment(tenant_id=tenant_id, name="", version=1), request.author, given)
    headers = {**bodies.etag(row.version), "Location": f"/api/segments/{row.id}"}
    return answers.data(representation.segment(row), 201, headers)


@told
def shown(request: HttpRequest, tenant_id: int, id: str) -> HttpResponse:
    """One segment."""
    with tenant_scope(tenant_id):
        row = segments.find(tenant_id, UUID(id))
    return answers.data(representation.segment(row), headers=bodies.etag(row.version))


@told
def change(request: AuthoredRequest, tenant_id: int, id: str) -> HttpResponse:
    """A segment's name or its conditions."""
    given = bodies.read(request)
    with tenant_scope(tenant_id):
        row = segments.find(tenant_id, UUID(id), locked=True)
        bodies.require_match(request, row.version)
        segments.save(row, request.author, given)
    return answers.data(representation.segment(row), headers=bodies.etag(row.version))


@told
def remove(request: AuthoredRequest, tenant_id: int, id: str) -> HttpResponse:
    """Removes it."""
    with tenant_scope(tenant_id):
        segments.remove(segments.find(tenant_id, UUID(id)), request.author)
    return answers.nothing()


@told
def count(request: HttpRequest, tenant_id: int) -> HttpResponse:
    """How many contacts recipients mean now; an estimate where that takes longer than a second."""
    given = bodies.read(request)
    with tenant_scope(tenant_id):
        faults = recipients.check(tenant_id, given.get("recipients"))
        faults |= {key: ["Only recipients are counted."] for key in given if key != "recipients"}
        if faults:
            raise FaultsError(faults)
        found = choosing.count(tenant_id, given["recipients"])
    return answers.data({"count": found.number, "exact": found.exact})
