"""Feedback, Surveys: the list, one survey with its versions, and what is done with one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render

from rapport.feedback import editor, surveys
from rapport.feedback.documents import checks
from rapport.feedback.documents.starters import STARTERS
from rapport.feedback.errors import SurveyError, UnknownSurveyError
from rapport.surveys.models import Survey, SurveyVersion
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    from rapport.members.access import Member
    from rapport.tenants.actors import Author

#: Versions that a page shows.
VERSIONS = 50


def listed(request: HttpRequest, member: Member) -> HttpResponse:
    """The surveys, the default first, archived ones last."""
    order = {Survey.State.LIVE: 0, Survey.State.DRAFT: 1, Survey.State.ARCHIVED: 2}
    with tenant_scope(member.tenant) as tenant_id:
        rows = list(Survey.objects.filter(tenant_id=tenant_id).order_by("name", "id"))
    rows.sort(key=lambda row: (not row.is_default, order[Survey.State(row.state)]))
    return render(request, "feedback/surveys.html", {"rows": rows})


def new(request: HttpRequest, member: Member) -> HttpResponse:
    """Templates to start from; the chosen one is a draft."""
    start = STARTERS.get(request.POST.get("start", ""))
    if request.method == "POST" and start:
        with tenant_scope(member.tenant) as tenant_id:
            reference = surveys.free_reference(tenant_id, start.name)
            survey = surveys.create(tenant_id, member.author, reference, start.document)
        messages.success(request, f"{survey.name} is a draft: nobody is asked until it is live.")
        return redirect(member.to("edit-survey", reference=survey.reference))
    return render(request, "feedback/new_survey.html", {"starters": STARTERS.values()})


def one(request: HttpRequest, member: Member, reference: str) -> HttpResponse:
    """A survey: what is asked, its languages, its versions."""
    with tenant_scope(member.tenant) as tenant_id:
        survey = find(tenant_id, reference)
        document = surveys.document(survey)
        versions = SurveyVersion.objects.filter(tenant_id=tenant_id, survey_id=survey.id).order_by("-version")
        context = {
            "survey": survey,
            "document": document,
            "pages": [[_asked(each, document) for each in page["questions"]] for page in document["pages"]],
            "missing": checks.missing(document),
            "versions": list(versions.defer("document")[:VERSIONS]),
        }
    return render(request, "feedback/survey.html", context)


def _asked(question: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """A question with its text in the survey's first language and its kind in words."""
    asked = question["text"].get(document["languages"][0]) or next(iter(question["text"].values()), "")
    return question | {"asked": asked, "label": editor.KINDS[question["kind"]]}


def put_live(request: HttpRequest, member: Member, reference: str) -> HttpResponse:
    """Lets contacts answer a survey."""
    return _act(request, member, reference, surveys.put_live, "{} is live.")


def make_default(request: HttpRequest, member: Member, reference: str) -> HttpResponse:
    """Makes a survey the one that is asked where none is named."""
    return _act(request, member, reference, surveys.make_default, "{} is the default survey now.")


def archive(request: HttpRequest, member: Member, reference: str) -> HttpResponse:
    """Asks, then archives a survey."""
    if request.method == "POST":
        return _act(request, member, reference, surveys.archive, "{} is archived.")
    with tenant_scope(member.tenant) as tenant_id:
        survey = find(tenant_id, reference)
    context = {
        "title": f"Archive {survey.name}?",
        "sentences": [
            "Nobody new is asked. Who was asked already can still answer, and every answer stays.",
            "You can put it live again at any time.",
        ],
        "action": "Archive",
        "back": member.to("survey", reference=reference),
    }
    return render(request, "console/confirm.html", context)


def find(tenant_id: int, reference: str) -> Survey:
    """A survey of this system. Raises `Http404`."""
    try:
        return surveys.find(tenant_id, reference)
    except UnknownSurveyError:
        raise Http404 from None


def _act(
    request: HttpRequest, member: Member, reference: str, act: Callable[[Survey, Author], Any], said: str
) -> HttpResponse:
    with tenant_scope(member.tenant) as tenant_id:
        survey = find(tenant_id, reference)
        try:
            if act(survey, member.author):
                messages.success(request, said.format(survey.name))
        except SurveyError as error:
            messages.error(request, str(error))
    return redirect(member.to("survey", reference=reference))
