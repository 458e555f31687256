"""Connected Apps and webhooks, and what each sent lately; read inside the tenant's scope from the hourly counts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from django.db.models import Max, Sum

from rapport.configurations.models import Configuration
from rapport.history.models import ERRORS, HourlyCount, this_hour

from .models import ConnectedApp, Webhook

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
Sender = tuple[str, UUID]


@dataclass(frozen=True, kw_only=True)
class Source:
    """A Connected App or a webhook, and what it sent lately."""

    type: Literal["app", "webhook"]
    id: UUID
    name: str
    active: bool
    #: Records of the last 24 hours and of the last 30 days.
    records_day: int = 0
    records_month: int = 0
    #: Of its last record in those 30 days.
    last_at: datetime | None = None
    #: Shares of the last 24 hours' records: refused or not written, and with a heading that nothing maps.
    error_share: float = 0.0
    unmapped_share: float = 0.0
    #: Records of each of the last 24 hours, oldest first.
    hours: tuple[int, ...] = (0,) * 24


def sources(tenant_id: int, now: datetime | None = None) -> list[Source]:
    """Active Connected Apps and webhooks and those that sent in the last 30 days; who sent last comes first."""
    known, sent = senders(tenant_id), _sent(tenant_id, now)
    month = HourlyCount.lately(tenant_id, 30 * DAY, now).values_list("actor_type", "actor_id")
    for type, id, records, last_at in month.annotate(Sum("records"), Max("last_at")):
        if source := known.get((type, id)):
            known[type, id] = replace(source, records_month=records, last_at=last_at, **sent.get((type, id), {}))
    shown = [source for source in known.values() if source.active or source.last_at]
    return sorted(
        shown, key=lambda source: (source.last_at or datetime.min.replace(tzinfo=UTC), source.id), reverse=True
    )


def senders(tenant_id: int) -> dict[Sender, Source]:
    """Every Connected App and webhook, as if it had sent nothing; a webhook is named after what it feeds."""
    apps = ConnectedApp.objects.filter(tenant_id=tenant_id).values_list("id", "name", "active")
    hooks = Webhook.objects.filter(tenant_id=tenant_id).values_list("id", "configuration_id", "active")
    names = dict(Configuration.objects.filter(tenant_id=tenant_id).values_list("id", "name"))
    found = [Source(type="app", id=id, name=name, active=active) for id, name, active in apps]
    found += [Source(type="webhook", id=id, name=f"Webhook for {names[feeds]}", active=on) for id, feeds, on in hooks]
    return {(source.type, source.id): source for source in found}


def _sent(tenant_id: int, now: datetime | None) -> dict[Sender, dict[str, Any]]:
    """Sender -> what a `Source` tells of the last 24 hours."""
    rows = HourlyCount.lately(tenant_id, DAY, now)
    by_sender: dict[Sender, list[tuple[Any, ...]]] = defaultdict(list)
    columns = ("actor_type", "actor_id", "hour", "outcome", "records", "records_ignored")
    for actor_type, actor_id, *rest in rows.values_list(*columns):
        by_sender[actor_type, actor_id].append(tuple(rest))
    return {sender: _day(rest, this_hour(now)) for sender, rest in by_sender.items()}


def _day(rows: Iterable[tuple[Any, ...]], hour: datetime) -> dict[str, Any]:
    """(hour, outcome, records, with ignored headings) of one sender, summed up."""
    hours, errors, unmapped = [0] * 24, 0, 0
    for start, outcome, records, ignored in rows:
        hours[min(23, 23 - (hour - start) // HOUR)] += records
        errors += records if outcome in ERRORS else 0
        unmapped += ignored
    total = sum(hours) or 1
    return {
        "hours": tuple(hours),
        "records_day": sum(hours),
        "error_share": errors / total,
        "unmapped_share": unmapped / total,
    }
