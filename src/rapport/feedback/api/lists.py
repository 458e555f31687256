"""`/v4.1/lists/…`: the reference's own paths and envelopes for who gets nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from rapport.feedback import suppressing
from rapport.feedback.sync import moment
from rapport.records.errors import Invalid
from rapport.surveys.models import Suppressed, Suppression
from rapport.tenants import answers, bodies
from rapport.tenants.models import Tenant
from rapport.tenants.permission import Permitted
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from rapport.tenants.permission import AuthoredRequest

#: The reference's codes: an argument cannot be read; one is missing; the address is missing.
INVALID, MISSING, NO_EMAIL = 300001, 300004, 400402
#: Of what is told before we are asked: no valid token, no such method.
_CODES = {401: 200000, 403: 200000, 405: 300003}
LIMIT = 1_000
_END = datetime.max.replace(tzinfo=UTC)
#: Rows that are left out at most.
START_LIMIT = 10**9


def _error(text: str, code: int) -> HttpResponse:
    return answers.data({"Error": {"Message": text, "Code": code}}, 400)


def enveloped(guarded: Permitted) -> Permitted:
    """The same, with every error in the reference's envelope."""

    def answered(request: HttpRequest, **parts: str) -> HttpResponse:
        answer = guarded(request, **parts)
        told = json.loads(answer.content) if answer.status_code >= 400 else {}
        if "message" in told:
            told = {"Message": told["message"], "Code": _CODES.get(answer.status_code, INVALID)}
            answer.content = answers.data({"Error": told}).content
        return answer

    return replace(guarded, view=answered)


def unsubscribe(request: AuthoredRequest, tenant_id: int) -> HttpResponse:
    """Adds an address, from a form's or a JSON body or from the query."""
    sent = bodies.only(request) if request.content_type == "application/json" else request.POST
    email = sent.get("email") or request.GET.get("email") or ""
    if not isinstance(email, str):
        return _error("Invalid arguments supplied", INVALID)
    if not email.strip():
        return _error("Email address is required", NO_EMAIL)
    try:
        address = suppressing.address(suppressing.EMAIL, email)
    except Invalid as fault:
        return _error(fault.sentence("email"), INVALID)
    with tenant_scope(tenant_id):
        suppressing.add(tenant_id, address, request.author, source="api")
    return answers.data({"Data": {"Message": "Record added"}})


def unsubscribes(request: HttpRequest, tenant_id: int) -> HttpResponse:
    """Addresses that were unsubscribed, oldest first."""
    return _listed(
        request,
        tenant_id,
        suppressing.UNSUBSCRIBE,
        lambda row, at: {"Email": row.address or "", "Date": at, "User": row.actor_type},
    )


def bounces(request: HttpRequest, tenant_id: int) -> HttpResponse:
    """Addresses that bounced, oldest first."""
    return _listed(
        request,
        tenant_id,
        suppressing.BOUNCE,
        lambda row, at: {"Email": row.address or "", "Type": "hard", "Reason": row.reason or "", "Date": at},
    )


def _span(first: str, last: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From this moment on, and before that one; the last day is included. Raises `ValueError`, `OverflowError`."""
    start, _ = moment(first, zone), moment(last, zone)
    try:
        return start, moment(last, zone, 1)
    except OverflowError:  # the last day of the calendar
        return start, _END


def _listed(request: HttpRequest, tenant_id: int, on: str, shown: Any) -> HttpResponse:
    dates = [request.GET.get(name, "") for name in ("date_range_from", "date_range_to")]
    if bool(dates[0]) != bool(dates[1]):
        missing = "date_range_to" if dates[0] else "date_range_from"
        return _error(f"Required field '{missing}' not supplied", MISSING)
    zone = ZoneInfo(Tenant.objects.values_list("time_zone", flat=True).get(pk=tenant_id))
    try:
        start, limit = int(request.GET.get("start") or 0), int(request.GET.get("limit") or LIMIT)
        span = _span(dates[0], dates[1], zone) if dates[0] else None
        if not 0 <= start <= START_LIMIT or not 1 <= limit <= LIMIT:
            raise ValueError(start)
    except (ValueError, OverflowError):
        return _error("Invalid arguments supplied", INVALID)
    with tenant_scope(tenant_id):
        held = Suppressed.objects.filter(tenant_id=tenant_id, list=on, key__gte="e:", key__lt="e;")
        if span:
            held = held.filter(at__gte=span[0], at__lt=span[1])
        ids = list(held.order_by("at", "key").values_list("suppression_id", flat=True)[start : start + limit])
        acts = suppressing.listed(tenant_id, ids)
    rows: list[Suppression] = [acts[id] for id in ids]
    told = [shown(row, row.at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")) for row in rows]
    return answers.data({"Data": told})
