"""Addresses of the pages of this app, each with the role that it needs, or with a link that is the right to see it."""

from __future__ import annotations

from rapport.members.access import ID, page
from rapport.members.models import Role

from . import links
from .pages import answer, surveys, unsubscribe
from .public import by_link

pages = [
    page("survey-records", Role.USER, surveys.survey_records, "survey-records"),
    page(rf"survey-records/{ID}", Role.USER, surveys.survey_record, "survey-record"),
    # Below the survey records, where the navigation has both.
    page("survey-records/external-responses", Role.USER, surveys.external_responses, "external-responses"),
    page(rf"survey-records/external-responses/{ID}", Role.USER, surveys.external_response, "external-response"),
    by_link(links.ANSWER, answer.answer, "answer"),
    by_link(links.UNSUBSCRIBE, unsubscribe.unsubscribe, "unsubscribe"),
    by_link(links.TOUCHPOINT, answer.answer, "touchpoint-answer", framed=True),
]
