"""`/api/configurations`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rapport.configurations import changes, document, edits
from rapport.configurations.locks import editing
from rapport.configurations.models import Configuration, ConfigurationEdit
from rapport.records.entries import KINDS
from rapport.records.types import ALL
from rapport.tenants import answers, bodies
from rapport.tenants.query import NO_CURSOR, Reader, page
from rapport.tenants.scope import tenant_scope

from . import told

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from rapport.tenants.permission import AuthoredRequest

ADDRESS = "/api/configurations/"


@told
def listed(request: HttpRequest, tenant_id: int) -> HttpResponse:
    """A page of configurations, oldest first."""
    reader = Reader(request.META.get("QUERY_STRING", ""))
    wanted: dict[str, Any] = {"kind": reader.choice("kind", KINDS), "data_type": reader.choice("data_type", ALL)}
    active = reader.choice("active", ("true", "false"))
    after, limit = reader.id("cursor", NO_CURSOR), reader.limit()
    reader.finish()
    wanted["active"] = None if active is None else active == "true"
    with tenant_scope(tenant_id):
        rows = Configuration.objects.filter(
            tenant_id=tenant_id, **{name: value for name, value in wanted.items() if value is not None}
        )
        found, cursor = page(rows, after, limit)
    return answers.data({"data": [document.represent(row) for row in found], "cursor": cursor})


@told
def create(request: AuthoredRequest, tenant_id: int) -> HttpResponse:
    """A new configuration."""
    given = bodies.read(request)
    with editing(tenant_id):
        return _made(edits.create(tenant_id, request.author, given))


@told
def shown(request: HttpRequest, tenant_id: int, reference: str) -> HttpResponse:
    """One configuration."""
    with tenant_scope(tenant_id):
        return _shown(edits.find(tenant_id, reference))


@told
def change(request: AuthoredRequest, tenant_id: int, reference: str) -> HttpResponse:
    """New content for a configuration."""
    given = bodies.read(request)
    with editing(tenant_id):
        row = edits.find(tenant_id, reference)
        bodies.require_match(request, row.version)
        edits.change(row, request.author, given)
        return _shown(row)


@told
def remove(request: AuthoredRequest, tenant_id: int, reference: str) -> HttpResponse:
    """Removes a configuration that nobody uses."""
    with editing(tenant_id):
        row = edits.find(tenant_id, reference)
        bodies.require_match(request, row.version)
        edits.remove(row, request.author)
    return answers.nothing()


@told
def copy(request: AuthoredRequest, tenant_id: int, reference: str) -> HttpResponse:
    """A copy that can be changed."""
    given = bodies.read(request)
    with editing(tenant_id):
        return _made(edits.copy(edits.find(tenant_id, reference), request.author, given))


@told
def activate(request: AuthoredRequest, tenant_id: int, reference: str) -> HttpResponse:
    """Callers may use it again."""
    return _set_active(request, tenant_id, reference, active=True)


@told
def deactivate(request: AuthoredRequest, tenant_id: int, reference: str) -> HttpResponse:
    """Callers may no longer use it."""
    return _set_active(request, tenant_id, reference, active=False)


@told
def history(request: HttpRequest, tenant_id: int, reference: str) -> HttpResponse:
    """A page of a configuration's edits, each of which made a version, newest first."""
    reader = Reader(request.META.get("QUERY_STRING", ""))
    before, limit = reader.number("cursor", NO_CURSOR), reader.limit()
    reader.finish()
    with tenant_scope(tenant_id):
        row = edits.find(tenant_id, reference)
        rows = ConfigurationEdit.objects.filter(tenant_id=tenant_id, configuration_id=row.id).order_by("-version")
        found = list((rows if before is None else rows.filter(version__lt=before))[: limit + 1])
        told = changes.told(row, found[:limit])
    cursor = str(found[limit - 1].version) if len(found) > limit else None
    return answers.data({"data": [_edit(*each) for each in zip(found, told, strict=False)], "cursor": cursor})


def _set_active(request: AuthoredRequest, tenant_id: int, reference: str, *, active: bool) -> HttpResponse:
    with editing(tenant_id):
        row = edits.find(tenant_id, reference)
        if "If-Match" in request.headers:
            bodies.require_match(request, row.version)
        edits.set_active(row, request.author, active=active)
        return _shown(row)


def _shown(row: Configuration) -> HttpResponse:
    return answers.data(document.represent(row), headers=bodies.etag(row.version))


def _made(row: Configuration) -> HttpResponse:
    headers = {**bodies.etag(row.version), "Location": ADDRESS + row.reference}
    return answers.data(document.represent(row), 201, headers)


def _edit(row: ConfigurationEdit, edit: changes.Edit) -> dict[str, Any]:
    actor = {"type": row.actor_type, "id": row.actor_id and str(row.actor_id), "name": row.actor_name}
    return {
        "version": row.version,
        "at": answers.moment(row.at),
        "actor": actor,
        "comment": row.comment,
        "differences": [each._asdict() for each in edit.differences],
        "before": row.before,
        "after": row.after,
    }
