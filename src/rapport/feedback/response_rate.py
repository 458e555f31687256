"""How many of those who were asked have answered; inside the tenant's scope."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count, Q

from rapport.groups import ids
from rapport.surveys.models import SurveyRecord

from .figures import Wanted

#: How far an id and the moment of its row may lie apart, by far.
_APART = timedelta(hours=1)
#: Filters that survey records know by themselves.
_COLUMNS = {"touchpoint": "touchpoint", "account": "account_id", "contact": "contact_id", "campaign": "campaign_id"}


class Rate(NamedTuple):
    """Survey records that were made in a period, and those of them that are answered."""

    asked: int
    answered: int

    @property
    def share(self) -> float | None:
        """Of 1; None where nobody was asked."""
        return self.answered / self.asked if self.asked else None


def of(tenant_id: int, wanted: Wanted) -> Rate | None:
    """Of survey records that were made then, without the cancelled; None where a filter is about answers alone.

    Index: the primary key, whose ids are in the order of their making.
    """
    if any(field.name not in _COLUMNS for field, _ in wanted.where):
        return None
    rows = SurveyRecord.objects.filter(tenant_id=tenant_id).exclude(state=SurveyRecord.State.CANCELLED)
    if wanted.start is not None:
        rows = rows.filter(id__gte=_near(wanted.start - _APART), created_at__gte=wanted.start)
    if wanted.end is not None:
        rows = rows.filter(id__lt=_near(wanted.end + _APART), created_at__lt=wanted.end)
    for field, value in wanted.where:
        column = _COLUMNS[field.name]
        rows = rows.filter(**({f"{column}__isnull": True} if value is None else {column: value}))
    counted = rows.aggregate(asked=Count("*"), answered=Count("id", filter=Q(state=SurveyRecord.State.ANSWERED)))
    return Rate(counted["asked"], counted["answered"])


def _near(moment: datetime) -> UUID:
    """The first id of a millisecond."""
    return UUID(int=ids.first(moment).int >> 80 << 80)
