"""What is behind a link: a survey record or a touchpoint, with the answer so far."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from django.db import connection

from rapport.db.queries import statement
from rapport.surveys.models import Response, SurveyRecord
from rapport.surveys.models.asked import CORRECTABLE
from rapport.tenants.statements import fetch

from . import links

_READ_ASKED, _READ_VISIT = statement("read_asked"), statement("read_visit")
_NOTHING = b""
#: Columns that Django's connection hands over as they are written.
_JSON = ("fields", "attributes", "answers")
_OVER = (SurveyRecord.State.CLOSED, SurveyRecord.State.CANCELLED)


class Asked(NamedTuple):
    """A survey record, or a touchpoint's link, in the columns of `read_asked_1`."""

    id: UUID
    number: int | None
    contact_id: UUID | None
    account_id: UUID | None
    campaign_id: UUID | None
    state: str
    survey_id: UUID | None
    survey_version: int | None
    generation: int
    touchpoint: str | None
    fields: Mapping[str, Any]
    attributes: Mapping[str, Any]
    started_at: datetime | None
    closes_at: datetime | None
    closed_at: datetime | None
    version: int
    last_record: UUID | None
    created_at: datetime | None
    #: The survey that it asks, as it is now.
    shown_survey: UUID | None
    shown_version: int | None
    response_id: UUID | None
    response_version: int | None
    response_record: UUID | None
    response_survey_version: int | None
    answers: Mapping[str, Any] | None
    language: str | None
    response_started_at: datetime | None
    response_answered_at: datetime | None
    entered_seq: int | None
    corrections: int | None
    #: Whether a page of the same nonce and digest is there already.
    repeated: bool
    pages: int
    moment: datetime

    @property
    def asks(self) -> tuple[UUID, int] | None:
        """The survey and the version to show: fixed with the first page, until then the newest."""
        if self.survey_id is not None and self.survey_version is not None:
            return self.survey_id, self.survey_version
        if self.shown_survey is None or self.shown_version is None:
            return None
        return self.shown_survey, self.shown_version

    def takes(self, moment: datetime) -> bool:
        """Whether it takes what was opened at a moment: before it was closed, and, once begun, within seven days."""
        end = self.closed_at
        if end is None and self.state in _OVER:  # closed by a version before times were kept
            return False
        if end is None:
            end = self.started_at + CORRECTABLE if self.started_at and self.response_id else self.closes_at
        return end is None or moment < end


def read(
    link: links.Link, nonce: bytes = _NOTHING, digest: bytes = _NOTHING, visit: UUID | None = None
) -> Asked | None:
    """What a link leads to; None where it is gone or revoked. One statement, outside of a transaction."""
    connection.ensure_connection()
    with connection.wrap_database_errors:
        if link.purpose == links.TOUCHPOINT:
            rows = fetch(_READ_VISIT, link.tenant_id, link.id, visit or UUID(int=0), nonce, digest)
        else:
            rows = fetch(_READ_ASKED, link.tenant_id, link.id, nonce, digest)
    if not rows:
        return None
    found = _made(rows[0])
    return found if found.generation == link.generation else None


def of_record(tenant_id: int, id: UUID) -> Asked | None:
    """What a survey record is now, whichever links it has had; outside of a transaction."""
    connection.ensure_connection()
    with connection.wrap_database_errors:
        rows = fetch(_READ_ASKED, tenant_id, id, _NOTHING, _NOTHING)
    return _made(rows[0]) if rows else None


def of_response(row: Response) -> Asked:
    """What an answer is of, whether its link was revoked or not."""
    if row.survey_record_id is not None and (found := of_record(row.tenant_id, row.survey_record_id)):
        return found
    visit: dict[str, Any] = dict.fromkeys(Asked._fields) | {
        "id": row.id,
        "number": row.number,
        "state": SurveyRecord.State.SENT,
        "survey_id": row.survey_id,
        "survey_version": row.survey_version,
        "generation": 0,
        "touchpoint": row.touchpoint,
        "fields": {},
        "attributes": {},
        "version": 0,
        "response_id": row.id,
        "response_version": row.version,
        "response_record": row.last_record,
        "response_survey_version": row.survey_version,
        "answers": row.answers,
        "language": row.language,
        "response_started_at": row.started_at,
        "response_answered_at": row.answered_at,
        "entered_seq": row.entered_seq,
        "corrections": row.corrections,
        "repeated": False,
        "pages": 0,
        "moment": now(),
    }
    return Asked(**visit)


def _made(row: tuple[Any, ...]) -> Asked:
    found = Asked(*row)
    return found._replace(**{name: orjson.loads(getattr(found, name) or "{}") for name in _JSON})


def now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)
