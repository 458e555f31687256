"""One contact: what is known of it, what belongs to it, and how it came to be so."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.shortcuts import redirect, render

from rapport.directory import past, relations
from rapport.directory.legend import legend, values
from rapport.directory.models import Account, Activity, Contact
from rapport.directory.names import contact_name
from rapport.directory.story import story
from rapport.tenants import lifecycle
from rapport.tenants.scope import tenant_scope

from .owners import kept

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from rapport.members.access import Member


def contact(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """A contact with its history. 404 for one that this system does not have."""
    with tenant_scope(member.tenant) as tenant_id:
        row = kept(Contact, tenant_id, id)
        if row.id != UUID(id):
            return redirect(member.to("contact", id=row.id))
        shown = legend(member.tenant, "contact")
        sheet = story(row, shown, request.GET)
        then, as_of = past.page(request, row)
        accounts = Account.ever if as_of else Account.objects
        account = then.account_id and accounts.filter(tenant_id=tenant_id, id=then.account_id).first()
        activities = relations.newest(Activity, "contact", row)
        parts = lifecycle.parts("contact", row)
    context = {
        "contact": row,
        "name": contact_name(row),
        "account": account,
        "activities": activities,
        "parts": parts,
        "facts": shown.facts(values(then, account_name=account and account.name)),
        "story": sheet,
        "as_of": as_of,
        "field": shown.label(request.GET["field"]) if shown.knows(request.GET.get("field", "")) else "",
    }
    return render(request, "directory/contact.html", context)
