"""`/api/unmapped`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rapport.configurations import unmapped
from rapport.records.entries import unknown
from rapport.records.errors import sentence
from rapport.tenants import answers, bodies
from rapport.tenants.query import Reader
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from rapport.tenants.permission import AuthoredRequest


def listed(request: HttpRequest, tenant_id: int) -> HttpResponse:
    """The headings that nothing maps, those seen last first."""
    reader = Reader(request.META.get("QUERY_STRING", ""))
    reference, dismissed = reader("configuration", str), reader.choice("dismissed", ("true", "false")) == "true"
    limit = reader.limit()
    reader.finish()
    with tenant_scope(tenant_id):
        return answers.data({"data": unmapped.headings(tenant_id, reference, limit, dismissed=dismissed)})


def dismiss(request: AuthoredRequest, tenant_id: int) -> HttpResponse:
    """Takes a heading from the list; it goes on being counted."""
    return _do(request, tenant_id, unmapped.dismiss, "dismissed")


def forget(request: AuthoredRequest, tenant_id: int) -> HttpResponse:
    """Deletes a heading with its values; it is new when it comes again."""
    return _do(request, tenant_id, unmapped.forget, "forgotten")


def _do(request: AuthoredRequest, tenant_id: int, act: Any, done: str) -> HttpResponse:
    """Does an act to the heading that the body names."""
    given = bodies.read(request)
    names = ("configuration", "heading")
    wrong = unknown(given, names)
    wrong |= {name: [sentence("string", name)] for name in names if not isinstance(given.get(name, ""), str)}
    wrong |= {name: [sentence("required", name)] for name in names if name not in given}
    if wrong:
        return answers.faults(wrong)
    with tenant_scope(tenant_id):
        found = act(tenant_id, request.author, given["configuration"], given["heading"])
    return answers.data({done: True}) if found else answers.sentence(404, "There is nothing at this address.")
