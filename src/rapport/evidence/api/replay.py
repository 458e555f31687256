"""`/api/replay`: plan, commit by the plan's token, follow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from rapport.evidence.models import Replay
from rapport.evidence.replaying import chosen, plan, run
from rapport.evidence.replaying.cases import MovedError
from rapport.records.errors import sentence
from rapport.tenants import answers, bodies
from rapport.tenants.errors import BusyError
from rapport.tenants.models import Tenant
from rapport.tenants.query import ParametersError
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from rapport.tenants.permission import AuthoredRequest


def take(request: AuthoredRequest, tenant_id: int) -> HttpResponse:
    """What a replay would do (`plan`: true), or doing what was planned (`commit`: its token)."""
    given = bodies.read(request)
    tenant = Tenant.objects.get(pk=tenant_id)
    try:
        if "commit" in given:
            return _commit(request, tenant, given)
        asked = {name: value for name, value in given.items() if name != "plan"}
        if given.get("plan") is not True:
            told = 'Send "plan": true to see what would be sent again, or "commit" with the token of a plan.'
            raise ParametersError({"plan": [told]} | chosen.unknown(asked))
        return answers.data(plan.plan(tenant, asked, request.configurations).as_json())
    except BusyError as fault:
        return answers.sentence(503, str(fault), {"Retry-After": "1"})


def _commit(request: AuthoredRequest, tenant: Tenant, given: dict[str, Any]) -> HttpResponse:
    faults = {name: [sentence("unknown", name, known="commit")] for name in given if name != "commit"}
    if not isinstance(given["commit"], str):
        faults["commit"] = ["The commit must be the token of a plan."]
    if faults:
        raise ParametersError(faults)
    try:
        row = plan.commit(tenant, request.author, given["commit"], request.configurations)
    except MovedError as moved:
        return answers.sentence(409, str(moved))
    return answers.data({"replay": str(row.id)}, 202, {"Location": f"/api/replay/{row.id}"})


def shown(request: HttpRequest, tenant_id: int, id: str) -> HttpResponse:
    """One replay, as it is now."""
    with tenant_scope(tenant_id):
        row = Replay.objects.filter(tenant_id=tenant_id, id=UUID(id)).first()
    return answers.sentence(404, "There is no such replay.") if row is None else answers.data(represent(row))


def represent(row: Replay) -> dict[str, Any]:
    """A replay as callers see it."""
    return {
        "id": str(row.id),
        "state": row.state,
        "reason": row.reason,
        "asked": row.asked,
        "apply": row.applied,
        "unchanged": row.unchanged,
        "keep": row.kept,
        "reject": row.rejected,
        "reasons": row.reasons,
        "progress": run.progress(row),
        "author": {"type": row.author_type, "id": row.author_id and str(row.author_id), "name": row.author_name},
        "started_at": answers.moment(row.started_at),
        "ended_at": row.ended_at and answers.moment(row.ended_at),
    }
