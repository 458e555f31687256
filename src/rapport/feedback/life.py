"""What has become of a survey record, as its page tells it; inside the tenant's scope."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q

from rapport.surveys.models import Fetch, Response, ResponsePage, Survey, SurveyRecord
from rapport.tenants.hosts import hosts

from . import asking, links, rendering
from .documents.survey import compiled
from .surveys import document

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

#: Pages of an answer that are shown.
PAGES = 100


def of(request: HttpRequest, tenant_id: int, row: SurveyRecord) -> dict[str, Any]:
    """Its link, its times, its looks, its answer with each page."""
    state = asking.state_now(row)
    looks = list(Fetch.objects.filter(tenant_id=tenant_id, object_id=row.id, purpose=Fetch.Purpose.ANSWER))
    which = {"id": row.survey_id} if row.survey_id else {"is_default": True}
    survey = Survey.objects.filter(tenant_id=tenant_id, **which).first()
    response = Response.objects.filter(tenant_id=tenant_id, survey_record_id=row.id).first()
    over = (SurveyRecord.State.CLOSED, SurveyRecord.State.CANCELLED)
    return {
        "state": state,
        "state_label": SurveyRecord.State(state).label,
        "open": state not in over and row.closed_at is None,
        "closes_at": row.closed_at or row.ends_at,
        "link": _address(request, tenant_id, links.ANSWER, row),
        "unsubscribe_link": _address(request, tenant_id, links.UNSUBSCRIBE, row),
        "survey": survey,
        "fetches": sum(look.fetches for look in looks),
        "intents": [look for look in looks if look.score != Fetch.NO_SCORE and response is None],
        "response": response,
        **(_answered(tenant_id, response, survey) if response else {}),
    }


def in_state(rows: QuerySet[SurveyRecord], state: str) -> QuerySet[SurveyRecord]:
    """The rows that are in a state as people see it; all of them where it is none."""
    if state not in SurveyRecord.State.values:
        return rows
    over = Q(state__in=SurveyRecord.WAITING, closes_at__lte=asking.now())
    if state == SurveyRecord.State.CLOSED:
        return rows.filter(Q(state=state) | over)
    return rows.filter(state=state).exclude(over) if state in SurveyRecord.WAITING else rows.filter(state=state)


def _answered(tenant_id: int, response: Response, survey: Survey | None) -> dict[str, Any]:
    own = ResponsePage.objects.filter(tenant_id=tenant_id, response_id=response.id).order_by("number")
    told: list[tuple[str, str]] = []
    if survey is not None and survey.id == response.survey_id:
        shown = compiled(document(survey, response.survey_version))
        seen = rendering.Seen(language=shown.languages[0], answers=response.answers, about={})
        told = rendering.said(shown, seen)
    return {"pages": list(own[:PAGES]), "said": told}


def _address(request: HttpRequest, tenant_id: int, purpose: str, row: SurveyRecord) -> str:
    generation = row.generation if purpose == links.ANSWER else 0
    return f"{hosts(request)['pages']}/{purpose}/{links.make(tenant_id, purpose, row.id, generation)}"
