"""All configurations of a system."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Q
from django.shortcuts import render

from rapport.configurations.models import Configuration
from rapport.records.types import ALL
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from rapport.members.access import Member

PAGE = 50


def listed(request: HttpRequest, member: Member) -> HttpResponse:
    """The configurations of one kind, newest first."""
    given = request.GET
    kind = Configuration.Kind.FILE if given.get("kind") == "file" else Configuration.Kind.API
    text = given.get("q", "").replace("\0", "").strip()
    with tenant_scope(member.tenant) as tenant_id:
        rows = Configuration.objects.filter(tenant_id=tenant_id, kind=kind)
        shown, newer, older = _page(_matching(rows, text), given)
    for row in shown:
        row.type_label = ALL[row.data_type].label
    context = {"kind": kind.value, "rows": shown, "newer": newer, "older": older, "q": text}
    return render(request, "configurations/listed.html", context)


def _matching(rows: QuerySet[Configuration], text: str) -> QuerySet[Configuration]:
    """Rows that show the text somewhere. A system has few enough configurations to look through them."""
    if not text:
        return rows
    types = [kind.name for kind in ALL.values() if text.casefold() in kind.label.casefold()]
    return rows.filter(Q(name__icontains=text) | Q(reference__icontains=text) | Q(data_type__in=types))


def _page(rows: QuerySet[Configuration], given: Mapping[str, str]) -> tuple[list[Any], UUID | None, UUID | None]:
    """One page, and the ids behind which newer and older ones begin; None where there are none."""
    before, after = (_id(given.get(name, "")) for name in ("before", "after"))
    if after is not None:
        found = list(rows.filter(id__gt=after).order_by("id")[: PAGE + 1])
        shown, more = found[PAGE - 1 :: -1] if len(found) > PAGE else found[::-1], len(found) > PAGE
        newer, older = more, bool(shown)
    else:
        found = list((rows if before is None else rows.filter(id__lt=before)).order_by("-id")[: PAGE + 1])
        shown, older = found[:PAGE], len(found) > PAGE
        newer = before is not None and bool(shown)
    return shown, shown[0].id if newer else None, shown[-1].id if older else None


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
