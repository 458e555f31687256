"""The management API of asking."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING

from rapport.feedback.errors import SurveyError, SurveyFaultsError, UnknownSurveyError
from rapport.tenants import answers
from rapport.tenants.permission import View

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


def told(view: View) -> View:
    """Turns what a view raises into the answer that says so."""

    @wraps(view)
    def answering(request: HttpRequest, tenant_id: int, **parts: str) -> HttpResponse:
        try:
            return view(request, tenant_id, **parts)
        except SurveyFaultsError as error:
            return answers.faults(error.errors)
        except SurveyError as error:
            return answers.sentence(404 if isinstance(error, UnknownSurveyError) else 409, str(error))

    return answering
