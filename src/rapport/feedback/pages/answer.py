"""`/a/` and `/t/`: a survey for whoever has its link. Looking at it records nothing but that somebody looked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from uuid_utils.compat import uuid7

from rapport.feedback import answering, asked, forms, links, public, rendering, versions, visitors
from rapport.feedback.documents import languages, reading
from rapport.tenants.errors import BusyError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest, HttpResponse

    from rapport.feedback.asked import Asked
    from rapport.feedback.documents.survey import Page, Survey


_REFUSED: dict[type[Exception], int] = {answering.GoneError: 404, answering.ClosedError: 410, BusyError: 503}


class Shown(NamedTuple):
    """A survey that is shown to somebody."""

    request: HttpRequest
    link: links.Link
    found: Asked
    survey: Survey
    survey_id: UUID
    version: int
    language: str

    def seen(self, answers: Mapping[str, Any]) -> rendering.Seen:
        """How texts read to somebody who answered so."""
        about = rendering.about(self.found.fields, self.found.attributes, self.found.touchpoint)
        return rendering.Seen(language=self.language, answers=answers, about=about)


def answer(request: HttpRequest, link: links.Link) -> HttpResponse:
    """The page where somebody is, or what they send of it."""
    return _sent(request, link) if request.method == "POST" else _looked(request, link)


def _looked(request: HttpRequest, link: links.Link) -> HttpResponse:
    found = asked.read(link)
    if found is None or (found.created_at is None and link.purpose == links.TOUCHPOINT):
        return public.sentence(request, 404)
    shown = _shown(request, link, found, found.asks)
    if shown is None:
        return public.sentence(request, 410, [found.fields.get("language")])
    preset = _preset(shown)
    if request.method == "GET":
        visitors.note(request, link, preset)
    if not found.takes(asked.now()):
        return public.sentence(request, 410, [shown.language])
    answers = dict(found.answers or {})
    if found.entered_seq is not None and "change" not in request.GET:
        return _thanks(shown, answers)
    if preset is not None and (scored := shown.survey.scored):
        answers[scored.id] = preset
        return _page(shown, shown.survey.pages[shown.survey.page_of[scored.id]], answers, preset=preset)
    begun = found.response_id and "change" not in request.GET
    return _page(shown, shown.survey.resume(answers) if begun else shown.survey.pages[0], answers)


def _sent(request: HttpRequest, link: links.Link) -> HttpResponse:
    opened = forms.opened(link, request.POST.get(forms.NAME, ""))
    digest = reading.digest(request.POST)
    found = opened and asked.read(link, opened.nonce, digest, opened.visit)
    shown = opened and found and _shown(request, link, found, (opened.survey_id, opened.version))
    if not (opened and found and shown):
        return public.sentence(request, 404)
    page, before = shown.survey.pages[opened.page], dict(found.answers or {})
    elsewhere = {id: said for id, said in before.items() if shown.survey.page_of.get(id) != page.number}
    content, faults = reading.read(page, request.POST, elsewhere)
    unfit = reading.unfit(page, request.POST, faults)
    agent = visitors.user_agent(request)
    sent = answering.Sent(
        rendering=opened,
        survey=shown.survey,
        content=content,
        faulty=bool(faults),
        unfit=unfit,
        digest=digest,
        language=shown.language,
        device=visitors.device(agent),
        user_agent=agent,
    )
    try:
        after = answering.take(link, found, sent)
    except (answering.GoneError, answering.ClosedError, BusyError) as error:
        return public.sentence(request, _REFUSED[type(error)], [shown.language])
    if faults:
        return _page(shown, page, before | content | unfit, faults=faults, visit=opened.visit)
    following = shown.survey.after(page.number, after)
    if following:
        return _page(shown, following, after, visit=opened.visit)
    return _thanks(shown, after)


def _shown(request: HttpRequest, link: links.Link, found: Asked, which: tuple[UUID, int] | None) -> Shown | None:
    """The survey in the visitor's language; None where there is none to show."""
    survey = which and versions.find(link.tenant_id, *which)
    if not survey or not which:
        return None
    given = request.POST if request.method == "POST" else request.GET
    browser = languages.accepted(request.headers.get("Accept-Language", "")) if not found.contact_id else []
    language = survey.language(given.get("language"), found.language, found.fields.get("language"), *browser)
    return Shown(request, link, found, survey, *which, language)


def _preset(shown: Shown) -> int | None:
    """The score in the address, if it is one of this survey."""
    text = shown.request.GET.get("score", "")
    asked = shown.survey.scored
    fit = asked is not None and text.isascii() and text.isdigit() and len(text) < 3 and int(text) in asked.scale
    return int(text) if fit else None


def _page(shown: Shown, page: Page, answers: Mapping[str, Any], **more: Any) -> HttpResponse:
    """A page of the survey, in a rendering of its own; `more` may have faults, the visit, a preset score."""
    faults, preset = more.get("faults"), more.get("preset")
    visit = more.get("visit") or (uuid7() if shown.link.purpose == links.TOUCHPOINT else UUID(int=0))
    rendered = forms.new(shown.survey_id, shown.version, page.number, visit)
    form = forms.sealed(shown.link, rendered)

    def context() -> dict[str, Any]:
        chosen = None if preset is None else public.say(shown.language, "chosen", score=preset)
        drawn = rendering.context(shown.survey, page, shown.seen(answers), faults)
        return drawn | {"preset": preset, "chosen": chosen}

    if shown.survey.is_plain and not faults and len(answers) == (preset is not None):
        key = (shown.link.tenant_id, shown.survey_id, shown.version, page.number, shown.language, preset)
        return public.kept_page(shown.request, key, "survey.html", form, context)
    return public.page(shown.request, "survey.html", context() | {"form": form}, 422 if faults else 200)


def _thanks(shown: Shown, answers: Mapping[str, Any]) -> HttpResponse:
    """Thanks, and what was said."""
    survey, seen = shown.survey, shown.seen(answers)
    context = {
        "language": shown.language,
        "heading": public.say(shown.language, "thanks"),
        "brand": survey.brand,
        "logo": survey.logo,
        "colour": survey.colour,
        "text": seen.text(survey.thanks),
        "more": survey.link,
        "label": seen.text(survey.label) or survey.link,
        "said": rendering.said(survey, seen),
        # At a touchpoint the next visitor finds the link as it was.
        "change": shown.link.purpose == links.ANSWER,
    }
    return public.page(shown.request, "thanks.html", context)
