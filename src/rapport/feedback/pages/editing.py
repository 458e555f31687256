"""The editor of a survey beside the survey as a contact will see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render

from rapport.feedback import editor, public, rendering, surveys
from rapport.feedback.documents import checks, leaving
from rapport.feedback.documents.survey import compiled
from rapport.feedback.errors import SurveyFaultsError, SurveyMovedError, SurveyStateError
from rapport.surveys.models import Survey
from rapport.tenants.scope import tenant_scope

from .surveys import find

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from rapport.members.access import Member


def edit(request: HttpRequest, member: Member, reference: str) -> HttpResponse:
    """A form of the whole survey; each button but Save leaves it unsaved."""
    with tenant_scope(member.tenant) as tenant_id:
        survey = find(tenant_id, reference)
        document = surveys.document(survey)
    if survey.state == Survey.State.ARCHIVED:
        messages.error(request, "An archived survey cannot be changed; put it live first.")
        return redirect(member.to("survey", reference=reference))
    language, base = document["languages"][0], survey.version
    faults: dict[str, list[str]] = {}
    gone: dict[str, int] = {}
    if request.method == "POST":
        document, language = _read(request)
        act, base = request.POST.get("act", ""), _base(request, survey)
        if act.partition(":")[0] in ("save", "without"):
            document = leaving.without(document, act.partition(":")[2].split())
            faults, gone = _leaving(document)
            if not faults:
                faults, base = _save(request, member, survey, document, base)
            if not faults and base == 0:
                return redirect(member.to("survey", reference=reference))
        else:
            document = editor.acted(document, act)
            language = request.POST.get("show_language") or language
    form = editor.shown(document, language, faults)
    context = {"survey": survey, "base": base, "form": form, "refused": faults, "gone": gone}
    return render(request, "feedback/edit_survey.html", context, status=422 if faults else 200)


def preview(request: HttpRequest, member: Member, reference: str) -> HttpResponse:
    """The first page as a contact will see it, or what the editor's form says of it; nothing is stored."""
    public.may_be_framed(request, "'self'")
    with tenant_scope(member.tenant) as tenant_id:
        document = surveys.document(find(tenant_id, reference))
    if request.method == "POST":
        document, _ = _read(request)
    faults = checks.faults(document)
    if faults:
        told = "\n".join(sentence for sentences in faults.values() for sentence in sentences)
        return public.page(request, "sentence.html", {"language": "en", "heading": "Not ready yet", "text": told})
    survey = compiled(document)
    given = request.POST if request.method == "POST" else request.GET
    language = survey.language(given.get("language"))
    number = int(given.get("page", "0")) if given.get("page", "0").isdigit() else 0
    page = survey.pages[min(number, len(survey.pages) - 1)]
    fields = {
        "first_name": "Ada",
        "last_name": "Lovelace",
        "account_name": "Analytical Engines",
        "job_title": "Countess",
    }
    seen = rendering.Seen(language=language, answers={}, about=rendering.about(fields, {}, "Delivery"))
    return public.page(request, "survey.html", rendering.context(survey, page, seen) | {"preview": True})


def _read(request: HttpRequest) -> tuple[dict[str, Any], str]:
    try:
        return editor.read(request.POST)
    except ValueError:
        raise Http404 from None


def _base(request: HttpRequest, survey: Survey) -> int:
    given = request.POST.get("base", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 9 else survey.version


def _leaving(document: dict[str, Any]) -> tuple[dict[str, list[str]], dict[str, int]]:
    """Faults where languages leave with their texts; and these, where nothing else keeps it from being saved."""
    gone = leaving.left(document)
    others = checks.faults(leaving.without(document, gone)) if gone else {}
    return (others, {}) if others or not gone else ({"languages": leaving.told(gone)}, gone)


def _save(
    request: HttpRequest, member: Member, survey: Survey, document: dict[str, Any], base: int
) -> tuple[dict[str, list[str]], int]:
    """Faults, and the version to go on from; 0 where it is saved."""
    with tenant_scope(member.tenant) as tenant_id:
        row = find(tenant_id, survey.reference)
        try:
            if surveys.save(row, member.author, document, base):
                messages.success(request, f"Version {row.version} is saved. Whoever opens the survey now sees it.")
        except SurveyFaultsError as error:
            return {path: [*told] for path, told in error.errors.items()}, base
        except (SurveyMovedError, SurveyStateError) as error:
            messages.error(request, str(error))
            return {}, row.version
    return {}, 0
