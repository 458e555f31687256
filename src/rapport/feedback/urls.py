"""Addresses of the pages of this app, each with the role that it needs, or with a link that is the right to see it."""

from __future__ import annotations

from rapport.members.access import ID, page
from rapport.members.models import Role
from rapport.tenants.exports import KIND

from . import links
from .pages import (
    acts,
    alerts,
    answer,
    dashboard,
    editing,
    records,
    responses,
    suppressions,
    surveys,
    touchpoint_links,
    unsubscribe,
)
from .public import by_link

REFERENCE = r"(?P<reference>[a-z0-9-]{1,64})"
SURVEY = f"feedback/surveys/{REFERENCE}"
_BOTH = ("GET", "POST")

pages = [
    page("survey-records", Role.USER, records.survey_records, "survey-records"),
    page(rf"survey-records/export\.{KIND}", Role.ADMIN, records.export, "export-survey-records"),
    page(rf"survey-records/{ID}", Role.USER, records.survey_record, "survey-record"),
    page(rf"survey-records/{ID}/close", Role.ADMIN, acts.close, "close-survey-record", _BOTH),
    page(rf"survey-records/{ID}/revoke", Role.ADMIN, acts.revoke, "revoke-survey-record", _BOTH),
    page(rf"survey-records/{ID}/accept", Role.ADMIN, acts.accept, "accept-intent", _BOTH),
    page(rf"contacts/{ID}/ask", Role.ADMIN, acts.ask, "ask-contact", _BOTH),
    # Below the survey records, where the navigation has both.
    page("survey-records/external-responses", Role.USER, records.external_responses, "external-responses"),
    page(rf"survey-records/external-responses/{ID}", Role.USER, records.external_response, "external-response"),
    page("feedback/dashboard", Role.USER, dashboard.dashboard, "dashboard"),
    page("feedback/accounts", Role.USER, dashboard.accounts, "account-scores"),
    page("feedback/alerts", Role.ADMIN, alerts.listed, "alerts"),
    page("feedback/alerts/new", Role.ADMIN, alerts.new, "new-alert", _BOTH),
    page(f"feedback/alerts/{ID}", Role.ADMIN, alerts.edit, "alert", _BOTH),
    page(f"feedback/alerts/{ID}/remove", Role.ADMIN, alerts.remove, "remove-alert", _BOTH),
    page("feedback/responses", Role.USER, responses.listed, "responses"),
    page(rf"feedback/responses/export\.{KIND}", Role.USER, responses.export, "export-responses"),
    page(f"feedback/responses/{ID}", Role.USER, responses.shown, "response"),
    page(f"feedback/responses/{ID}/follow-up", Role.USER, responses.follow_up, "follow-up", ["POST"]),
    page("feedback/surveys", Role.USER, surveys.listed, "surveys"),
    page("feedback/new-survey", Role.ADMIN, surveys.new, "new-survey", _BOTH),
    page(SURVEY, Role.USER, surveys.one, "survey"),
    page(f"{SURVEY}/edit", Role.ADMIN, editing.edit, "edit-survey", _BOTH),
    page(f"{SURVEY}/preview", Role.USER, editing.preview, "preview-survey", _BOTH),
    page(f"{SURVEY}/live", Role.ADMIN, surveys.put_live, "put-survey-live", ["POST"]),
    page(f"{SURVEY}/default", Role.ADMIN, surveys.make_default, "default-survey", ["POST"]),
    page(f"{SURVEY}/archive", Role.ADMIN, surveys.archive, "archive-survey", _BOTH),
    page("feedback/touchpoint-links", Role.ADMIN, touchpoint_links.listed, "touchpoint-links"),
    page(f"feedback/touchpoint-links/{ID}", Role.ADMIN, touchpoint_links.one, "touchpoint-link", _BOTH),
    page(
        f"feedback/touchpoint-links/{ID}/revoke", Role.ADMIN, touchpoint_links.revoke, "revoke-touchpoint-link", _BOTH
    ),
    page("campaigns/unsubscribes-and-bounces", Role.ADMIN, suppressions.listed, "suppressions", _BOTH),
    page("campaigns/unsubscribes-and-bounces/file", Role.ADMIN, suppressions.from_file, "suppress-file", _BOTH),
    page(f"campaigns/unsubscribes-and-bounces/{ID}/lift", Role.ADMIN, suppressions.lift, "lift-suppression", _BOTH),
    by_link(links.ANSWER, answer.answer, "answer"),
    by_link(links.UNSUBSCRIBE, unsubscribe.unsubscribe, "unsubscribe"),
    by_link(links.TOUCHPOINT, answer.answer, "touchpoint-answer", framed=True),
]
