"""What people do with an import on its page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect

from rapport.imports import acts
from rapport.imports.errors import StateError
from rapport.imports.reading.readings import CHOICES
from rapport.tenants.scope import tenant_scope

from .shown import find

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from rapport.members.access import Member


def act(request: HttpRequest, member: Member, id: str, act: str) -> HttpResponse:
    """Start, pause, resume or cancel."""
    options: dict[str, Any] = {}
    if act == "start":
        given = request.POST.get("encoding")
        if given is not None and given not in CHOICES:
            messages.error(request, f"The encoding must be one of: {', '.join(CHOICES)}.")
            return redirect(member.to("import", id=id))
        options = {"dry_run": request.POST.get("dry_run") == "on", "encoding": given}
    try:
        with tenant_scope(member.tenant) as tenant_id:
            acts.ACTS[act](find(tenant_id, id), member.author, **options)
    except StateError as error:
        messages.error(request, str(error))
    return redirect(member.to("import", id=id))
