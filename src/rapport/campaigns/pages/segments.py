"""Segments: saved sets of conditions, and the contacts that each means now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render

from rapport.campaigns import choosing, segments
from rapport.campaigns.errors import CampaignError, FaultsError, UnknownError
from rapport.campaigns.forms import SegmentForm, tell
from rapport.campaigns.models import Segment
from rapport.directory.pages import lists
from rapport.tenants.scope import tenant_scope

from . import counting
from .listing import place_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from rapport.members.access import Member


def listed(request: HttpRequest, member: Member) -> HttpResponse:
    """The saved sets of conditions."""
    with tenant_scope(member.tenant) as tenant_id:
        rows = list(Segment.objects.filter(tenant_id=tenant_id).order_by("name"))
    return render(request, "campaigns/segments.html", {"rows": rows})


def new(request: HttpRequest, member: Member) -> HttpResponse:
    """A form that makes a segment."""
    return _segment(request, member, None)


def edit(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """A form that edits a segment, and which contacts it means now."""
    return _segment(request, member, id)


def remove(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """Asks, then removes a segment that no open campaign names."""
    with tenant_scope(member.tenant) as tenant_id:
        try:
            row = segments.find(tenant_id, UUID(id))
            if request.method == "POST":
                segments.remove(row, member.author)
                messages.success(request, f"{row.name} is removed.")
                return redirect(member.to("segments"))
        except UnknownError:
            raise Http404 from None
        except CampaignError as error:
            messages.error(request, str(error))
            return redirect(member.to("segment", id=id))
    context = {
        "title": f"Remove {row.name}?",
        "sentences": ["No contact is touched, and campaigns that were sent stay as they are."],
        "action": "Remove",
        "danger": True,
        "back": member.to("segment", id=row.id),
    }
    return render(request, "console/confirm.html", context)


def _segment(request: HttpRequest, member: Member, id: str | None) -> HttpResponse:
    with tenant_scope(member.tenant) as tenant_id:
        try:
            row = segments.find(tenant_id, UUID(id)) if id else Segment(tenant_id=tenant_id, name="", conditions=[])
        except UnknownError:
            raise Http404 from None
        form = SegmentForm(
            request.POST or None, tenant_id=tenant_id, conditions=row.conditions, initial={"name": row.name}
        )
        asked = "count" in request.POST
        if request.method == "POST" and not asked and form.is_valid():
            try:
                given = {"name": form.cleaned_data["name"], "where": form.conditions()}
                row = segments.save(row, member.author, given)
            except FaultsError as error:
                tell(form, error)
            else:
                messages.success(request, f"{row.name} is saved.")
                return redirect(member.to("segment", id=row.id))
    context = {"form": form, "row": row, "counting": asked}
    if asked:
        context |= counting.in_form(member.tenant, form)
    elif request.method == "GET" and row.conditions:
        context |= counting.kept(member.tenant, {"where": row.conditions})
        context |= _meant(request, member, row) if "count" in context else {}
    return render(request, "campaigns/segment.html", context, status=422 if form.errors and not asked else 200)


def _meant(request: HttpRequest, member: Member, row: Segment) -> dict[str, Any]:
    """A page of the contacts that a segment means now, newest first."""
    with tenant_scope(member.tenant) as tenant_id:
        found = choosing.listed(tenant_id, {"where": row.conditions}, place_of(request.GET.get("before", "")))
        shown = lists.shown_contacts(member, found.sheet.rows, ())
    return {**shown, "found": found, "sheet": found.sheet}
