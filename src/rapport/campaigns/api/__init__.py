"""The management API of campaigns, segments and deliveries."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING

from rapport.campaigns.errors import CampaignError, FaultsError, MovedError, UnknownError
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
        except FaultsError as error:
            return answers.faults(error.errors)
        except MovedError as error:
            return answers.data({"message": str(error), "changed": error.changed}, 409)
        except CampaignError as error:
            return answers.sentence(404 if isinstance(error, UnknownError) else 409, str(error))

    return answering
