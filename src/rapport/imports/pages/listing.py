"""All imports of a system."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q
from django.shortcuts import render

from rapport.configurations.models import Configuration
from rapport.imports.models import Import
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from rapport.members.access import Member

PAGE = 50


def listed(request: HttpRequest, member: Member) -> HttpResponse:
    """Newest first; searched by file, person and configuration."""
    text, state = request.GET.get("q", "").replace("\0", "").strip(), request.GET.get("state", "")
    with tenant_scope(member.tenant) as tenant_id:
        rows = Import.objects.filter(tenant_id=tenant_id)
        configurations = {row.id: row for row in Configuration.objects.filter(tenant_id=tenant_id)}
        if text:
            named = [row.id for row in configurations.values() if text.casefold() in row.name.casefold()]
            found = Q(name__icontains=text) | Q(author_name__icontains=text)
            rows = rows.filter(found | Q(configuration_id__in=named))
        if state in Import.State.values:
            rows = rows.filter(state=state)
        if (before := _id(request.GET.get("before", ""))) is not None:
            rows = rows.filter(id__lt=before)
        page = list(rows.order_by("-id")[: PAGE + 1])
    lines = [{"row": row, "configuration": configurations.get(row.configuration_id)} for row in page[:PAGE]]
    context = {
        "lines": lines,
        "q": text,
        "state": state,
        "states": Import.State.choices,
        "older": page[PAGE - 1].id if len(page) > PAGE else None,
    }
    return render(request, "imports/listed.html", context)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
