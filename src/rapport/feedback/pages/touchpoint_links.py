"""Feedback, Touchpoint links: an anonymous link per touchpoint, with its QR code and the line that embeds it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import segno
from django.contrib import messages
from django.db.models import F
from django.db.models.functions import Now
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe

from rapport.configurations.models import Touchpoint
from rapport.directory.pages.owners import found
from rapport.feedback import links
from rapport.surveys.models import Fetch, Survey, TouchpointLink
from rapport.tenants import audit
from rapport.tenants.hosts import hosts
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from rapport.members.access import Member


def listed(request: HttpRequest, member: Member) -> HttpResponse:
    """The touchpoints, and which of them have a link."""
    with tenant_scope(member.tenant) as tenant_id:
        rows = list(Touchpoint.objects.filter(tenant_id=tenant_id).order_by("-active", "name_key"))
        own = {row.touchpoint_id: row for row in TouchpointLink.objects.filter(tenant_id=tenant_id)}
    lines = [{"row": row, "link": own.get(row.id)} for row in rows]
    return render(request, "feedback/touchpoint_links.html", {"lines": lines})


def one(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """The link of a touchpoint; posted, it is opened, closed, or asks another survey."""
    with tenant_scope(member.tenant) as tenant_id:
        touchpoint = found(Touchpoint, tenant_id, id)
        surveys = list(
            Survey.objects.filter(tenant_id=tenant_id, state=Survey.State.LIVE).order_by("-is_default", "name")
        )
        if request.method == "POST":
            _change(request, member, touchpoint, surveys)
        row = TouchpointLink.objects.filter(tenant_id=tenant_id, touchpoint_id=touchpoint.id).first()
        looks = Fetch.objects.filter(tenant_id=tenant_id, object_id=touchpoint.id, purpose=Fetch.Purpose.TOUCHPOINT)
        fetches = sum(looks.values_list("fetches", flat=True))
    if request.method == "POST":
        return redirect(member.to("touchpoint-link", id=id))
    context: dict[str, Any] = {"touchpoint": touchpoint, "surveys": surveys, "row": row, "fetches": fetches}
    if row is not None:
        made = links.make(tenant_id, links.TOUCHPOINT, touchpoint.id, row.generation)
        address = f"{hosts(request)['pages']}/t/{made}"
        context |= {"address": address, "embed": _embed(address, touchpoint.name), "code": _code(address)}
    return render(request, "feedback/touchpoint_link.html", context)


def revoke(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """Asks, then makes the link of a touchpoint lead nowhere, and another one take its place."""
    with tenant_scope(member.tenant) as tenant_id:
        touchpoint = found(Touchpoint, tenant_id, id)
        if request.method == "POST":
            own = TouchpointLink.objects.filter(tenant_id=tenant_id, touchpoint_id=touchpoint.id)
            if own.update(generation=F("generation") + 1):
                _note(member, touchpoint, {"act": "revoke"})
    back = member.to("touchpoint-link", id=id)
    if request.method == "POST":
        messages.success(request, "The link is revoked; the page has the new one.")
        return redirect(back)
    sentences = [
        "Every printed code, embedded page and copied link of this touchpoint leads nowhere at once.",
        "The page shows a new link, which has to be printed and embedded anew.",
    ]
    title = f"Revoke the link of {touchpoint.name}?"
    context = {"title": title, "sentences": sentences, "action": "Revoke", "danger": True, "back": back}
    return render(request, "console/confirm.html", context)


def _change(request: HttpRequest, member: Member, touchpoint: Touchpoint, surveys: list[Survey]) -> None:
    """Opens or closes the link, and says what it asks."""
    chosen = next((each for each in surveys if each.reference == request.POST.get("survey")), None)
    closes = request.POST.get("act") == "close"
    asks = chosen.id if chosen else None
    TouchpointLink.objects.update_or_create(
        tenant_id=touchpoint.tenant_id,
        touchpoint_id=touchpoint.id,
        defaults={"survey_id": asks, "closed_at": Now() if closes else None},
        create_defaults={"survey_id": asks, "opened_at": Now()},
    )
    _note(member, touchpoint, {"act": "close" if closes else "open", "survey": chosen and chosen.reference})
    messages.success(request, f"The link of {touchpoint.name} is {'closed' if closes else 'open'}.")


def _note(member: Member, touchpoint: Touchpoint, details: dict[str, Any]) -> None:
    what = audit.Object(touchpoint.id, touchpoint.name)
    audit.note(touchpoint.tenant_id, member.author, "touchpoint.link", what, details)


def _embed(address: str, name: str) -> str:
    title = name.replace("&", "&amp;").replace('"', "&quot;")
    return f'<iframe src="{address}" title="{title}" width="100%" height="640" style="border:0"></iframe>'


def _code(address: str) -> str:
    """The QR code as a drawing; its text is letters and digits of ours."""
    drawn = segno.make(address, error="m").svg_inline(scale=4, border=4, light="#fff", dark="#000", omitsize=True)
    return mark_safe(drawn)  # noqa: S308
