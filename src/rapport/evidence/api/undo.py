"""`/api/undo`: plan, commit by the plan's token, follow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from rapport.evidence.models import Undo
from rapport.evidence.undoing import chosen, plan, run
from rapport.records.errors import sentence
from rapport.tenants import answers, bodies
from rapport.tenants.errors import BusyError
from rapport.tenants.query import ParametersError
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from rapport.tenants.permission import AuthoredRequest


def take(request: AuthoredRequest, tenant_id: int) -> HttpResponse:
    """What an undo would do (`plan`: true), or doing what was planned (`commit`: its token)."""
    given = bodies.read(request)
    if "commit" in given:
        return _commit(request, tenant_id, given)
    asked = {name: value for name, value in given.items() if name != "plan"}
    if given.get("plan") is not True:
        told = 'Send "plan": true to see what would be undone, or "commit" with the token of a plan.'
        raise ParametersError({"plan": [told]} | chosen.unknown(asked))
    return answers.data(plan.plan(tenant_id, asked, request.configurations).as_json())


def _commit(request: AuthoredRequest, tenant_id: int, given: dict[str, Any]) -> HttpResponse:
    known = ("commit", "if_moved")
    faults = {name: [sentence("unknown", name, known=", ".join(known))] for name in given if name not in known}
    if given.get("if_moved", "skip") not in plan.IF_MOVED:
        faults["if_moved"] = [sentence("choice", "if_moved", allowed=", ".join(plan.IF_MOVED))]
    if not isinstance(given["commit"], str):
        faults["commit"] = ["The commit must be the token of a plan."]
    if faults:
        raise ParametersError(faults)
    try:
        row = plan.commit(tenant_id, request.author, given["commit"], given.get("if_moved"), request.configurations)
    except plan.MovedError as moved:
        named = [{"type": kind, "id": str(id)} for kind, id in moved.objects]
        return answers.data({"message": str(moved), "moved": named}, 409)
    except BusyError as fault:
        return answers.sentence(503, str(fault), {"Retry-After": "1"})
    return answers.data({"undo": str(row.id)}, 202, {"Location": f"/api/undo/{row.id}"})


def shown(request: HttpRequest, tenant_id: int, id: str) -> HttpResponse:
    """One undo, as it is now."""
    with tenant_scope(tenant_id):
        row = Undo.objects.filter(tenant_id=tenant_id, id=UUID(id)).first()
    return answers.sentence(404, "There is no such undo.") if row is None else answers.data(represent(row))


def represent(row: Undo) -> dict[str, Any]:
    """An undo as callers see it."""
    return {
        "id": str(row.id),
        "state": row.state,
        "reason": row.reason,
        "asked": row.asked,
        "restore": row.restored,
        "delete": row.deleted,
        "keep": row.kept,
        "reasons": row.reasons,
        "progress": run.progress(row),
        "author": {"type": row.author_type, "id": row.author_id and str(row.author_id), "name": row.author_name},
        "started_at": answers.moment(row.started_at),
        "ended_at": row.ended_at and answers.moment(row.ended_at),
    }
