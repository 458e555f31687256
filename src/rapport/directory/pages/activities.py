"""Activities: what happened with an account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render

from rapport.directory.legend import legend, values
from rapport.directory.models import Account, Activity, Contact
from rapport.directory.names import contact_name
from rapport.directory.story import story
from rapport.tenants.hosts import hosts
from rapport.tenants.scope import tenant_scope

from .owners import found, owned

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from rapport.members.access import Member


#: How the first one comes.
EXAMPLE = """curl -X PUT {records}/activities \\
  -H "Authorization: Bearer TOKEN" -H "Content-Type: application/json" \\
  -d '{{"account": "Analytical Engines", "type": "Ticket", "source": "Helpdesk", "happened_at": "2026-01-31 14:30"}}'"""


def activities(request: HttpRequest, member: Member) -> HttpResponse:
    """Activities, all of them or those of a contact or an account, or the one with a reference."""
    reference = request.GET.get("reference", "").strip()
    with tenant_scope(member.tenant) as tenant_id:
        rows = Activity.objects.filter(tenant_id=tenant_id)
        context = owned(request, tenant_id, rows.filter(reference=reference) if reference else rows)
    context |= {"reference": reference, "curl": EXAMPLE.format(**hosts(request))}
    return render(request, "directory/activities.html", context)


def activity(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """One activity with its history."""
    with tenant_scope(member.tenant) as tenant_id:
        row = found(Activity, tenant_id, id)
        # Deleted ones keep their activities.
        account = Account.ever.get(tenant_id=tenant_id, id=row.account_id)
        contact = row.contact_id and Contact.ever.filter(tenant_id=tenant_id, id=row.contact_id).first()
        shown = legend(member.tenant, "activity")
        sheet = story(row, shown, request.GET)
    known = values(row, account_name=account.name, contact=contact_name(contact) if contact else None)
    context = {
        "activity": row,
        "account": account,
        "contact": contact,
        "contact_name": known["contact"],
        "facts": [fact for fact in shown.facts(known) if fact.entry.name not in ("account_name", "contact")],
        "story": sheet,
        "field": shown.label(request.GET["field"]) if shown.knows(request.GET.get("field", "")) else "",
    }
    return render(request, "directory/activity.html", context)
