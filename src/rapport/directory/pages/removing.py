"""Deletes contacts and accounts, lists what is deleted, and brings it back."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render

from rapport.directory import removing
from rapport.directory.errors import GoneError, TakenError, UnknownError
from rapport.directory.names import name_of
from rapport.tenants.errors import BusyError
from rapport.tenants.query import Reader
from rapport.tenants.scope import tenant_scope

from .owners import found

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from rapport.members.access import Member

LISTED = 50


def delete(request: HttpRequest, member: Member, id: str, kind: str) -> HttpResponse:
    """Asks, then puts a contact or an account out of sight."""
    with tenant_scope(member.tenant) as tenant_id:
        name = name_of(found(removing.MODELS[kind], tenant_id, id))
    if request.method == "POST":
        try:
            removing.remove(member.tenant, member.author, kind, UUID(id))
        except (BusyError, GoneError, UnknownError) as fault:
            messages.error(request, str(fault))
        else:
            messages.success(request, f"{name} is deleted. For 30 days it can be restored.")
            return redirect(member.to("deleted"))
        return redirect(member.to(kind, id=id))
    sentences = [
        f"{name} will be out of sight at once: no list, search, campaign or record finds it.",
        "A record that carries its e-mail address, phone number or name makes a new one.",
        "Survey records and answers stay. For 30 days it can be restored, from the page of what is deleted.",
    ]
    context = {"title": f"Delete {name}?", "sentences": sentences, "action": "Delete", "danger": True}
    return render(request, "console/confirm.html", context | {"back": member.to(kind, id=id)})


def restore(request: HttpRequest, member: Member, id: str, kind: str) -> HttpResponse:
    """Brings it back."""
    try:
        removing.restore(member.tenant, member.author, kind, UUID(id))
    except UnknownError:
        raise Http404 from None
    except (BusyError, GoneError, TakenError) as fault:
        messages.error(request, str(fault))
        return redirect(member.to("deleted"))
    messages.success(request, "It is back as it was.")
    return redirect(member.to(kind, id=id))


def deleted(request: HttpRequest, member: Member) -> HttpResponse:
    """What is deleted and can be taken back, newest first."""
    reader = Reader(request.META.get("QUERY_STRING", ""))
    kind = "account" if request.GET.get("kind") == "account" else "contact"
    with tenant_scope(member.tenant) as tenant_id:
        rows, cursor = removing.page(tenant_id, kind, reader.place("cursor"), LISTED)
    lines = [{"row": row, "name": name_of(row)} for row in rows]
    context = {"kind": kind, "lines": lines, "cursor": cursor, "days": removing.KEPT.days}
    return render(request, "directory/deleted.html", context)
