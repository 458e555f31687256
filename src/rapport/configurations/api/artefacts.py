"""`/api/configurations/{reference}/curl` and its siblings, in the configuration's own names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpResponse

from rapport.configurations import catalogue, edits
from rapport.configurations.artefacts import curl, openapi, postman, schema, sheet
from rapport.configurations.artefacts.outline import Outline
from rapport.configurations.errors import FilesOnlyError
from rapport.configurations.models import Configuration
from rapport.tenants import answers
from rapport.tenants.hosts import hosts
from rapport.tenants.scope import tenant_scope

from . import told

if TYPE_CHECKING:
    from django.http import HttpRequest


@told
def call(request: HttpRequest, tenant_id: int, reference: str) -> HttpResponse:
    """A script for a shell."""
    outline = outlined(tenant_id, reference, called=True)
    return _text(curl.text(outline, hosts(request)), "text/plain")


@told
def described(
    request: HttpRequest, tenant_id: int, reference: str, general: Callable[[Mapping[str, str]], dict[str, Any]]
) -> HttpResponse:
    """OpenAPI; `general` makes the service's own document from its addresses."""
    outline = outlined(tenant_id, reference, called=True)
    return answers.data(openapi.document(outline, general(hosts(request))))


@told
def collected(request: HttpRequest, tenant_id: int, reference: str) -> HttpResponse:
    """A collection for Postman."""
    outline = outlined(tenant_id, reference, called=True)
    region = settings.RAPPORT.region
    return answers.data(postman.of_configuration(outline, hosts(request, "{{region}}"), region))


@told
def filled(request: HttpRequest, tenant_id: int, reference: str) -> HttpResponse:
    """A file with two rows."""
    answer = _text(sheet.text(outlined(tenant_id, reference)), "text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{reference}.csv"'
    return answer


@told
def modelled(request: HttpRequest, tenant_id: int, reference: str) -> HttpResponse:
    """A JSON Schema."""
    return answers.data(schema.document(outlined(tenant_id, reference)))


def outlined(tenant_id: int, reference: str, *, called: bool = False) -> Outline:
    """The outline of a configuration; `called`: of one that takes calls. Raises `UnknownError`, `FilesOnlyError`."""
    with tenant_scope(tenant_id):
        row = edits.find(tenant_id, reference)
        if called and row.kind != Configuration.Kind.API:
            raise FilesOnlyError
        return Outline.of(row, catalogue.of_tenant(tenant_id))


def _text(text: str, kind: str) -> HttpResponse:
    return HttpResponse(text, content_type=f"{kind}; charset=utf-8", headers={"Cache-Control": "no-store"})
