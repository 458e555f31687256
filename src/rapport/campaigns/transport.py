"""The reference's Data Transport Report: what became of each message, in its words; every delivery is counted once.

Counted from the rows of the ledger of sending, by campaign, message and day, in the tenant's scope.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from rapport.surveys.models import Fetch, SurveyRecord

from .models import Campaign, Delivery

#: Of the reference, in its order: what failed. Ours, which it has no word for, are behind.
FAILED = (
    "error_general", "error_data", "error_template", "bounce", "spam", "unsubscribe", "duplicated",
)  # fmt: skip
OTHERS = ("answered_already", "cancelled", "in_doubt")
BUCKETS = ("waiting", *FAILED, *OTHERS, "delivered")
LABELS = {
    "uploaded": "Successfully uploaded",
    "waiting": "Waiting to be sent",
    "failed": "Failed to deliver",
    "error_general": "Error General",
    "error_data": "Error data",
    "error_template": "Error template",
    "bounce": "Bounce",
    "spam": "Spam",
    "unsubscribe": "Unsubscribe",
    "duplicated": "Duplicated",
    "answered_already": "Answered already",
    "cancelled": "Cancelled",
    "in_doubt": "In doubt",
    "delivered": "Delivered",
}
_STATES = {
    **dict.fromkeys(("queued", "scheduled", "claimed", "handed over", "deferred"), "waiting"),
    "sent": "delivered", "bounced": "bounce", "cancelled": "cancelled", "in doubt": "in_doubt",
}  # fmt: skip
_REASONS = {
    "no_email": "error_data", "no_message": "error_template", "tags": "error_template", "resting": "duplicated",
    "unsubscribed": "unsubscribe", "bounced_before": "bounce", "answered": "answered_already",
    "not_asked": "error_data", "unfit": "error_data",
}  # fmt: skip
_COUNT = """
select d.campaign_id, d.wave, (coalesce(d.sent_at, d.updated_at) at time zone %(zone)s)::date, d.state, d.reason,
       coalesce(d.reason = 'unsubscribed' and d.fact ->> 'source' = 'complaint', false), count(*)
from deliveries d
join campaigns g on g.tenant_id = d.tenant_id and g.id = d.campaign_id
where d.tenant_id = %(tenant)s and d.campaign_id = any (%(campaigns)s) and g.started_at is not null
group by 1, 2, 3, 4, 5, 6 order by 1, 2, 3
"""


class Place(NamedTuple):
    """Of which message of a campaign, and of which day: when it was sent, else when that was decided."""

    campaign: UUID
    wave: int
    day: date

    @property
    def message(self) -> str:
        """As the reference names it."""
        return f"reminder {self.wave}" if self.wave else "primary"


@dataclass
class Line:
    """How many of a message on a day are in which bucket."""

    place: Place
    buckets: dict[str, int]

    def told(self) -> dict[str, int]:
        """The buckets with their sums."""
        return summed(self.buckets)


def summed(buckets: dict[str, int]) -> dict[str, int]:
    """All buckets, with all that was uploaded and all that failed: `uploaded` is the sum of the others."""
    own = {name: buckets.get(name, 0) for name in BUCKETS}
    failed = sum(own[name] for name in FAILED)
    return {"uploaded": sum(own.values()), "failed": failed, **own}


def bucket(state: str, reason: str | None, *, spam: bool) -> str:
    """Where a delivery counts."""
    if spam:
        return "spam"
    return _STATES.get(state) or _REASONS.get(reason or "") or "error_general"


def report(
    tenant_id: int, zone: str, campaigns: Iterable[UUID], start: date | None = None, end: date | None = None
) -> list[Line]:
    """The lines of campaigns that were started, all days or those from `start` to `end`. Index: deliveries_listed."""
    lines: dict[Place, Line] = {}
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"tenant": tenant_id, "zone": zone, "campaigns": list(campaigns)})
        for campaign, wave, day, state, reason, spam, number in cursor.fetchall():
            if (start and day < start) or (end and day > end):
                continue
            place = Place(campaign, wave, day)
            own = lines.setdefault(place, Line(place, {})).buckets
            name = bucket(state, reason, spam=spam)
            own[name] = own.get(name, 0) + number
    return list(lines.values())


def totals(lines: Iterable[Line]) -> dict[str, int]:
    """All lines together."""
    found: dict[str, int] = {}
    for line in lines:
        for name, number in line.buckets.items():
            found[name] = found.get(name, 0) + number
    return summed(found)


def reached(row: Campaign) -> dict[str, int]:
    """How many pages of a campaign were fetched, scanners included, and how many were answered."""
    ids = Delivery.objects.filter(tenant_id=row.tenant_id, campaign_id=row.id, wave=0).values("survey_record_id")
    fetched = Fetch.objects.filter(tenant_id=row.tenant_id, purpose=Fetch.Purpose.ANSWER, object_id__in=ids)
    own = SurveyRecord.objects.filter(tenant_id=row.tenant_id, id__in=ids, state=SurveyRecord.State.ANSWERED)
    return {"fetched": fetched.values("object_id").distinct().count(), "answered": own.count()}


def represent(line: Line) -> dict[str, Any]:
    """A line as callers see it."""
    place = line.place
    return {"campaign": str(place.campaign), "message": place.message, "day": place.day.isoformat(), **line.told()}
