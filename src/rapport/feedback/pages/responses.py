"""Responses: the list as it grows, one page each with its whole story, what people do about it, files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render

from rapport.directory.legend import legend, values
from rapport.feedback import exporting, following_up, history, responses, wanted
from rapport.feedback.documents.languages import own_name
from rapport.feedback.errors import SurveyFaultsError
from rapport.feedback.narrowing import AnswersForm
from rapport.tenants import exports
from rapport.tenants.query import Reader
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from rapport.members.access import Member

SIZE = 50
#: New answers that are counted one by one.
COUNTED = 99
_BAD = "There is no such place."


def listed(request: HttpRequest, member: Member) -> HttpResponse:
    """The answers, newest first, behind filters; with `since`, how many have come since one of them."""
    reader = Reader(request.META.get("QUERY_STRING", ""))
    since, before, after = (reader.number(name, _BAD) for name in ("since", "before", "after"))
    with tenant_scope(member.tenant) as tenant_id:
        form = AnswersForm(request.GET, member)
        filters = form.filter()
        if since is not None:
            _, fresh = wanted.page(tenant_id, filters, after=since, limit=COUNTED + 1)
            return render(
                request,
                "feedback/new_responses.html",
                {"count": min(len(fresh), COUNTED), "more": len(fresh) > COUNTED},
            )
        found, numbers = wanted.page(tenant_id, filters, after=after, before=before, limit=SIZE + 1)
        people = following_up.members(tenant_id)
    more, found, numbers = len(found) > SIZE, found[:SIZE], numbers[:SIZE]
    if after is not None:
        found, numbers = found[::-1], numbers[::-1]
    context = {
        "form": form,
        "inputs": form.inputs("touchpoint", "survey", "group", "type", "follow_up", "assignee", "start", "end"),
        "lines": [(each, people.get(each.assignee_id) if each.assignee_id else None) for each in found],
        "first": before is None and after is None,
        "newest": numbers[0] if numbers else 0,
        "newer": numbers[0] if numbers and (before is not None or (after is not None and more)) else None,
        "older": numbers[-1] if numbers and (more or after is not None) else None,
        "kinds": exports.MEDIA_TYPES,
    }
    return render(request, "feedback/responses.html", context)


def shown(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """One answer with its whole story, and a form that follows it up."""
    with tenant_scope(member.tenant) as tenant_id:
        answer = _find(tenant_id, id)
        people = following_up.members(tenant_id)
        facts = legend(member.tenant, "survey").facts(_attributes(answer))
        context = {
            "answer": answer,
            "row": answer.row,
            "language": "" if answer.is_external else own_name(answer.row.language),
            "contact": answer.contact,
            "contact_name": answer.who,
            "account": answer.account,
            "custom": [fact for fact in facts if fact.entry.custom and fact.text],
            "events": history.of(tenant_id, answer),
            "notes": following_up.notes(tenant_id, answer.id),
            "people": people,
            "assignee": people.get(answer.assignee_id) if answer.assignee_id else None,
            "states": following_up.STATES,
        }
    return render(request, "feedback/response.html", context)


def follow_up(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """Moves, assigns or notes an answer."""
    given = {name: request.POST[name] for name in ("state", "assignee", "note") if name in request.POST}
    with tenant_scope(member.tenant) as tenant_id:
        answer = _find(tenant_id, id)
        people = following_up.members(tenant_id)
        try:
            done = following_up.read(given, members=people)
        except SurveyFaultsError as error:
            messages.error(request, " ".join(text for texts in error.errors.values() for text in texts))
        else:
            if following_up.act(tenant_id, answer.id, member.author, done, people):
                messages.success(request, "It is noted.")
    return redirect(member.to("response", id=id))


def export(request: HttpRequest, member: Member, kind: str) -> Any:
    """The file of what the list shows."""
    with tenant_scope(member.tenant):
        filters = AnswersForm(request.GET, member).filter()
    return exports.streamed(exporting.responses(member.tenant, filters), kind)


def _find(tenant_id: int, id: str) -> responses.Answer:
    try:
        return responses.find(tenant_id, UUID(id))
    except responses.UnknownResponseError:
        raise Http404 from None


def _attributes(answer: responses.Answer) -> dict[str, Any]:
    """The fields of its survey record, by their names in the ledger."""
    if answer.is_external:
        return values(answer.row)
    return values(answer.record) if answer.record else {}
