"""Undo, as people do it: what would become of what, then doing it, then how far it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render

from rapport.campaigns.models import Campaign
from rapport.configurations.models import Configuration
from rapport.connected_apps.models import ConnectedApp
from rapport.directory.models import Contact
from rapport.directory.names import account_names, contact_name, contact_names
from rapport.evidence.models import Undo
from rapport.evidence.pages.legends import Legends, legends
from rapport.evidence.pages.times import zoned
from rapport.evidence.undoing import chosen, naming, plan, run
from rapport.tenants.errors import BusyError
from rapport.tenants.query import ParametersError
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from rapport.members.access import Member

#: Undos that are listed.
LISTED = 50
#: Why a field stays -> what people read.
REASONS = {
    "changed since": "others have changed it since",
    "changed since the plan": "it has been changed since the plan",
    "mailed since": "it has been mailed since",
    "asked since": "it has been asked since",
    "answered since": "it has answered since",
    "linked since": "others refer to it",
    "found by it since": "others may have found it by this since",
    "key taken since": "another one is found by this now",
    "deleted since": "it is deleted",
    "merged": "it is part of another one: undo that first",
    "account deleted since": "the account is deleted",
}
#: Numbers of entries are shorter.
DIGITS = 19
_WORDS = {"restore": "goes back", "delete": "is deleted", "keep": "stays"}
#: Of what was deleted, or merged into another one.
_BACK = "goes back to where it was"


def listed(request: HttpRequest, member: Member) -> HttpResponse:
    """What was undone, newest first."""
    with tenant_scope(member.tenant) as tenant_id:
        context = {
            "rows": [_about(row) for row in Undo.objects.filter(tenant_id=tenant_id).order_by("-id")[:LISTED]],
            "configurations": list(_named(Configuration, tenant_id).values_list("reference", "name")),
            "apps": list(_named(ConnectedApp, tenant_id).values_list("id", "name")),
        }
    return render(request, "evidence/undos.html", context)


def _named(model: type[Configuration | ConnectedApp], tenant_id: int) -> QuerySet[Any]:
    return model._default_manager.filter(tenant_id=tenant_id).order_by("name")


def new(request: HttpRequest, member: Member) -> HttpResponse:
    """What an undo would do; with the token of that, it is done."""
    if request.method == "POST":
        return _commit(request, member)
    asked = _asked(request.GET, ZoneInfo(member.tenant.time_zone))
    if not asked.keys() - set(chosen.BOUNDS) and not request.GET.get("everything"):
        messages.error(request, "Name a configuration or a Connected App, or tick that everybody's entries are meant.")
        return redirect(member.to("undos"))
    try:
        planned = plan.plan(member.tenant, asked)
    except ParametersError as fault:
        told = " ".join(text for texts in fault.errors.values() for text in texts)
        return render(request, "evidence/new_undo.html", {"fault": told, "asked": plan.told(asked)}, status=422)
    with tenant_scope(member.tenant) as tenant_id:
        examples = _examples(tenant_id, planned.examples, legends(member.tenant))
        sent, name = _sent(tenant_id, planned.irreversible), naming.named(tenant_id, asked)
    context = {
        "sent": sent,
        "plan": planned,
        "examples": examples,
        "reasons": reasons(planned.reasons),
        "asked": name,
    }
    return render(request, "evidence/new_undo.html", context)


def shown(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """How far an undo is, and what it did."""
    with tenant_scope(member.tenant) as tenant_id:
        row = Undo.objects.filter(tenant_id=tenant_id, id=UUID(id)).first()
        if row is None:
            raise Http404
        about = _about(row)
    return render(request, "evidence/undo.html", about)


def reasons(counted: Mapping[str, int]) -> list[tuple[str, int]]:
    """Sentences with how many fields stay for each, the most frequent first."""
    return [(REASONS.get(code, code), n) for code, n in sorted(counted.items(), key=lambda each: -each[1])]


def _commit(request: HttpRequest, member: Member) -> HttpResponse:
    token = request.POST.get("plan", "")
    try:
        row = plan.commit(member.tenant, member.author, token, request.POST.get("if_moved") or None)
    except ParametersError as fault:
        messages.error(request, " ".join(text for texts in fault.errors.values() for text in texts))
    except (plan.MovedError, BusyError) as fault:
        messages.error(request, str(fault))
    else:
        return redirect(member.to("undo", id=row.id))
    return redirect(request.get_full_path())


def _asked(query: Mapping[str, str], zone: ZoneInfo) -> dict[str, Any]:
    """What the address names; numbers of changes have commas between them, times are those of the system."""
    asked: dict[str, Any] = {name: query[name] for name in (*chosen.NAMES, *chosen.BOUNDS) if query.get(name)}
    if "changes" in asked:
        numbers = asked["changes"].split(",")
        asked["changes"] = [int(each) for each in numbers if each.isdecimal() and len(each) < DIGITS]
    return zoned(asked, zone)


def _examples(tenant_id: int, examples: Sequence[Mapping[str, Any]], known: Legends) -> list[dict[str, Any]]:
    """With names and words, without keys that become names again."""
    ids = {kind: [UUID(each["id"]) for each in examples if each["type"] == kind] for kind in ("contact", "account")}
    people = {row.id: row for row in Contact.ever.filter(tenant_id=tenant_id, id__in=ids["contact"])}
    names = {id: contact_name(row) for id, row in people.items()}
    names |= account_names(tenant_id, ids["account"], deleted=True)
    emails = {id: row.email for id, row in people.items() if row.email != names[id]}
    return [
        {
            **each,
            "name": names.get(UUID(each["id"])) or each["type"].replace("_", " ").capitalize(),
            "label": each["field"] and known[each["type"]].label(each["field"]),
            "email": emails.get(UUID(each["id"])),
            "word": _BACK if each["verdict"] == "restore" and not each["field"] else _WORDS[each["verdict"]],
            "reason": REASONS.get(each["because"], each["because"]) if each["because"] else "",
        }
        for each in examples
        if each["field"] != "alias" or each["now"] != each["then"]
    ]


def _sent(tenant_id: int, told: Mapping[str, Any]) -> dict[str, Any]:
    """Mails that went out, with the names of whom they went to and of their campaigns."""
    examples = [
        {**each, "contact": UUID(each["contact"]), "campaign": UUID(each["campaign"])} for each in told["examples"]
    ]
    names = contact_names(tenant_id, (each["contact"] for each in examples))
    campaigns = Campaign.objects.filter(tenant_id=tenant_id, id__in=[each["campaign"] for each in examples])
    known = dict(campaigns.values_list("id", "name"))
    named = [
        {**each, "name": names.get(each["contact"], ""), "called": known.get(each["campaign"], "")} for each in examples
    ]
    return {**told, "examples": named}


def _about(row: Undo) -> dict[str, Any]:
    """In the tenant's scope."""
    return {
        "undo": row,
        "asked": naming.named(row.tenant_id, row.asked),
        "reasons": reasons(row.reasons),
        "running": row.state == Undo.State.RUNNING,
        "percent": round(100 * run.progress(row)),
    }
