"""Begun answers enter as they are, half an hour after their last page (contract, "Answers")."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from rapport.surveys.models import Response, SurveyRecord
from rapport.tenants.models import Tenant
from rapport.tenants.scope import tenant_scope

from . import answering, links, versions
from .asked import Asked

if TYPE_CHECKING:
    from uuid import UUID

#: How long somebody is waited for.
PATIENCE = timedelta(minutes=30)
#: Answers of one system that are looked at together.
CHUNK = 500


def settle(now: datetime | None = None) -> int:
    """Lets what has waited long enough enter, in every system; how many did."""
    now = now or datetime.now(UTC)
    return sum(_settle(tenant_id, now) for tenant_id in Tenant.objects.order_by("id").values_list("id", flat=True))


def _settle(tenant_id: int, now: datetime) -> int:
    """One system's: whoever was there when it began. Index: responses_begun."""
    with tenant_scope(tenant_id):
        begun = Response.objects.filter(tenant_id=tenant_id, entered_seq=None, paged_at__lte=now - PATIENCE)
        waiting = list(begun.order_by("paged_at").values_list("id", flat=True))
    entered = 0
    for start in range(0, len(waiting), CHUNK):
        for row, record in _read(tenant_id, waiting[start : start + CHUNK]):
            entered += _enter(row, record, now)
    return entered


def _read(tenant_id: int, ids: list[UUID]) -> list[tuple[Response, SurveyRecord | None]]:
    """Begun answers with their survey records; those at a touchpoint have none."""
    with tenant_scope(tenant_id):
        rows = list(Response.objects.filter(tenant_id=tenant_id, id__in=ids, entered_seq=None))
        asked = [row.survey_record_id for row in rows if row.survey_record_id]
        records = {row.id: row for row in SurveyRecord.objects.filter(tenant_id=tenant_id, id__in=asked)}
    return [(row, records.get(row.survey_record_id)) for row in rows]


def _enter(row: Response, record: SurveyRecord | None, now: datetime) -> bool:
    """One conditional step: not where another page, or another worker, was first."""
    if row.paged_at > now - PATIENCE:  # it was answered on since it was found
        return False
    survey = versions.find(row.tenant_id, row.survey_id, row.survey_version)
    if survey is None:
        return False
    purpose = links.ANSWER if record else links.TOUCHPOINT
    link = links.Link(row.tenant_id, purpose, record.id if record else row.id, 0)
    return answering.enter(link, _asked(row, record, now), survey)


def _asked(row: Response, record: SurveyRecord | None, now: datetime) -> Asked:
    """The answer as if its link had been followed just now; nobody needs the link for that."""
    return Asked(
        id=record.id if record else row.id,
        number=row.number,
        contact_id=row.contact_id,
        account_id=row.account_id,
        campaign_id=row.campaign_id,
        state=record.state if record else SurveyRecord.State.SENT,
        survey_id=row.survey_id,
        survey_version=row.survey_version,
        generation=0,
        touchpoint=row.touchpoint,
        fields=record.fields if record else {},
        attributes=record.attributes if record else {},
        started_at=record.started_at if record else row.started_at,
        closes_at=record.closes_at if record else None,
        closed_at=record.closed_at if record else None,
        version=record.version if record else 0,
        last_record=record.last_record if record else None,
        created_at=record.created_at if record else row.created_at,
        shown_survey=row.survey_id,
        shown_version=row.survey_version,
        response_id=row.id,
        response_version=row.version,
        response_record=row.last_record,
        response_survey_version=row.survey_version,
        answers=row.answers,
        language=row.language,
        response_started_at=row.started_at,
        response_answered_at=row.answered_at,
        entered_seq=None,
        corrections=row.corrections,
        repeated=False,
        pages=0,
        moment=now,
    )
