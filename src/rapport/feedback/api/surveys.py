"""`/api/surveys`: what contacts are asked."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from rapport.feedback import files, surveys
from rapport.feedback.errors import SurveyError, SurveyFaultsError, UnknownSurveyError
from rapport.surveys.models import Survey
from rapport.tenants import answers, bodies
from rapport.tenants.lists import oldest_first
from rapport.tenants.permission import AuthoredRequest
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

_KEYS = {"document", "state"}
REFERENCE = r"(?P<reference>[a-z0-9-]{1,64})"


def _told(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """What is wrong with a survey, as an answer."""

    @wraps(view)
    def answered(*given: Any, **parts: str) -> HttpResponse:
        try:
            return view(*given, **parts)
        except UnknownSurveyError as error:
            return answers.sentence(404, str(error))
        except SurveyFaultsError as error:
            return answers.faults(error.errors)
        except SurveyError as error:
            return answers.sentence(409, str(error))

    return answered


listed = oldest_first(Survey, files.represent)


@_told
def shown(request: HttpRequest, tenant_id: int, reference: str) -> HttpResponse:
    """One survey with its document."""
    with tenant_scope(tenant_id):
        row = surveys.find(tenant_id, reference)
        told = files.represent(row) | {"document": surveys.document(row)}
    return answers.data(told, headers=bodies.etag(row.version))


@_told
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
    faults = {key: [f"The key {key} is unknown; known are document and state."] for key in given.keys() - _KEYS}
    if not isinstance(given.get("document"), dict):
        faults["document"] = ["The document must be an object."]
    if given.get("state") not in (None, *Survey.State.values):
        faults["state"] = [f"The state must be one of {', '.join(Survey.State.values)}."]
    return faults
