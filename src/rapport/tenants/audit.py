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

#: Everything that is noted -> what somebody did, before the name of what they did it to. A new act must be added here,
#: which is the point.
ACTS = {
    "alert.create": "made the alert",
    "alert.change": "changed the alert",
    "alert.remove": "removed the alert",
    "bounce.mailbox": "changed the mailbox of",
    "bounce.settle": "looked at what came back, a",
    "campaign.cancel": "cancelled the rest of the campaign",
    "campaign.change": "changed the campaign",
    "campaign.create": "created the campaign",
    "campaign.pause": "paused the campaign",
    "campaign.plan": "planned the campaign",
    "campaign.resume": "resumed the campaign",
    "campaign.send_again": "sent again what was in doubt or failed of the campaign",
    "campaign.start": "started the campaign",
    "campaign.test": "sent themselves a test of the campaign",
    "configuration.create": "created the configuration",
    "configuration.change": "changed the configuration",
    "configuration.activate": "activated the configuration",
    "configuration.deactivate": "deactivated the configuration",
    "configuration.remove": "removed the configuration",
    "configuration.draft": "saved a draft of the configuration",
    "configuration.discard": "discarded the draft of the configuration",
    "connected_app.create": "created the Connected App",
    "connected_app.change": "changed the Connected App",
    "connected_app.deactivate": "deactivated the Connected App",
    "connected_app.rotate": "rotated the secret of the Connected App",
    "connected_app.retire": "retired a secret of the Connected App",
    "field.create": "added the field",
    "field.change": "changed the field",
    "import.cancel": "cancelled the import",
    "import.create": "sent the file",
    "import.pause": "paused the import",
    "import.resume": "resumed the import",
    "import.start": "started the import",
    "invitation.accept": "accepted the invitation of",
    "invitation.create": "invited",
    "invitation.revoke": "took back the invitation of",
    "member.add": "added the member",
    "member.change": "changed the role of",
    "member.link": "made a sign-in link for",
    "member.password": "set a new password",
    "member.prove": "proved their address",
    "member.remove": "removed the member",
    "member.reset": "sent a link to a new password to",
    "member.sign_in": "signed in",
    "replay.start": "sent again",
    "segment.change": "changed the segment",
    "segment.create": "created the segment",
    "segment.remove": "removed the segment",
    "sending.change": "changed the rules of",
    "smtp_server.change": "changed the mail server",
    "smtp_server.create": "added the mail server",
    "smtp_server.remove": "removed the mail server",
    "suppression.add_file": "suppressed the addresses of",
    "suppression.add": "added a suppression of the kind",
    "suppression.lift": "lifted a suppression of the kind",
    "survey.activate": "activated the survey",
    "survey.archive": "archived the survey",
    "survey.change": "changed the survey",
    "survey.create": "created the survey",
    "survey.default": "made the default",
    "system.change": "changed the system",
    "touchpoint.create": "added the touchpoint",
    "touchpoint.change": "changed the touchpoint",
    "touchpoint.link": "changed the link of the touchpoint",
    "undo.start": "undid",
    "unmapped.dismiss": "dismissed the unmapped heading",
    "unmapped.forget": "forgot the unmapped heading",
    "unmapped.restore": "brought back the unmapped heading",
    "webhook.create": "generated the webhook",
    "webhook.deactivate": "deactivated the webhook",
    "webhook.rotate": "rotated the password of the webhook",
}


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
    assert action in ACTS, action
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
        action=reader.choice("action", ACTS),
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
