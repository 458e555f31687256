"""What an undo is about, as people call it: the name of a file or of whom a record is about, instead of an id."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from rapport.configurations.models import Configuration
from rapport.connected_apps.models import ConnectedApp
from rapport.directory.models import Merge
from rapport.evidence import actors, searching, trace
from rapport.evidence.models import Replay, Undo
from rapport.evidence.replaying import plan as replays
from rapport.evidence.whom import whom
from rapport.imports.models import Import

from .plan import told

#: Undos of undos that are followed.
DEPTH = 3
_NOBODY = UUID(int=0)


def named(tenant_id: int, asked: Mapping[str, Any], depth: int = DEPTH) -> str:
    """A few words; what has no name is told by its id. In the tenant's scope."""
    bounds = [f"{name} {asked[name].replace('T', ' ')}" for name in ("from", "to") if name in asked]
    kind = next((name for name in asked if name not in ("from", "to")), None)
    if kind is None:
        return " ".join(["everything", *bounds])
    if kind == "changes":
        return "1 change" if len(asked[kind]) == 1 else f"{len(asked[kind]):,} changes"
    id = searching.as_id(str(asked[kind])) or _NOBODY
    if kind == "undo":
        row = Undo.objects.filter(tenant_id=tenant_id, id=id).first() if depth else None
        return told(asked) if row is None else f"the undo of {named(tenant_id, row.asked, depth - 1)}"
    found = _NAMES[kind](tenant_id, id, asked[kind]) if kind in _NAMES else ""
    return " ".join([found, *bounds]) if found else told(asked)


def _record(tenant_id: int, id: UUID, _: str) -> str:
    row = searching.record(tenant_id, id)
    if row is None:
        return ""
    read = Configuration.objects.filter(tenant_id=tenant_id, id=row.configuration_id or _NOBODY).first()
    return f"the record of {whom(row, trace.names(tenant_id, row.objects_written), read).name}"


def _request(tenant_id: int, id: UUID, _: str) -> str:
    row = searching.record(tenant_id, id)
    return f"the request {row.request_id}" if row else ""


def _import(tenant_id: int, id: UUID, _: str) -> str:
    row = Import.objects.filter(tenant_id=tenant_id, id=id).first()
    return f"the import of {row.name}" if row else ""


def _replay(tenant_id: int, id: UUID, _: str) -> str:
    row = Replay.objects.filter(tenant_id=tenant_id, id=id).first()
    return f"what was sent again, {replays.named(tenant_id, row.asked)}" if row else ""


def _merge(tenant_id: int, id: UUID, _: str) -> str:
    row = Merge.objects.filter(tenant_id=tenant_id, id=id).first()
    if row is None:
        return ""
    ids = [*row.merged_ids, str(row.kept_id)]
    names = trace.names(tenant_id, ({"type": row.object_type, "id": id} for id in ids))
    *merged, kept = (names.get(id) or f"the {row.object_type} {id}" for id in ids)
    return f"the merge of {', '.join(merged)} into {kept}"


def _app(tenant_id: int, id: UUID, given: str) -> str:
    rows = ConnectedApp.objects.filter(tenant_id=tenant_id)
    row = rows.filter(client_id=given).first() or rows.filter(id=id).first()
    return f"what {row.name} sent" if row else ""


def _configuration(tenant_id: int, id: UUID, given: str) -> str:
    rows = Configuration.objects.filter(tenant_id=tenant_id)
    row = rows.filter(reference=given).first() or rows.filter(id=id).first()
    return f"what came by {row.name}" if row else ""


def _user(tenant_id: int, id: UUID, _: str) -> str:
    return f"what {actors.names(tenant_id, [('user', id)])['user', id]} did"


_NAMES: dict[str, Callable[[int, UUID, str], str]] = {
    "record": _record,
    "request": _request,
    "import": _import,
    "replay": _replay,
    "merge": _merge,
    "app": _app,
    "configuration": _configuration,
    "user": _user,
}
