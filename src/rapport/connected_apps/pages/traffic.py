"""What Connected Apps and webhooks sent lately, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from rapport.connected_apps.senders import Source, sources
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from rapport.members.access import Member


def by_sender(member: Member, type: str) -> dict[UUID, Source]:
    """Id -> what an app or a webhook sent lately; who never sent anything may be missing."""
    with tenant_scope(member.tenant) as tenant_id:
        return {source.id: source for source in sources(tenant_id) if source.type == type}


def sentence(source: Source | None) -> str:
    """How much somebody would miss it."""
    if source is None or not source.records_day:
        return "It sent nothing in the last 24 hours."
    records = "1 record" if source.records_day == 1 else f"{source.records_day:,} records"
    return f"It sent {records} in the last 24 hours."
