"""Asking a contact by hand, closing a survey record, revoking its link."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render

from rapport.db.write import Actor
from rapport.directory.models import Contact
from rapport.directory.names import contact_name
from rapport.directory.pages.owners import found
from rapport.feedback import asking, intents
from rapport.feedback.errors import SurveyFaultsError
from rapport.surveys.models import Fetch, Survey, SurveyRecord
from rapport.tenants.errors import BusyError
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    from rapport.members.access import Member


def ask(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """A form that says which survey; then the new survey record, with the link to pass on."""
    with tenant_scope(member.tenant) as tenant_id:
        contact = found(Contact, tenant_id, id)
        surveys = list(
            Survey.objects.filter(tenant_id=tenant_id, state=Survey.State.LIVE).order_by("-is_default", "name")
        )
    chosen = next((each for each in surveys if each.reference == request.POST.get("survey")), None)
    if request.method == "POST" and (chosen or not request.POST.get("survey")):
        wanted = asking.Wanted({}, contact.id, chosen)
        try:
            made = asking.ask(member.tenant, Actor("user", member.user.id), SurveyRecord.Origin.HAND, wanted)
        except (BusyError, SurveyFaultsError) as error:
            messages.error(request, str(error))
        else:
            messages.success(request, "The survey is ready: copy its link into a message of your own.")
            return redirect(member.to("survey-record", id=made))
    context = {"contact": contact, "name": contact_name(contact), "surveys": surveys}
    return render(request, "feedback/ask.html", context)


def close(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """Asks, then closes a survey record."""
    if request.method == "POST":
        return _act(request, member, id, asking.close, "It is closed.")
    sentences = [
        "Whoever opens the link from now on is told that the survey is closed.",
        "What somebody opened before is still taken. There is no way back; you can ask the contact anew.",
    ]
    return _confirm(request, member, id, "Close this survey record?", sentences, "Close")


def revoke(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """Asks, then makes the link of a survey record lead nowhere, and another one take its place."""
    if request.method == "POST":
        return _act(request, member, id, asking.revoke, "The link is revoked; the page has the new one.")
    sentences = [
        "The link that was sent or copied so far leads nowhere at once; this page shows a new one.",
        "Links to unsubscribe go on to work.",
    ]
    return _confirm(request, member, id, "Revoke the link?", sentences, "Revoke")


def accept(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """Asks, then makes an answer of a score that stood in the address of a look."""
    given = request.POST if request.method == "POST" else request.GET
    with tenant_scope(member.tenant) as tenant_id:
        row = found(SurveyRecord, tenant_id, id)
        own = Fetch.objects.filter(tenant_id=tenant_id, purpose=Fetch.Purpose.ANSWER, object_id=row.id, score__gte=0)
        looks = {str(look.score): look for look in own}
    if "score" not in given:
        return redirect(member.to("survey-record", id=id))
    look = looks.get(given["score"])
    if look is None:
        raise Http404
    if request.method == "POST":
        done = intents.accept(tenant_id, look, Actor("user", member.user.id))
        (messages.success if done else messages.error)(request, _ACCEPTED if done else _ANSWERED)
        return redirect(member.to("survey-record", id=id))
    sentences = [
        f"{look.score} becomes the answer of this survey record, and counts as if it had been sent.",
        "Nobody has pressed the button: a mail scanner may have followed the link. The history says that you did this.",
    ]
    more = {"fields": {"score": look.score}}
    return _confirm(request, member, id, f"Accept {look.score} as the answer?", sentences, "Accept", **more)


_ACCEPTED = "It is an answer now; the history says who accepted it."
_ANSWERED = "Nothing was changed: there is an answer already."


def _act(
    request: HttpRequest, member: Member, id: str, act: Callable[[int, UUID, Actor], bool], said: str
) -> HttpResponse:
    with tenant_scope(member.tenant) as tenant_id:
        row = found(SurveyRecord, tenant_id, id)
    try:
        if act(tenant_id, row.id, Actor("user", member.user.id)):
            messages.success(request, said)
    except BusyError as error:
        messages.error(request, str(error))
    return redirect(member.to("survey-record", id=id))


def _confirm(
    request: HttpRequest, member: Member, id: str, title: str, sentences: list[str], action: str, **more: Any
) -> HttpResponse:
    with tenant_scope(member.tenant) as tenant_id:
        found(SurveyRecord, tenant_id, id)
    back = member.to("survey-record", id=id)
    context = {"title": title, "sentences": sentences, "action": action, "danger": True, "back": back, **more}
    return render(request, "console/confirm.html", context)
