"""Who uses a configuration, and how much came through it; read inside the tenant's scope."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.db.models import Max, Q, QuerySet, Sum

from rapport.connected_apps.models import ConnectedApp, Webhook
from rapport.history.models import HourlyCount
from rapport.history.pulse import DAY, ERRORS, WEEK, senders, this_hour

from .models import Configuration


@dataclass(frozen=True, kw_only=True)
class Use:
    """A Connected App or a webhook that sent records in the last seven days, or that names the configuration."""

    type: Literal["app", "webhook"]
    id: UUID
    name: str
    #: Whether the configuration cannot be removed because of it.
    bound: bool
    #: Of the last seven days.
    records: int = 0
    last_at: datetime | None = None


def users(row: Configuration) -> list[Use]:
    """Who uses it, the busiest first."""
    known, bound, sent = senders(row.tenant_id), _bound(row), _sent(row)
    found = [
        Use(type=known[place].type, id=place[1], name=known[place].name, bound=place in bound, **sent.get(place, {}))
        for place in {**sent, **dict.fromkeys(bound)}
        if place in known
    ]
    return sorted(found, key=lambda use: (-use.records, use.name))


def records(row: Configuration) -> tuple[int, int]:
    """How many records came through it in the last 24 hours, and how many of these were not written."""
    refused = Sum("records", filter=Q(outcome__in=ERRORS))
    found = _counts(row).filter(hour__gt=this_hour(None) - DAY).aggregate(all=Sum("records"), refused=refused)
    return found["all"] or 0, found["refused"] or 0


def _bound(row: Configuration) -> set[tuple[str, UUID]]:
    """The webhooks that feed it, and the active apps that are limited to it and perhaps some others."""
    hooks = Webhook.objects.filter(tenant_id=row.tenant_id, configuration_id=row.id).values_list("id", flat=True)
    apps = ConnectedApp.objects.filter(tenant_id=row.tenant_id, active=True, configurations__contains=[row.id])
    return {("webhook", id) for id in hooks} | {("app", id) for id in apps.values_list("id", flat=True)}


def _sent(row: Configuration) -> dict[tuple[str, UUID], dict[str, Any]]:
    counts = _counts(row).values_list("actor_type", "actor_id").annotate(Sum("records"), Max("last_at"))
    return {(type, id): {"records": total, "last_at": last} for type, id, total, last in counts}


def _counts(row: Configuration) -> QuerySet[HourlyCount]:
    """The counts of the last seven days; an hour's few rows are a range of their primary key."""
    since = this_hour(None) - WEEK
    return HourlyCount.objects.filter(tenant_id=row.tenant_id, hour__gt=since, configuration_id=row.id)
