"""Search over all that a system has and its member may see: whatever has an address, and what can be done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.shortcuts import redirect, render
from django_htmx.middleware import HtmxDetails

from rapport.console import findable, landmarks
from rapport.console.findable import LIMIT, Group, Line, fitting
from rapport.console.navigation import shell
from rapport.directory import search
from rapport.directory.models import Account, Contact
from rapport.directory.names import account_names, contact_name, telling
from rapport.handbook.contents import SECTIONS
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from rapport.members.access import Member


def results(request: HttpRequest, member: Member) -> HttpResponse:
    """What fits `q`, in groups. Enter on what names just one thing leads there; while one types it comes first."""
    text = request.GET.get("q", "").strip()
    with tenant_scope(member.tenant) as tenant_id:
        address = landmarks.named(member, tenant_id, text) if text else None
        if address and not HtmxDetails(request):
            return redirect(address)
        groups = [*_records(member, tenant_id, text), *findable.groups(member, tenant_id, text)] if text else []
    if text:
        groups += [findable.people(member, text), findable.actions(member, text), *_pages(request, text)]
    context: dict[str, Any] = {"q": text, "landmark": address, "groups": [group for group in groups if group.lines]}
    if text and member.may("admin"):
        context["requests"] = landmarks.requests(member, text)
    return render(request, "console/search.html", context)


def _records(member: Member, tenant_id: int, text: str) -> Iterator[Group]:
    """Contacts and accounts with these words."""
    query = "?" + urlencode({"q": text})
    contacts = _found(Contact, tenant_id, "contact", text)
    companies = account_names(tenant_id, (row.account_id for row in contacts))
    people = [
        Line(contact_name(row), _whose(row, companies.get(row.account_id)), member.to("contact", id=row.id))
        for row in contacts
    ]
    yield Group("Contacts", "contacts", people, member.to("contacts") + query)
    accounts = [
        Line(row.name, telling(row), member.to("account", id=row.id))
        for row in _found(Account, tenant_id, "account", text)
    ]
    yield Group("Accounts", "accounts", accounts, member.to("accounts") + query)


def _found(model: Any, tenant_id: int, object_type: str, text: str) -> list[Any]:
    ids = search.find(tenant_id, object_type, text, limit=LIMIT).ids
    rows = {row.id: row for row in model.objects.filter(tenant_id=tenant_id, id__in=ids)}
    return [rows[id] for id in ids if id in rows]


def _whose(row: Contact, company: str | None) -> str:
    return " · ".join(filter(None, (row.email or row.phone, company)))


def _pages(request: HttpRequest, text: str) -> Iterator[Group]:
    """The pages that the navigation shows to this member, and those of the documentation."""
    sections = shell(request)["navigation"]
    lines = (
        Line(item["label"], section["heading"], item["address"]) for section in sections for item in section["items"]
    )
    yield Group("Pages", "right", fitting(lines, text))
    manual = (
        Line(entry.title, heading, entry.path, findable.MANUAL.get(entry.slug, ""))
        for heading, entries in SECTIONS.items()
        for entry in entries
    )
    yield Group("Documentation", "docs", fitting(manual, text))
