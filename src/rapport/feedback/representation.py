"""Responses, survey records and figures as callers of the API see them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from rapport.surveys.models import FollowUpNote, ResponsePage, SurveyRecord
from rapport.tenants.answers import moment

from .figures import Group
from .responses import Answer
from .statistics import Score


def response(answer: Answer) -> dict[str, Any]:
    """A response, or an external one, in one shape."""
    row = answer.row
    return {
        "id": str(row.id),
        "type": answer.type,
        "number_customergauge": row.number,
        "nps": answer.score,
        "group": answer.group or None,
        "comment": row.comment,
        "drivers": answer.drivers,
        "answers": [{"question": each.question, "kind": each.kind, "answer": each.answer} for each in answer.said],
        "follow_up_request": answer.wants_contact,
        "touchpoint": row.touchpoint,
        "campaign": _id(None if answer.is_external else row.campaign_id),
        "survey": None if answer.is_external else {"id": str(row.survey_id), "version": row.survey_version},
        "survey_record": _id(None if answer.is_external else row.survey_record_id),
        "contact": answer.contact and {"id": str(answer.contact.id), "name": answer.who, "email": answer.contact.email},
        "account": answer.account and {"id": str(answer.account.id), "name": answer.account.name},
        "language": None if answer.is_external else row.language,
        "channel": None if answer.is_external else row.channel,
        "attributes": dict(answer.attributes),
        "sent_at": time(answer.sent_at),
        "answered_at": moment(answer.at),
        "corrections": 0 if answer.is_external else row.corrections,
        "follow_up": {"state": answer.state, "assignee": _id(answer.assignee_id)},
        "created_at": moment(row.created_at),
        "updated_at": moment(row.created_at if answer.is_external else row.updated_at),
    }


def page(row: ResponsePage) -> dict[str, Any]:
    """A page of a response as it came."""
    return {
        "page": row.page,
        "content": row.content,
        "survey_version": row.survey_version,
        "language": row.language,
        "device": row.device,
        "opened_at": moment(row.opened_at),
        "arrived_at": moment(row.arrived_at),
    }


def note(row: FollowUpNote) -> dict[str, Any]:
    """An act of following up."""
    return {
        "at": moment(row.at),
        "author": {"type": row.author_type, "id": _id(row.author_id), "name": row.author_name},
        "state": row.state,
        "assignee": row.assignee,
        "note": row.text,
    }


def survey_record(row: SurveyRecord, state: str) -> dict[str, Any]:
    """A survey record in a list; by its id there is more of it."""
    return {
        "id": str(row.id),
        "number_customergauge": row.number,
        "state": state,
        "contact": {"id": str(row.contact_id)},
        "account": row.account_id and {"id": str(row.account_id)},
        "survey": row.survey_id and {"id": str(row.survey_id), "version": row.survey_version},
        "campaign": _id(row.campaign_id),
        "touchpoint": row.touchpoint,
        "origin": row.origin,
        "attributes": row.attributes,
        "created_at": moment(row.created_at),
        "order_date": time(row.order_date),
        "sent_at": time(row.sent_at),
        "started_at": time(row.started_at),
        "answered_at": time(row.answered_at),
        "closes_at": moment(row.closed_at or row.ends_at),
    }


def score(told: Score) -> dict[str, Any]:
    """Score, number of answers and interval, also of few."""
    interval = told.interval
    return {
        "score": None if told.score is None else round(told.score, 2),
        "n": told.n,
        "interval": interval and [round(each, 2) for each in interval],
        "promoters": told.promoters,
        "passives": told.passives,
        "detractors": told.detractors,
    }


def group(told: Group, words: Mapping[str | None, str]) -> dict[str, Any]:
    """A group of answers."""
    return {"value": told.value, "label": words.get(told.value, told.value), "answers": told.answers} | score(
        told.score
    )


def time(at: datetime | None) -> str | None:
    """A moment, or none."""
    return None if at is None else moment(at)


def _id(id: UUID | None) -> str | None:
    return None if id is None else str(id)
