"""`/api/survey-records`: a contact is asked, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from rapport.db.write import Actor
from rapport.directory.models import Contact
from rapport.feedback import asking, links, representation
from rapport.feedback.errors import SurveyFaultsError, SurveyStateError
from rapport.surveys.models import Response, Survey, SurveyRecord
from rapport.tenants import answers, bodies, lifecycle
from rapport.tenants.errors import BusyError
from rapport.tenants.hosts import hosts
from rapport.tenants.models import Tenant
from rapport.tenants.permission import AuthoredRequest
from rapport.tenants.query import NO_CURSOR, Reader, page
from rapport.tenants.scope import tenant_scope

from .exports import narrowed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest, HttpResponse

_KEYS = ("email", "phone", "id")
_WHOM = "The contact must be an object with one of email, phone and id."


def create(request: AuthoredRequest, tenant_id: int) -> HttpResponse:
    """A new survey record, with its link."""
    wanted = _wanted(tenant_id, bodies.read(request))
    tenant = Tenant.objects.get(pk=tenant_id)
    try:
        id = asking.ask(tenant, Actor("app", request.author.id), SurveyRecord.Origin.API, wanted)
    except SurveyFaultsError as error:
        return answers.faults({f"contact.{name}": told for name, told in error.errors.items()})
    except BusyError as error:
        return answers.sentence(503, str(error), {"Retry-After": str(answers.RETRY_AFTER)})
    told = {"survey_record": str(id), "link": link(request, tenant_id, id, 0)}
    return answers.data(told, 201, {"Location": f"/api/survey-records/{id}"})


def listed(request: HttpRequest, tenant_id: int) -> HttpResponse:
    """A page of survey records, oldest first."""
    reader = Reader(request.META.get("QUERY_STRING", ""))
    given = narrowed(reader)
    after, limit = reader.id("cursor", NO_CURSOR), reader.limit()
    reader.finish()
    with tenant_scope(tenant_id):
        found, cursor = page(SurveyRecord.objects.filter(tenant_id=tenant_id, **given), after, limit)
    return answers.page(request, [representation.survey_record(row, asking.state_now(row)) for row in found], cursor)


def shown(request: HttpRequest, tenant_id: int, id: str) -> HttpResponse:
    """One survey record: its state, its link, whom and what it asks, and the answer."""
    with tenant_scope(tenant_id):
        row = SurveyRecord.objects.filter(tenant_id=tenant_id, id=UUID(id)).first()
        if row is None:
            raise answers.Refused(answers.sentence(404, "There is no such survey record."))
        contact = Contact.ever.get(tenant_id=tenant_id, id=row.contact_id)
        default = {"id": row.survey_id} if row.survey_id else {"is_default": True}
        survey = Survey.objects.filter(tenant_id=tenant_id, **default).first()
        response = Response.objects.filter(tenant_id=tenant_id, survey_record_id=row.id).first()
        deliveries = lifecycle.deliveries(row)
    return answers.data(
        {
            "id": str(row.id),
            "number_customergauge": row.number,
            "state": asking.state_now(row),
            "link": link(request, tenant_id, row.id, row.generation),
            "survey": survey and survey.reference,
            "survey_version": row.survey_version,
            "contact": {"id": str(row.contact_id), "email": contact.email, "phone": contact.phone},
            "account": row.account_id and {"id": str(row.account_id)},
            "touchpoint": row.touchpoint,
            "origin": row.origin,
            **{name: _time(getattr(row, name)) for name in ("created_at", "sent_at", "started_at", "answered_at")},
            "closes_at": _time(row.closed_at or row.ends_at),
            "deliveries": deliveries,
            "answers": response and response.answers,
            "response": response and represent(response),
        }
    )


def link(request: HttpRequest, tenant_id: int, id: UUID, generation: int) -> str:
    """The address under which a survey record is answered."""
    return f"{hosts(request)['pages']}/a/{links.make(tenant_id, links.ANSWER, id, generation)}"


def represent(row: Response) -> dict[str, Any]:
    """An answer as callers see it."""
    return {
        "id": str(row.id),
        "nps": row.nps_score,
        "comment": row.comment,
        "answers": row.answers,
        "language": row.language,
        "channel": row.channel,
        "survey_version": row.survey_version,
        "corrections": row.corrections,
        "started_at": _time(row.started_at),
        "answered_at": _time(row.answered_at),
        "updated_at": _time(row.updated_at),
    }


def _wanted(tenant_id: int, given: Mapping[str, Any]) -> asking.Wanted:
    """Whom and what a body asks. Raises `answers.Refused` with every fault."""
    faults = {name: [f"The field {name} is unknown."] for name in given.keys() - {"contact", "survey"}}
    contact, reference = given.get("contact"), given.get("survey")
    if not _is_contact(contact):
        faults["contact"] = [_WHOM]
    survey = None
    if reference is not None:
        try:
            with tenant_scope(tenant_id):
                survey = asking.survey_to_ask(tenant_id, str(reference))
        except SurveyStateError as error:
            faults["survey"] = [str(error)]
    if faults or not isinstance(contact, dict):
        raise answers.Refused(answers.faults(faults))
    keys = {name: text for name, text in contact.items() if name != "id"}
    return asking.Wanted(keys, UUID(contact["id"]) if "id" in contact else None, survey)


def _is_contact(given: Any) -> bool:
    if not isinstance(given, dict) or len(given) != 1 or not given.keys() <= set(_KEYS):
        return False
    [(name, text)] = given.items()
    if not isinstance(text, str) or not text.strip():
        return False
    try:
        return name != "id" or bool(UUID(text))
    except ValueError:
        return False


def _time(moment: Any) -> str | None:
    return moment and answers.moment(moment)
