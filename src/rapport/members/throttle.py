"""Slows down whoever guesses: so many failures in a quarter of an hour, then a pause."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection, transaction

from rapport.credentials import digest

if TYPE_CHECKING:
    from django.http import HttpRequest

WINDOW = timedelta(minutes=15)
#: Attempts for one e-mail address from one network address, from one network address at all, and for one e-mail
#: address from everywhere.
LIMITS = {"both": 5, "network address": 30, "e-mail address": 50}
#: One trip for all counters; a counter whose window is over begins anew.
_COUNT = """
insert into failed_attempts as a (key, failures, window_start)
select unnest(%s::bytea[]), 1, now()
on conflict (key) do update set
    failures = case when a.window_start > now() - %s * interval '1 second' then a.failures + 1 else 1 end,
    window_start = case when a.window_start > now() - %s * interval '1 second' then a.window_start else now() end
returning key, failures
"""
_TAKE_BACK = """
with held as (select key from failed_attempts where key = any(%s) order by key for update)
update failed_attempts a set failures = a.failures - 1 from held where a.key = held.key and a.failures > 0
"""


def admitted(request: HttpRequest, email_key: str) -> bool:
    """Counts an attempt before anybody looks whether it is right; False, and not counted, for who has to wait.

    Counted afterwards, guesses at the same time would all find the count of before.
    """
    keys = _keys(request, email_key)
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        window = WINDOW.total_seconds()
        # In order, so that two of them never wait for each other.
        cursor.execute(_COUNT, [sorted(keys.values()), window, window])
        counted = {bytes(key): failures for key, failures in cursor}
        waits = any(counted[key] > LIMITS[kind] for kind, key in keys.items())
        transaction.set_rollback(waits)
    return not waits


def forgive(request: HttpRequest, email_key: str) -> None:
    """Takes one attempt back that was right, and no other."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_BACK, [list(_keys(request, email_key).values())])


def _keys(request: HttpRequest, email_key: str) -> dict[str, bytes]:
    """What `LIMITS` are for -> its counter."""
    origin = network_address(request)
    return {
        "both": digest(f"both {origin} {email_key}"),
        "network address": digest(f"network address {origin}"),
        "e-mail address": digest(f"e-mail address {email_key}"),
    }


def network_address(request: HttpRequest) -> str:
    """The caller's address: ingest tells it; without ingest in front, as many proxies back as the setting says."""
    heard = [each.strip() for each in request.headers.get("X-Forwarded-For", "").split(",") if each.strip()]
    if settings.RAPPORT.console_socket:
        return heard[-1] if heard else ""
    heard.append(request.META.get("REMOTE_ADDR", ""))
    return heard[-1 - min(settings.RAPPORT.proxies, len(heard) - 1)]
