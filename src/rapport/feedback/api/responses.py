"""`/api/responses`: what was answered, here and elsewhere, and what people do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from rapport.feedback import following_up, representation, responses, wanted
from rapport.feedback.errors import SurveyFaultsError
from rapport.feedback.fields import fields
from rapport.history import ledger
from rapport.history.models import Change
from rapport.surveys.models import ExternalResponse, Response, ResponsePage
from rapport.tenants import answers, bodies
from rapport.tenants.models import Tenant
from rapport.tenants.permission import AuthoredRequest
from rapport.tenants.query import NO_CURSOR, Reader
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from rapport.feedback.responses import Answer
    from rapport.feedback.wanted import Filter


def listed(request: HttpRequest, tenant_id: int) -> HttpResponse:
    """A page of responses in the order of entering, or, with `updated_since`, of their latest changes."""
    reader = Reader(request.META.get("QUERY_STRING", ""))
    tenant = Tenant.objects.get(pk=tenant_id)
    with tenant_scope(tenant_id):
        filters = wanted.read(reader, fields(tenant))
        since, cursor, limit = reader.time("updated_since"), reader.number("cursor", NO_CURSOR), reader.limit()
        reader.finish()
        if since is None:
            found, numbers = wanted.page(tenant_id, filters, after=cursor or 0, limit=limit + 1)
            found, behind = found[:limit], numbers[limit - 1] if len(numbers) > limit else None
        else:
            found, behind = _updated(tenant_id, filters, since, cursor, limit)
    return answers.page(
        request, [representation.response(each) for each in found], None if behind is None else str(behind)
    )


def shown(request: HttpRequest, tenant_id: int, id: str) -> HttpResponse:
    """One response with every page as it came and what was done about it."""
    with tenant_scope(tenant_id):
        return answers.data(_whole(tenant_id, _find(tenant_id, id)))


def follow_up(request: AuthoredRequest, tenant_id: int, id: str) -> HttpResponse:
    """Moves, assigns or notes a response."""
    given = bodies.read(request)
    with tenant_scope(tenant_id):
        answer = _find(tenant_id, id)
        people = following_up.members(tenant_id)
        try:
            done = following_up.read(given, members=people)
        except SurveyFaultsError as error:
            raise answers.Refused(answers.faults(error.errors)) from None
        following_up.act(tenant_id, answer.id, request.author, done, people)
        return answers.data(_whole(tenant_id, _find(tenant_id, id)))


def _find(tenant_id: int, id: str) -> Answer:
    try:
        return responses.find(tenant_id, UUID(id))
    except responses.UnknownResponseError:
        raise answers.Refused(answers.sentence(404, "There is no such response.")) from None


def _whole(tenant_id: int, answer: Answer) -> dict[str, Any]:
    pages = ResponsePage.objects.filter(tenant_id=tenant_id, response_id=answer.id).order_by("number")
    return representation.response(answer) | {
        "pages": [representation.page(row) for row in pages],
        "notes": [representation.note(row) for row in following_up.notes(tenant_id, answer.id)],
    }


def _updated(
    tenant_id: int, filters: Filter, since: datetime, cursor: int | None, limit: int
) -> tuple[list[Answer], int | None]:
    """In the order of their latest changes, read from the ledger. Index: the ledger's primary key."""
    start = ledger.first_since(tenant_id, since, ledger.head(tenant_id)) if cursor is None else cursor + 1
    current = Response.objects.filter(
        tenant_id=tenant_id, id=OuterRef("object_id"), version=OuterRef("version"), entered_seq__isnull=False
    )
    there = ExternalResponse.objects.filter(tenant_id=tenant_id, id=OuterRef("object_id"))
    latest = Q(Exists(current), object_type="response") | Q(Exists(there), object_type="external_response")
    rows = Change.objects.filter(latest, tenant_id=tenant_id, seq__gte=start).order_by("seq")
    found = list(rows.values_list("seq", "object_id")[: limit + 1])
    ids = list(dict.fromkeys(id for _, id in found[:limit]))
    kept = wanted.among(tenant_id, filters, ids)
    behind = found[limit - 1][0] if len(found) > limit else None
    return responses.load(tenant_id, [id for id in ids if id in kept]), behind
