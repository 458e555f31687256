"""Settings, System: name, time zone, and how long what was sent is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from django.contrib import messages
from django.shortcuts import redirect, render

from rapport.members.forms import SystemForm
from rapport.tenants import registry
from rapport.tenants.errors import TenantFaultsError

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from rapport.members.access import Member


def shown(request: HttpRequest, member: Member) -> HttpResponse:
    """What the system is, and a form that changes it."""
    initial = {name: getattr(member.tenant, name) for name in registry.CHANGEABLE}
    form = SystemForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            registry.change(member.tenant, member.author, form.cleaned_data)
        except TenantFaultsError as faults:
            for name, sentences in faults.errors.items():
                form.add_error(name, list(sentences))
        else:
            messages.success(request, f"{form.cleaned_data['name']} is saved.")
            return redirect(member.to("system"))
    context = {"form": form, "zones": sorted(available_timezones())}
    return render(request, "members/system.html", context, status=422 if form.errors else 200)
