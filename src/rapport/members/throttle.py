"""Slows down whoever guesses: so many failures in a quarter of an hour, then a pause."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.db.models.functions import Now

from rapport.credentials import digest

from .models import FailedAttempt

if TYPE_CHECKING:
    from django.http import HttpRequest

WINDOW = timedelta(minutes=15)
#: Failures from one place under one address, from one place at all, and under one address from everywhere.
LIMITS = {"both": 5, "place": 30, "email": 50}
#: One trip for all counters; a counter whose window is over begins anew.
_COUNT = """
insert into failed_attempts as a (key, failures, window_start)
select unnest(%s::bytea[]), 1, now()
on conflict (key) do update set
    failures = case when a.window_start > now() - %s then a.failures + 1 else 1 end,
    window_start = case when a.window_start > now() - %s then a.window_start else now() end
"""


def blocked(request: HttpRequest, email_key: str) -> bool:
    """Whether this caller must wait before the next attempt."""
    reached = Q()
    for kind, key in _keys(request, email_key).items():
        reached |= Q(key=key, failures__gte=LIMITS[kind])
    return FailedAttempt.objects.filter(reached, window_start__gt=Now() - WINDOW).exists()


def failed(request: HttpRequest, email_key: str) -> None:
    """Counts a failure."""
    with connection.cursor() as cursor:
        # In order, so that two of them never wait for each other.
        cursor.execute(_COUNT, [sorted(_keys(request, email_key).values()), WINDOW, WINDOW])


def _keys(request: HttpRequest, email_key: str) -> dict[str, bytes]:
    place = _place(request)
    return {
        "both": digest(f"both {place} {email_key}"),
        "place": digest(f"place {place}"),
        "email": digest(f"email {email_key}"),
    }


def _place(request: HttpRequest) -> str:
    """The caller's address: ingest tells it; without ingest in front, as many proxies back as the setting says."""
    heard = [each.strip() for each in request.headers.get("X-Forwarded-For", "").split(",") if each.strip()]
    if settings.RAPPORT.console_socket:
        return heard[-1] if heard else ""
    heard.append(request.META.get("REMOTE_ADDR", ""))
    return heard[-1 - min(settings.RAPPORT.proxies, len(heard) - 1)]
