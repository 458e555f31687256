"""Settings, Touchpoints: the occasions that records can name."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render

from rapport.configurations import touchpoints
from rapport.configurations.errors import BusyError, FaultsError, UnknownError
from rapport.configurations.forms import TouchpointForm, tell
from rapport.configurations.locks import editing
from rapport.configurations.models import Touchpoint
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from rapport.members.access import Member


def listed(request: HttpRequest, member: Member) -> HttpResponse:
    """The touchpoints by name, and a form that adds one."""
    form = TouchpointForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            with editing(member.tenant) as tenant_id:
                row = touchpoints.create(tenant_id, member.author, form.cleaned_data)
        except (BusyError, FaultsError) as error:
            tell(form, error)
        else:
            messages.success(request, f"Records can name {row.name} now.")
            return redirect(member.to("touchpoints"))
    with tenant_scope(member.tenant) as tenant_id:
        rows = list(Touchpoint.objects.filter(tenant_id=tenant_id).order_by("-active", "name_key"))
    context = {"rows": rows, "form": form}
    return render(request, "configurations/settings/touchpoints.html", context, status=422 if form.errors else 200)


def rename(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """A form that gives a touchpoint another name."""
    with tenant_scope(member.tenant) as tenant_id:
        row = _find(tenant_id, id)
    form = TouchpointForm(request.POST or None, initial={"name": row.name})
    if request.method == "POST" and form.is_valid():
        try:
            with editing(member.tenant) as tenant_id:
                touchpoints.change(_find(tenant_id, id), member.author, form.cleaned_data)
        except (BusyError, FaultsError) as error:
            tell(form, error)
        else:
            messages.success(request, f"{form.cleaned_data['name']} is saved.")
            return redirect(member.to("touchpoints"))
    context = {"row": row, "form": form}
    return render(request, "configurations/settings/touchpoint.html", context, status=422 if form.errors else 200)


def deactivate(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """Asks, then refuses records that name a touchpoint."""
    if request.method == "POST":
        return _set_active(request, member, id, active=False)
    with tenant_scope(member.tenant) as tenant_id:
        row = _find(tenant_id, id)
    context = {
        "title": f"Deactivate {row.name}?",
        "sentences": [
            f"Records that name {row.name} are refused from then on; the answer lists the touchpoints that are left.",
            "What is stored stays. You can activate it again at any time.",
        ],
        "action": "Deactivate",
        "danger": True,
        "back": member.to("touchpoints"),
    }
    return render(request, "console/confirm.html", context)


def activate(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """Lets records name a touchpoint again."""
    return _set_active(request, member, id, active=True)


def _set_active(request: HttpRequest, member: Member, id: str, *, active: bool) -> HttpResponse:
    try:
        with editing(member.tenant) as tenant_id:
            row = _find(tenant_id, id)
            touchpoints.change(row, member.author, {"active": active})
    except BusyError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{row.name} is {'active again' if active else 'deactivated'}.")
    return redirect(member.to("touchpoints"))


def _find(tenant_id: int, id: str) -> Touchpoint:
    try:
        return touchpoints.find(tenant_id, UUID(id))
    except UnknownError:
        raise Http404 from None
