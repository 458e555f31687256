"""The pages of the site, for everybody: as HTML, as Markdown, and all of them found by words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from rapport.db.write import Actor
from rapport.handbook import reader, search
from rapport.handbook.contents import ENTRIES, SECTIONS, Entry
from rapport.handbook.forms import TrialForm
from rapport.handbook.rendering import fill, html
from rapport.handbook.trial import Trial, drawn
from rapport.handbook.words import context
from rapport.tenants.actors import current_request
from rapport.tenants.errors import BusyError

if TYPE_CHECKING:
    from django.http import HttpRequest

    from rapport.members.access import Member

#: What the pages know of fences and Markdown does not: the next language of an example.
_ALSO = re.compile(r"^(```\w+) also$", re.MULTILINE)
YEAR = 365 * 24 * 3600
QUESTION_LIMIT = 200


def page(request: HttpRequest, slug: str = "") -> HttpResponse:
    """One page with the reader's region and names."""
    entry, who = _entry(slug), reader.of(request)
    words = context(entry, who, request.GET.get("configuration", ""))
    body, sections = html(fill(entry, words))
    choices = words["choices"] if entry.data_type else []
    shown = {"body": body, "sections": sections, "named": words["named"] if choices else None, "choices": choices}
    return _answer(request, who, "page", {"entry": entry, **shown, **_beside(entry)})


def markdown(request: HttpRequest, slug: str) -> HttpResponse:
    """The same page as Markdown."""
    entry = _entry("" if slug == "overview" else slug)
    text = fill(entry, context(entry, reader.of(request), request.GET.get("configuration", "")))
    return HttpResponse(_ALSO.sub(r"\1", text), content_type="text/markdown; charset=utf-8")


def found(request: HttpRequest) -> HttpResponse:
    """Pages and their sections that hold every word of the question."""
    question, who = request.GET.get("q", "").strip()[:QUESTION_LIMIT], reader.of(request)
    return _answer(request, who, "search", {"question": question, "hits": search.find(question, who)})


def llms(request: HttpRequest) -> HttpResponse:
    """`llms.txt`: what this is, and where its documentation is as Markdown."""
    context = {"contents": SECTIONS, "home": reader.of(request).hosts["home"]}
    return render(request, "handbook/llms.txt", context, content_type="text/plain; charset=utf-8")


def _entry(slug: str) -> Entry:
    entry = ENTRIES.get(slug.strip("/"))
    if entry is None:
        raise Http404
    return entry


def _beside(entry: Entry) -> dict[str, Entry | None]:
    order = [None, *ENTRIES.values(), None]
    index = order.index(entry)
    return {"previous": order[index - 1], "following": order[index + 1]}


def _answer(request: HttpRequest, who: reader.Reader, template: str, shown: dict[str, Any]) -> HttpResponse:
    """A page with the table of contents; a region that was chosen in the address is remembered."""
    around = {"contents": SECTIONS, "reader": who, "regions": settings.RAPPORT.regions}
    answer = render(request, f"handbook/{template}.html", around | shown)
    if request.GET.get("region") == who.region:
        answer.set_cookie(reader.COOKIE, who.region, max_age=YEAR, samesite="Lax", httponly=True)
    return answer


def tried(request: HttpRequest, member: Member) -> HttpResponse:
    """A form with the headings of a configuration; its record is rehearsed, or sent, and its receipt is shown."""
    choices, reference = reader.named(member.tenant), request.GET.get("configuration")
    if not choices:
        return redirect(member.to("configurations"))
    named = next((each for each in choices if each.outline.reference == reference), choices[0])
    form, receipt = TrialForm(named.outline, request.POST or None), None
    rehearsed = request.POST.get("act") != "send"
    if form.is_valid():
        actor = Actor("user", member.user.id)
        trial = Trial(member.tenant, actor, current_request.get(), named, form.record, rehearsed)
        try:
            receipt = trial.run()
        except BusyError as fault:
            form.add_error(None, str(fault))
        else:
            form.refuse(receipt.errors)
    shown = {"form": form, "named": named, "choices": choices, "rehearsed": rehearsed}
    shown["receipt"] = drawn(trial, receipt) if receipt else None
    return render(request, "handbook/trial.html", shown, status=422 if form.errors else 200)
