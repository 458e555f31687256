"""`/api/surveys`: what contacts are asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rapport.feedback import files, surveys
from rapport.records.errors import sentence
from rapport.surveys.models import Survey
from rapport.tenants import answers, bodies
from rapport.tenants.lists import oldest_first
from rapport.tenants.permission import AuthoredRequest
from rapport.tenants.scope import tenant_scope

from . import told

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

_KEYS = ("document", "state")
REFERENCE = r"(?P<reference>[a-z0-9-]{1,64})"


def listed(request: HttpRequest, tenant_id: int) -> HttpResponse:
    """The surveys, oldest first, a page at a time."""
    return oldest_first(request, tenant_id, Survey, files.represent)


@told
def shown(request: HttpRequest, tenant_id: int, reference: str) -> HttpResponse:
    """One survey with its document."""
    with tenant_scope(tenant_id):
        row = surveys.find(tenant_id, reference)
        shown = files.represent(row) | {"document": surveys.document(row)}
    return answers.data(shown, headers=bodies.etag(row.version))


@told
def save(request: AuthoredRequest, tenant_id: int, reference: str) -> HttpResponse:
    """A new survey, or a new version of one, as files bring it."""
    given = bodies.read(request)
    if faults := _faults(given):
        return answers.faults(faults)
    with tenant_scope(tenant_id):
        before = Survey.objects.filter(tenant_id=tenant_id, reference=reference).first()
        if before is not None:
            bodies.require_match(request, before.version)
        elif "If-Match" in request.headers:
            raise answers.Refused(answers.sentence(412, "There is no such survey."))
        files.bring(tenant_id, request.author, {"reference": reference, **given}, before.version if before else None)
        row = surveys.find(tenant_id, reference)
    headers = bodies.etag(row.version) | ({} if before else {"Location": f"/api/surveys/{row.reference}"})
    return answers.data(files.represent(row), 200 if before else 201, headers)


def _faults(given: dict[str, Any]) -> dict[str, list[str]]:
    faults = {key: [sentence("unknown", key, known=", ".join(_KEYS))] for key in given if key not in _KEYS}
    if not isinstance(given.get("document"), dict):
        faults["document"] = [sentence("object_expected", "document")]
    if given.get("state") not in (None, *Survey.State.values):
        faults["state"] = [f"The state must be one of {', '.join(Survey.State.values)}."]
    return faults
