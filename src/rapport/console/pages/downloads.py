"""What callers of a configuration can be given, as files for whoever is signed in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import Http404, HttpResponse

from rapport.configurations import catalogue, edits
from rapport.configurations.artefacts import curl, openapi, postman, schema, sheet
from rapport.configurations.artefacts.outline import Outline
from rapport.configurations.errors import UnknownError
from rapport.configurations.models import Configuration
from rapport.console.api.openapi import generate
from rapport.tenants.hosts import hosts
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from django.http import HttpRequest

    from rapport.members.access import Member

#: What can be downloaded of any configuration; the others are for those that take calls.
ANY = ("schema.json", "sample.csv")


def download(request: HttpRequest, member: Member, reference: str, file: str) -> HttpResponse:
    """A file in the configuration's own names."""
    with tenant_scope(member.tenant) as tenant_id:
        try:
            row = edits.find(tenant_id, reference)
        except UnknownError:
            raise Http404 from None
        if row.kind != Configuration.Kind.API and file not in ANY:
            raise Http404
        outline = Outline.of(row, catalogue.of_tenant(tenant_id))
    kind, content = _made(request, outline, file)
    answer = HttpResponse(content, content_type=f"{kind}; charset=utf-8", headers={"Cache-Control": "no-store"})
    answer.headers["Content-Disposition"] = f'attachment; filename="{reference}-{file}"'
    return answer


def _made(request: HttpRequest, outline: Outline, file: str) -> tuple[str, bytes]:
    """The media type and the content of a file."""
    match file:
        case "postman.json":
            made: Any = postman.of_configuration(outline, hosts(request, "{{region}}"), settings.RAPPORT.region)
        case "openapi.json":
            made = openapi.document(outline, generate(hosts(request)))
        case "schema.json":
            made = schema.document(outline)
        case "sample.csv":
            return "text/csv", sheet.text(outline).encode()
        case _:
            return "text/plain", curl.text(outline, hosts(request)).encode()
    return "application/json", json.dumps(made, ensure_ascii=False, indent=2).encode()
