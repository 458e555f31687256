"""The audit log: who did what to a tenant's settings, noted in the transaction of the act, kept for good."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from .actors import Author, current_request
from .answers import moment
from .models import AuditEntry
from .query import Place, Reader, place

#: Everything that is noted; a new act must be added here, which is the point.
ACTIONS = (
    "campaign.cancel",
    "campaign.change",
    "campaign.create",
    "campaign.pause",
    "campaign.plan",
    "campaign.resume",
    "campaign.send_again",
    "campaign.start",
    "configuration.create",
    "configuration.change",
    "configuration.activate",
    "configuration.deactivate",
    "configuration.remove",
    "connected_app.create",
    "connected_app.change",
    "connected_app.deactivate",
    "connected_app.rotate",
    "connected_app.retire",
    "field.create",
    "field.change",
    "invitation.accept",
    "invitation.create",
    "invitation.revoke",
    "member.add",
    "member.change",
    "member.link",
    "member.password",
    "member.prove",
    "member.remove",
    "member.reset",
    "member.sign_in",
    "segment.change",
    "segment.create",
    "segment.remove",
    "sending.change",
    "smtp_server.change",
    "smtp_server.create",
    "smtp_server.remove",
    "suppression.add",
    "suppression.lift",
    "survey.activate",
    "survey.archive",
    "survey.change",
    "survey.create",
    "survey.default",
    "system.change",
    "touchpoint.create",
    "touchpoint.change",
    "touchpoint.link",
    "unmapped.dismiss",
    "unmapped.forget",
    "unmapped.restore",
    "webhook.create",
    "webhook.deactivate",
    "webhook.rotate",
)


class Object(NamedTuple):
    """What was acted on; its type is the action's first word."""

    id: Any
    name: str


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What somebody wants of the log; None is everything."""

    actor: UUID | None = None
    action: str | None = None
    #: An id, whatever it is of.
    object: str | None = None
    #: From this moment on, and before that one.
    start: datetime | None = None
    end: datetime | None = None
    #: Older than the entry of this moment and id.
    cursor: Place | None = None
    limit: int = 100


def note(tenant_id: int, author: Author, action: str, what: Object, details: Mapping[str, Any] | None = None) -> None:
    """Notes an act, inside the transaction that does it. `details` are JSON and hold nothing secret."""
    assert action in ACTIONS, action
    AuditEntry.objects.create(
        tenant_id=tenant_id,
        actor_type=author.type,
        actor_id=author.id,
        actor_name=author.name,
        action=action,
        object_type=action.partition(".")[0],
        object_id=str(what.id),
        object_name=what.name,
        details=dict(details or {}),
        request_id=current_request.get() or None,
    )


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The details of a change: `{"changed": {name: [old, new]}}`, without the version."""
    names = [name for name in after if name != "version" and before[name] != after[name]]
    return {"changed": {name: [before[name], after[name]] for name in names}}


def read(query_string: str) -> Wanted:
    """Reads the query of the log. Raises `ParametersError`."""
    reader = Reader(query_string)
    wanted = Wanted(
        actor=reader.id("actor"),
        action=reader.choice("action", ACTIONS),
        object=reader("object", str),
        start=reader.time("from"),
        end=reader.time("to"),
        cursor=reader.place("cursor"),
        limit=reader.limit(),
    )
    reader.finish()
    return wanted


def entries(tenant_id: int, wanted: Wanted) -> tuple[list[AuditEntry], str | None]:
    """A page of the log, newest first, and the cursor of what is older, if there is any; inside the tenant's scope.

    Indexes: the primary key, which is in the order of time; audit_entries_actor, _action and _object.
    """
    exact: dict[str, Any] = {"actor_id": wanted.actor, "action": wanted.action, "object_id": wanted.object}
    exact |= {"at__gte": wanted.start, "at__lt": wanted.end}
    rows = AuditEntry.objects.filter(
        tenant_id=tenant_id, **{name: value for name, value in exact.items() if value is not None}
    )
    if wanted.cursor is not None:
        # The first condition is where the index begins to read; the second alone would begin at the newest entry.
        rows = rows.filter(at__lte=wanted.cursor[0], pk__lt=(tenant_id, *wanted.cursor))
    found = list(rows.order_by("-at", "-id")[: wanted.limit + 1])
    kept = found[: wanted.limit]
    return kept, place(kept[-1]) if len(found) > wanted.limit else None


def represent(row: AuditEntry) -> dict[str, Any]:
    """An entry as callers see it."""
    return {
        "id": str(row.id),
        "at": moment(row.at),
        "actor": {"type": row.actor_type, "id": row.actor_id and str(row.actor_id), "name": row.actor_name},
        "action": row.action,
        "object": {"type": row.object_type, "id": row.object_id, "name": row.object_name},
        "details": row.details,
        "request_id": row.request_id,
    }
