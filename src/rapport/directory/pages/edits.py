"""Contacts and accounts made and changed by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render

from rapport.db.write import Actor
from rapport.directory import hand, revisions
from rapport.directory.errors import ChangedError, FaultsError, HandError, UnknownError
from rapport.directory.forms import ObjectForm
from rapport.directory.legend import Legend, legend, values
from rapport.directory.models import Account, Contact
from rapport.directory.names import account_names, contact_name
from rapport.tenants.actors import current_request
from rapport.tenants.errors import BusyError
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from rapport.members.access import Member
    from rapport.tenants.models import Tenant


@dataclass(frozen=True)
class Kind:
    """What a form is about."""

    #: As the ledger and the routes name it.
    type: str
    model: Any
    name: Callable[[Any], str]


CONTACT = Kind("contact", Contact, contact_name)
ACCOUNT = Kind("account", Account, lambda row: row.name)


@dataclass(frozen=True)
class Present:
    """An object as it is now."""

    row: Any
    values: dict[str, Any]
    legend: Legend
    #: What others have changed since the version that a form shows.
    revisions: list[revisions.Revision]


def new_contact(request: HttpRequest, member: Member) -> HttpResponse:
    """An empty form; saved, it is a contact."""
    return _new(request, member, CONTACT)


def new_account(request: HttpRequest, member: Member) -> HttpResponse:
    """The same for an account."""
    return _new(request, member, ACCOUNT)


def edit_contact(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """A contact's form."""
    return _edit(request, member, CONTACT, UUID(id))


def edit_account(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """An account's form."""
    return _edit(request, member, ACCOUNT, UUID(id))


def _new(request: HttpRequest, member: Member, kind: Kind) -> HttpResponse:
    with tenant_scope(member.tenant):
        shown = legend(member.tenant, kind.type)
    form = ObjectForm(shown, {}, request.POST or None)
    if form.is_valid():
        try:
            receipt = _write(member, kind, form, None)
        except FaultsError as fault:
            form.refuse(fault.errors)
        except (HandError, BusyError) as fault:
            form.add_error(None, str(fault))
        else:
            messages.success(request, f"The {kind.type} is made.")
            return redirect(member.to(kind.type, id=receipt.objects[0].id))
    return _page(request, kind, form, None)


def _edit(request: HttpRequest, member: Member, kind: Kind, id: UUID) -> HttpResponse:
    present = _present(member.tenant, kind, id)
    form = ObjectForm(present.legend, present.values, request.POST or None)
    if form.is_valid():
        target = hand.Shown(id, form.cleaned_data["version"] or 0)
        try:
            receipt = _write(member, kind, form, target)
        except FaultsError as fault:
            form.refuse(fault.errors)
        except ChangedError as fault:
            return _overtaken(request, member, kind, target, str(fault))
        except UnknownError:
            raise Http404 from None
        except (HandError, BusyError) as fault:
            form.add_error(None, str(fault))
        else:
            unchanged = receipt.outcome == "unchanged"
            messages.success(request, "Nothing was different." if unchanged else "Your changes are saved.")
            return redirect(member.to(kind.type, id=id))
    return _page(request, kind, form, present)


def _overtaken(request: HttpRequest, member: Member, kind: Kind, target: hand.Shown, told: str) -> HttpResponse:
    """The form again: what was typed, on top of what somebody else has written meanwhile."""
    present = _present(member.tenant, kind, target.id, target.version)
    typed = ObjectForm(present.legend, present.values, request.POST).caught_up(present.revisions)
    form = ObjectForm(present.legend, present.values, typed)
    form.add_error(None, told)
    return _page(request, kind, form, present)


def _present(tenant: Tenant, kind: Kind, id: UUID, shown: int | None = None) -> Present:
    """The object now, and what became of it since a version. Raises `Http404`."""
    with tenant_scope(tenant) as tenant_id:
        row = kind.model.objects.filter(tenant_id=tenant_id, id=id).first()
        if row is None:
            raise Http404
        fields = legend(tenant, kind.type)
        since = revisions.since(row, shown) if shown is not None else []
        named = values(row)
        if kind is CONTACT:
            named["account_name"] = account_names(tenant_id, [row.account_id]).get(row.account_id)
    # Whatever came after the row was read is not in it.
    return Present(row, named, fields, [revision for revision in since if revision.version <= row.version])


def _write(member: Member, kind: Kind, form: ObjectForm, target: hand.Shown | None) -> Any:
    actor = Actor("user", member.user.id)
    return hand.write(member.tenant, actor, kind.type, form.given(), current_request.get(), target)


def _page(request: HttpRequest, kind: Kind, form: ObjectForm, present: Present | None) -> HttpResponse:
    context: dict[str, Any] = {"kind": kind.type, "form": form}
    if present is not None:
        context |= {"id": present.row.id, "name": kind.name(present.row), "meanwhile": _meanwhile(present, form)}
    return render(request, "directory/form.html", context, status=422 if form.errors else 200)


def _meanwhile(present: Present, form: ObjectForm) -> list[dict[str, Any]]:
    """What others changed, oldest first, and whether something else was typed here."""
    shown = present.legend
    return [
        {
            "label": shown.label(name),
            "old": shown.text(name, old),
            "new": shown.text(name, new),
            "contested": form.disputes(name),
            "revision": revision,
        }
        for revision in present.revisions
        for name, (old, new) in sorted(revision.changes.items(), key=lambda change: shown.position(change[0]))
    ]
