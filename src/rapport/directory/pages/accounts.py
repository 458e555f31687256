"""One account: what is known of it, its contacts, its other names, and how it came to be so."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.shortcuts import redirect, render

from rapport.db.write import Actor
from rapport.directory import hand, past, relations
from rapport.directory.errors import FaultsError, UnknownError
from rapport.directory.forms import AliasForm
from rapport.directory.legend import legend, values
from rapport.directory.models import Account, Activity, Contact
from rapport.directory.names import contact_name, telling
from rapport.directory.story import story
from rapport.tenants import lifecycle
from rapport.tenants.actors import current_request
from rapport.tenants.errors import BusyError
from rapport.tenants.scope import tenant_scope

from .owners import found, kept

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from rapport.members.access import Member


def account(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """An account with its history. 404 for one that this system does not have."""
    with tenant_scope(member.tenant) as tenant_id:
        row = kept(Account, tenant_id, id)
        if row.id != UUID(id):
            return redirect(member.to("account", id=row.id))
        shown = legend(member.tenant, "account")
        sheet = story(row, shown, request.GET)
        then, as_of = past.page(request, row)
        contacts = relations.newest(Contact, "account", row)
        activities = relations.newest(Activity, "account", row)
        parts = lifecycle.parts("account", row)
        aliases = relations.aliases(tenant_id, row.id)
        parent = relations.account_named(tenant_id, row.parent_account)
    context = {
        "account": row,
        "parent": parent,
        "aliases": aliases,
        "people": [(each, contact_name(each), telling(each)) for each in contacts.rows],
        "more_people": contacts.more,
        "activities": activities,
        "parts": parts,
        "facts": shown.facts(values(then)),
        "story": sheet,
        "as_of": as_of,
        "field": shown.label(request.GET["field"]) if shown.knows(request.GET.get("field", "")) else "",
    }
    return render(request, "directory/account.html", context)


def new_alias(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """Gives an account another name."""
    with tenant_scope(member.tenant) as tenant_id:
        row = found(Account, tenant_id, id)
    form = AliasForm(request.POST or None)
    if form.is_valid():
        alias = form.cleaned_data["alias"]
        try:
            hand.add_alias(member.tenant, Actor("user", member.user.id), row.id, alias, current_request.get())
        except FaultsError as fault:
            form.add_error("alias", fault.errors["alias"])
        except BusyError as fault:
            form.add_error(None, str(fault))
        else:
            messages.success(request, f"“{alias}” finds {row.name} now.")
            return redirect(member.to("account", id=id))
    return render(request, "directory/alias.html", {"account": row, "form": form}, status=422 if form.errors else 200)


def remove_alias(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """Asks, then takes an alias from an account."""
    with tenant_scope(member.tenant) as tenant_id:
        row = found(Account, tenant_id, id)
    back, alias = member.to("account", id=id), request.POST.get("alias", request.GET.get("alias", ""))
    if request.method == "POST":
        try:
            hand.remove_alias(member.tenant, Actor("user", member.user.id), row.id, alias, current_request.get())
        except (FaultsError, BusyError, UnknownError) as fault:
            messages.error(request, str(fault))
        else:
            messages.success(request, f"“{alias}” no longer finds {row.name}.")
        return redirect(back)
    sentences = [
        f"Records that carry the name “{alias}” will no longer find {row.name}: the next one makes a new account.",
        "You can add the alias again at any time.",
    ]
    context = {"title": "Remove the alias?", "sentences": sentences, "action": "Remove", "danger": True, "back": back}
    return render(request, "console/confirm.html", context | {"fields": {"alias": alias}})
