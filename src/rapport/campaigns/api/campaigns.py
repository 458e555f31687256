"""`/api/campaigns` and `/api/deliveries`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from rapport.campaigns import acts, drafts, plans, representation
from rapport.campaigns.errors import FaultsError
from rapport.campaigns.models import Campaign, Delivery
from rapport.records.errors import sentence
from rapport.tenants import answers, bodies
from rapport.tenants.models import Tenant
from rapport.tenants.query import NO_CURSOR, Reader, page
from rapport.tenants.scope import tenant_scope

from . import told

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from rapport.tenants.permission import AuthoredRequest


def _zone(tenant_id: int) -> ZoneInfo:
    return ZoneInfo(Tenant.objects.values_list("time_zone", flat=True).get(pk=tenant_id))


def _location(row: Campaign) -> dict[str, str]:
    return {"Location": f"/api/campaigns/{row.id}"}


@told
def listed(request: HttpRequest, tenant_id: int) -> HttpResponse:
    """A page of campaigns, oldest first."""
    reader = Reader(request.META.get("QUERY_STRING", ""))
    wanted = {
        "state": reader.choice("state", Campaign.State.values),
        "mode": reader.choice("mode", Campaign.Mode.values),
    }
    after, limit = reader.id("cursor", NO_CURSOR), reader.limit()
    reader.finish()
    zone = _zone(tenant_id)
    with tenant_scope(tenant_id):
        exact = {name: value for name, value in wanted.items() if value is not None}
        found, cursor = page(Campaign.objects.filter(tenant_id=tenant_id, **exact), after, limit)
        content = {"data": [representation.campaign(row, zone) for row in found], "cursor": cursor}
    return answers.data(content)


@told
def create(request: AuthoredRequest, tenant_id: int) -> HttpResponse:
    """A new draft."""
    given = bodies.read(request)
    with tenant_scope(tenant_id):
        row = drafts.create(tenant_id, request.author, given)
    return answers.data({"campaign": str(row.id)}, 201, _location(row))


@told
def shown(request: HttpRequest, tenant_id: int, id: str) -> HttpResponse:
    """One campaign with its messages."""
    zone = _zone(tenant_id)
    with tenant_scope(tenant_id):
        row = drafts.find(tenant_id, UUID(id))
        return answers.data(representation.with_messages(row, zone), headers=bodies.etag(row.version))


@told
def change(request: AuthoredRequest, tenant_id: int, id: str) -> HttpResponse:
    """Some of a draft's parts; a plan of it must be made anew."""
    given, zone = bodies.read(request), _zone(tenant_id)
    with tenant_scope(tenant_id):
        row = drafts.find(tenant_id, UUID(id), locked=True)
        bodies.require_match(request, row.version)
        drafts.change(row, request.author, given)
        row.refresh_from_db()
        return answers.data(representation.with_messages(row, zone), headers=bodies.etag(row.version))


@told
def plan(request: AuthoredRequest, tenant_id: int, id: str) -> HttpResponse:
    """The exact list, with skips and reasons, three examples, and the token that starts it."""
    _only(bodies.read(request))
    with tenant_scope(tenant_id):
        made = plans.plan(drafts.find(tenant_id, UUID(id)), request.author)
        return answers.data(representation.plan(made))


@told
def start(request: AuthoredRequest, tenant_id: int, id: str) -> HttpResponse:
    """Sends what was planned, now or at a time; a repeat gets the same campaign."""
    given = bodies.read(request)
    _only(given, "plan", "at")
    token = given.get("plan")
    faults = {} if isinstance(token, str) and token else {"plan": [sentence("required", "plan")]}
    try:
        at = plans.beginning(given.get("at"), _zone(tenant_id))
    except FaultsError as error:
        faults |= {name: list(told) for name, told in error.errors.items()}
    if faults or not isinstance(token, str):
        raise FaultsError(faults)
    with tenant_scope(tenant_id):
        row = plans.start(tenant_id, drafts.find(tenant_id, UUID(id)), token, request.author, at)
    return answers.data({"campaign": str(row.id)}, 202, _location(row))


def _only(given: dict[str, Any], *known: str) -> None:
    unknown = [key for key in given if key not in known]
    if unknown:
        names = ", ".join(known) or "none"
        raise FaultsError({key: [sentence("unknown", key, known=names)] for key in unknown})


@told
def act(request: AuthoredRequest, tenant_id: int, id: str, act: str) -> HttpResponse:
    """Pauses, resumes or cancels; also where it is so already."""
    _only(bodies.read(request))
    zone = _zone(tenant_id)
    with tenant_scope(tenant_id):
        row = drafts.find(tenant_id, UUID(id))
        {"pause": acts.pause, "resume": acts.resume, "cancel": acts.cancel}[act](row, request.author)
        row.refresh_from_db()
        return answers.data(representation.campaign(row, zone))


@told
def send_again(request: AuthoredRequest, tenant_id: int, id: str) -> HttpResponse:
    """Queues those in doubt or those that failed again, because a person says so."""
    given = bodies.read(request)
    _only(given, "state", "deliveries")
    state, ids = given.get("state"), given.get("deliveries")
    if state not in acts.AGAIN:
        raise FaultsError({"state": [sentence("choice", "state", allowed=", ".join(acts.AGAIN))]})
    try:
        wanted = None if ids is None else [UUID(each) for each in ids]
    except (TypeError, ValueError, AttributeError):
        raise FaultsError({"deliveries": ["The deliveries must be a JSON array of ids."]}) from None
    with tenant_scope(tenant_id):
        number = acts.send_again(drafts.find(tenant_id, UUID(id)), request.author, state, wanted)
    return answers.data({"queued": number})


@told
def deliveries(request: HttpRequest, tenant_id: int) -> HttpResponse:
    """A page of the ledger of sending, oldest first."""
    reader = Reader(request.META.get("QUERY_STRING", ""))
    wanted: dict[str, Any] = {"campaign_id": reader.id("campaign"), "contact_id": reader.id("contact")}
    wanted["state"] = reader.choice("state", Delivery.State.values)
    after, limit = reader.id("cursor", NO_CURSOR), reader.limit()
    reader.finish()
    with tenant_scope(tenant_id):
        exact = {name: value for name, value in wanted.items() if value is not None}
        found, cursor = page(Delivery.objects.filter(tenant_id=tenant_id, **exact), after, limit)
        rows = representation.deliveries(tenant_id, found)
    return answers.data({"data": rows, "cursor": cursor})
