"""Who uses a configuration; read inside the tenant's scope."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Max, Sum

from rapport.configurations.models import Configuration
from rapport.history.models import HourlyCount
from rapport.tenants import lifecycle

from .models import ConnectedApp, Webhook
from .senders import DAY, Sender, senders

#: What sends records once, and is named by a room above.
BEGUN = ("import", "replay")


@dataclass(frozen=True, kw_only=True)
class Use:
    """What sent records in the last seven days, imports and replays too, or names the configuration."""

    #: `app`, `webhook`, or one of `BEGUN`.
    type: str
    id: UUID
    name: str
    #: Whether the configuration cannot be removed because of it.
    bound: bool
    #: Of the last seven days.
    records: int = 0
    last_at: datetime | None = None


def users(row: Configuration) -> list[Use]:
    """Who uses it, the busiest first."""
    bound, sent = bound_to(row.tenant_id, row.id), _sent(row)
    names = {sender: source.name for sender, source in senders(row.tenant_id).items()}
    for kind in BEGUN:
        begun = lifecycle.actors(row.tenant_id, kind, [id for type, id in sent if type == kind])
        names |= {(kind, id): name for id, name in begun.items()}
    found = [
        Use(type=type, id=id, name=names[type, id], bound=(type, id) in bound, **sent.get((type, id), {}))
        for type, id in {**sent, **dict.fromkeys(bound)}
        if (type, id) in names
    ]
    return sorted(found, key=lambda use: (-use.records, use.name))


def bound_to(tenant_id: int, configuration_id: UUID) -> set[Sender]:
    """Who cannot do without it: its webhooks, and the active apps that are limited to it and perhaps some others."""
    hooks = Webhook.objects.filter(tenant_id=tenant_id, configuration_id=configuration_id)
    apps = ConnectedApp.objects.filter(tenant_id=tenant_id, active=True, configurations__contains=[configuration_id])
    found = {("webhook", id) for id in hooks.values_list("id", flat=True)}
    return found | {("app", id) for id in apps.values_list("id", flat=True)}


def _sent(row: Configuration) -> dict[Sender, dict[str, Any]]:
    """Sender -> what a `Use` tells of the last seven days."""
    counts = HourlyCount.lately(row.tenant_id, 7 * DAY).filter(configuration_id=row.id)
    sent = counts.values_list("actor_type", "actor_id").annotate(Sum("records"), Max("last_at"))
    return {(type, id): {"records": total, "last_at": last} for type, id, total, last in sent}
