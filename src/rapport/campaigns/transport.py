"""The reference's Data Transport Report: what became of each message, in its words; every delivery is counted once.

Counted from the rows of the ledger of sending, by campaign, message and day, in the tenant's scope.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

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
#: What came of those that were delivered.
REACHED = {"fetched": "Page fetched, scanners included", "answered": "Answered"}
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
#: Each survey record whose page was fetched or answered, with the message that went out last before that, whichever
#: campaign's it was: a reminder of an earlier campaign has its survey records. A scanner may be there before the
#: server's last word is written down, so a message counts from when it was handed over.
#: Index: deliveries_subject, link_fetches_pkey.
_REACHED = """
with own as (
    select d.campaign_id, d.wave, (coalesce(d.sent_at, d.updated_at) at time zone %(zone)s)::date as day,
           coalesce(d.handed_over_at, d.sent_at) as since, later.at as until, f.at as fetched_at,
           case when s.state = 'answered' then coalesce(s.started_at, s.answered_at) end as answered_at
    from deliveries d
    join campaigns g on g.tenant_id = d.tenant_id and g.id = d.campaign_id
    join survey_records s on s.tenant_id = d.tenant_id and s.id = d.survey_record_id
    left join lateral (
        select min(l.first_at) as at from link_fetches l
        where l.tenant_id = %(tenant)s and l.purpose = 'a' and l.object_id = s.id
    ) f on true
    left join lateral (
        select min(coalesce(o.handed_over_at, o.sent_at)) as at from deliveries o
        where o.tenant_id = d.tenant_id and o.contact_id = d.contact_id and o.survey_record_id = d.survey_record_id
          and (o.sent_at is not null or o.state = 'in doubt')
          and (coalesce(o.handed_over_at, o.sent_at), o.id) > (coalesce(d.handed_over_at, d.sent_at), d.id)
    ) later on true
    where d.tenant_id = %(tenant)s and d.campaign_id = any (%(campaigns)s) and g.started_at is not null
      and (d.sent_at is not null or d.state = 'in doubt') and (f.at is not null or s.state = 'answered')
)
select campaign_id, wave, day,
       count(*) filter (where fetched_at >= since and (until is null or fetched_at < until)),
       count(*) filter (where answered_at >= since and (until is null or answered_at < until))
from own group by 1, 2, 3
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
class Figures:
    """How many are in which bucket; of those that were skipped how many for which reason; and what came of them."""

    buckets: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    fetched: int = 0
    answered: int = 0

    def add(self, other: Figures) -> None:
        """Adds others."""
        self.buckets += other.buckets
        self.skipped += other.skipped
        self.fetched += other.fetched
        self.answered += other.answered

    def told(self) -> dict[str, Any]:
        """The buckets with all that was uploaded, which is their sum, and all that failed; and the rest."""
        own = {name: self.buckets[name] for name in BUCKETS}
        sums = {"uploaded": sum(own.values()), "failed": sum(own[name] for name in FAILED)}
        reached = {"fetched": self.fetched, "answered": self.answered}
        return {**sums, **own, **reached, "skipped": dict(sorted(self.skipped.items()))}


class Line(NamedTuple):
    """The figures of a message on a day."""

    place: Place
    figures: Figures


def bucket(state: str, reason: str | None, *, spam: bool) -> str:
    """Where a delivery counts."""
    if spam:
        return "spam"
    return _STATES.get(state) or _REASONS.get(reason or "") or "error_general"


def report(
    tenant_id: int, zone: str, campaigns: Iterable[UUID], start: date | None = None, end: date | None = None
) -> list[Line]:
    """The lines of campaigns that were started, all days or those from `start` to `end`. Index: deliveries_listed."""
    campaigns = list(campaigns)
    given: dict[str, Any] = {"tenant": tenant_id, "zone": zone, "campaigns": campaigns}
    found: dict[Place, Figures] = {}
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, given)
        for campaign, wave, day, state, reason, spam, number in cursor.fetchall():
            own = found.setdefault(Place(campaign, wave, day), Figures())
            own.buckets[bucket(state, reason, spam=spam)] += number
            if state == "skipped":
                own.skipped[reason] += number
    for line in reached(tenant_id, zone, campaigns):
        found.setdefault(line.place, Figures()).add(line.figures)
    within = (place for place in found if (start or place.day) <= place.day <= (end or place.day))
    return [Line(place, found[place]) for place in within]


def reached(tenant_id: int, zone: str, campaigns: Iterable[UUID]) -> list[Line]:
    """What came of the messages of campaigns that were started, without their buckets."""
    with connection.cursor() as cursor:
        cursor.execute(_REACHED, {"tenant": tenant_id, "zone": zone, "campaigns": list(campaigns)})
        return [
            Line(Place(campaign, wave, day), Figures(fetched=fetched, answered=answered))
            for campaign, wave, day, fetched, answered in cursor.fetchall()
        ]


def totals(lines: Iterable[Line]) -> Figures:
    """All lines together."""
    found = Figures()
    for line in lines:
        found.add(line.figures)
    return found


def represent(line: Line) -> dict[str, Any]:
    """A line as callers see it."""
    place = line.place
    told = {"campaign": str(place.campaign), "message": place.message, "day": place.day.isoformat()}
    return told | line.figures.told()
