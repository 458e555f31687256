"""`/api/contacts/merge`, `/api/accounts/merge`: several become one; `/api/merges/{id}` tells how far that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from rapport.directory import merging
from rapport.directory.errors import FaultsError
from rapport.directory.models import Merge
from rapport.records.errors import sentence
from rapport.tenants import answers, bodies
from rapport.tenants.errors import BusyError
from rapport.tenants.query import ParametersError
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from rapport.tenants.permission import AuthoredRequest

_KNOWN = ("into", "from", "keep", "dry_run")


def merge(request: AuthoredRequest, tenant_id: int, kind: str) -> HttpResponse:
    """Merges, 200 when it is done and 202 while the worker moves what is left; with `dry_run` what that would do."""
    given = _read(bodies.read(request))
    dry_run = given.pop("dry_run")
    try:
        if dry_run:
            with tenant_scope(tenant_id):
                return answers.data({"merge": None, **merging.looked_at(tenant_id, kind, **given)})
        row = merging.merge(tenant_id, request.author, kind, **given)
    except FaultsError as fault:
        return answers.faults(fault.errors)
    except BusyError as fault:
        return answers.sentence(503, str(fault), {"Retry-After": "1"})
    status = 200 if row.total <= merging.FEW else 202
    return answers.data({"merge": str(row.id)}, status, {"Location": f"/api/merges/{row.id}"})


def shown(request: HttpRequest, tenant_id: int, id: str) -> HttpResponse:
    """One merge, as it is now."""
    with tenant_scope(tenant_id):
        row = Merge.objects.filter(tenant_id=tenant_id, id=UUID(id)).first()
    return answers.sentence(404, "There is no such merge.") if row is None else answers.data(represent(row))


def represent(row: Merge) -> dict[str, Any]:
    """A merge as callers see it."""
    return {
        "id": str(row.id),
        "type": row.object_type,
        "into": str(row.kept_id),
        "from": row.merged_ids,
        "state": row.state,
        "moved": row.moved,
        "progress": 1.0 if row.state == Merge.State.DONE else round(min(row.moved / max(row.total, 1), 1), 3),
        "started_at": answers.moment(row.started_at),
        "ended_at": row.ended_at and answers.moment(row.ended_at),
    }


def _read(given: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a merge. Raises `ParametersError` with every fault."""
    faults = {name: [sentence("unknown", name, known=", ".join(_KNOWN))] for name in given if name not in _KNOWN}
    kept = _id(given.get("into"))
    if kept is None:
        faults["into"] = ["The into must be an id."]
    listed = given.get("from")
    merged = [_id(each) for each in listed] if isinstance(listed, list) else [None]
    if None in merged:
        faults["from"] = ["The from must be a JSON array of ids."]
    chosen = given.get("keep", {})
    keep = {name: _id(id) for name, id in chosen.items()} if isinstance(chosen, dict) else {"": None}
    if None in keep.values():
        faults["keep"] = ["The keep must be a JSON object of fields and ids."]
    if not isinstance(given.get("dry_run", False), bool):
        faults["dry_run"] = ["The dry_run must be true or false."]
    if faults:
        raise ParametersError(faults)
    return {"kept": kept, "merged": merged, "keep": keep, "dry_run": given.get("dry_run", False)}


def _id(given: Any) -> UUID | None:
    try:
        return UUID(given)
    except (TypeError, ValueError, AttributeError):
        return None
