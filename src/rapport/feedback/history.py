"""The whole story of an answer: asked, fetched, page by page, corrected; inside the tenant's scope."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from rapport.surveys.models import Fetch, ResponsePage

from .responses import Answer, text_of

#: Pages that are told.
PAGES = 200


class Event(NamedTuple):
    """Something that happened."""

    at: datetime
    title: str
    more: str = ""
    #: Question and answer.
    said: tuple[tuple[str, str], ...] = ()


def of(tenant_id: int, answer: Answer) -> list[Event]:
    """Everything that is known of it, oldest first."""
    told = _external(answer) if answer.is_external else _own(tenant_id, answer)
    return sorted(told, key=lambda event: event.at)


def _external(answer: Answer) -> Iterator[Event]:
    yield Event(answer.row.sent_date, "It was asked elsewhere")
    yield Event(answer.row.response_date, "It was answered elsewhere")
    yield Event(answer.row.created_at, "It came as a record")


def _own(tenant_id: int, answer: Answer) -> Iterator[Event]:
    record, row = answer.record, answer.row
    if record:
        yield Event(record.created_at, "The survey record was made", record.get_origin_display())
        if record.sent_at:
            yield Event(record.sent_at, "Its last message was sent")
        fetches = Fetch.objects.filter(tenant_id=tenant_id, object_id=record.id, purpose=Fetch.Purpose.ANSWER)
        for each in fetches.order_by("first_at"):
            score = "" if each.score == Fetch.NO_SCORE else f", with the score {each.score} in its address"
            times = "once" if each.fetches == 1 else f"{each.fetches:,} times"
            yield Event(each.first_at, f"The page was fetched {times}{score}", "Scanners of mail included")
    pages = ResponsePage.objects.filter(tenant_id=tenant_id, response_id=row.id).order_by("number")[:PAGES]
    seen: set[str] = set()
    for page in pages:
        kind = "Corrected" if page.page in seen else "Answered"
        seen.add(page.page)
        said = tuple(_said(answer, page)) if row.corrections else ()  # uncorrected, it stands in the answer itself
        yield Event(page.arrived_at, f"{kind}{_place(answer, page)}", f"On a {page.device}", said)
    if row.answered_at:
        yield Event(row.answered_at, "It entered lists and figures")


def _place(answer: Answer, page: ResponsePage) -> str:
    """Which page it was, where there are several."""
    pages = answer.survey.pages if answer.survey else ()
    number = next((each.number + 1 for each in pages if each.id == page.page), None)
    return f": page {number} of {len(pages)}" if number and len(pages) > 1 else ""


def _said(answer: Answer, page: ResponsePage) -> Iterator[tuple[str, str]]:
    questions = answer.survey.questions if answer.survey else {}
    for id, value in page.content.items():
        question = questions.get(id)
        words = {choice.id: choice.text(page.language) for choice in question.choices} if question else {}
        yield question.text(page.language) if question else id, "" if value is None else text_of(value, words)
