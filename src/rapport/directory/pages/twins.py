"""Lists contacts and accounts that are likely to be one; to merge them leads to the page that says what would move."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render

from rapport.directory import twins
from rapport.directory.names import name_of
from rapport.tenants.query import Reader
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from rapport.members.access import Member

LISTED = 50
#: Reason -> what is said of the two.
_TOLD = {
    ("account", "name"): "The same name but for the legal form",
    ("account", "domain"): "The same domain",
    ("contact", "phone"): "The same phone number",
    ("contact", "name"): "The same name at one account",
}


def listed(request: HttpRequest, member: Member) -> HttpResponse:
    """Likely twins, or dismissed ones, newest first."""
    reader = Reader(request.META.get("QUERY_STRING", ""))
    dismissed = bool(request.GET.get("dismissed"))
    with tenant_scope(member.tenant) as tenant_id:
        found, cursor = twins.page(tenant_id, reader.place("cursor"), LISTED, dismissed=dismissed)
    lines = [
        {
            "twin": row,
            "objects": [{"row": each, "name": name_of(each)} for each in (first, second)],
            "told": _TOLD[row.object_type, row.reason],
            "merge": f"{member.to(f'merge-{row.object_type}', id=first.id)}?other={second.id}",
        }
        for row, first, second in found
    ]
    return render(request, "directory/twins.html", {"lines": lines, "cursor": cursor, "dismissed": dismissed})


def dismiss(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """They are two."""
    if not twins.dismiss(member.tenant, member.author, UUID(id)):
        raise Http404
    messages.success(request, "They stay two. Under Dismissed they can be brought back.")
    return redirect(member.to("twins"))


def restore(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """They may be one after all."""
    found = twins.restore(member.tenant, UUID(id))
    if found is None:
        raise Http404
    if found:
        messages.success(request, "They are back on the list.")
    else:
        messages.warning(request, "They share nothing any more, so they stay two.")
    return redirect(f"{member.to('twins')}?dismissed=1")
