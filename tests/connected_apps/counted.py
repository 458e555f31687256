"""Hourly counts, written as ingest leaves them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from uuid_utils.compat import uuid7

from rapport.connected_apps.models import ConnectedApp
from rapport.history.models import HourlyCount
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from tests.cast import Person

NOW = datetime(2026, 11, 23, 12, 40, tzinfo=UTC)
HOUR = timedelta(hours=1)


def app_of(person: Person) -> UUID:
    with tenant_scope(person.tenant) as tenant_id:
        return ConnectedApp.objects.get(tenant_id=tenant_id, client_id=person.client_id).id


def put(
    person: Person,
    ago: float,
    records: int,
    outcome: str = "created",
    *,
    sender: tuple[str, UUID] | None = None,
    ignored: int = 0,
) -> None:
    """Records that came so many hours ago, by default from the person's own app."""
    at = NOW - ago * HOUR
    actor_type, actor_id = sender or ("app", app_of(person))
    with tenant_scope(person.tenant) as tenant_id:
        HourlyCount.objects.create(
            tenant_id=tenant_id,
            hour=at.replace(minute=0, second=0, microsecond=0),
            actor_type=actor_type,
            actor_id=actor_id,
            configuration_id=uuid7(),
            outcome=outcome,
            records=records,
            records_ignored=ignored,
            last_at=at,
        )


def ask(function: Any, person: Person, *arguments: Any, now: datetime = NOW) -> Any:
    with tenant_scope(person.tenant) as tenant_id:
        return function(tenant_id, *arguments, now=now)
