"""How much came through a configuration; read inside the tenant's scope."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q, Sum

from rapport.history.models import ERRORS, HourlyCount

from .models import Configuration


def records(row: Configuration) -> tuple[int, int]:
    """How many records came through it in the last 24 hours, and how many of these were not written."""
    counts = HourlyCount.lately(row.tenant_id, timedelta(days=1)).filter(configuration_id=row.id)
    found = counts.aggregate(all=Sum("records"), refused=Sum("records", filter=Q(outcome__in=ERRORS)))
    return found["all"] or 0, found["refused"] or 0
