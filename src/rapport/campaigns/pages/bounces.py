"""Campaigns, Bounces: what came back, what nobody understood, and the mailbox that it is fetched from."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render

from rapport.campaigns import secrets
from rapport.campaigns.bounces import fetching, mailboxes, receiving
from rapport.campaigns.errors import FaultsError
from rapport.campaigns.forms import MailboxForm, keeps, tell
from rapport.campaigns.models import BounceReport
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from rapport.members.access import Member

#: Rows of a page; digits of the place at which one begins.
PAGE, DIGITS = 50, 9


def listed(request: HttpRequest, member: Member) -> HttpResponse:
    """What came back, newest first; what is open above all, with its text."""
    kind = request.GET.get("kind", "")
    start = request.GET.get("start", "")
    begin = int(start) if start.isdecimal() and len(start) <= DIGITS else 0
    with tenant_scope(member.tenant) as tenant_id:
        rows = BounceReport.objects.filter(tenant_id=tenant_id).order_by("-id")
        found = list((rows.filter(kind=kind) if kind in BounceReport.Kind.values else rows)[begin : begin + PAGE + 1])
        context = {
            "open": list(rows.filter(open=True)[:PAGE]),
            "rows": found[:PAGE],
            "older": begin + PAGE if len(found) > PAGE else None,
            "kinds": BounceReport.Kind.choices,
            "kind": kind,
            "mailbox": mailboxes.find(tenant_id),
            "may_set": member.may("system_admin"),
        }
    return render(request, "campaigns/bounces.html", context)


def settle(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """Somebody has looked at what nobody understood."""
    with tenant_scope(member.tenant) as tenant_id:
        if not receiving.settle(tenant_id, UUID(id), member.author):
            raise Http404
    return redirect(member.to("bounces"))


def mailbox(request: HttpRequest, member: Member) -> HttpResponse:
    """A form for the mailbox; saving it signs in and says what the server answered."""
    with tenant_scope(member.tenant) as tenant_id:
        row = mailboxes.find(tenant_id)
    initial = {key: getattr(row, key) for key in mailboxes.KEYS} if row else {}
    form = MailboxForm(request.POST or None, initial=initial)
    if row:
        keeps(form)
    if request.method == "POST" and form.is_valid() and _save(request, member, form):
        return redirect(member.to("bounces"))
    return render(request, "campaigns/mailbox.html", {"form": form, "row": row}, status=422 if form.errors else 200)


def _save(request: HttpRequest, member: Member, form: MailboxForm) -> bool:
    try:
        with tenant_scope(member.tenant) as tenant_id:
            row = mailboxes.filled(tenant_id, form.cleaned_data)
        fault = fetching.check(fetching.of(row))
        with tenant_scope(member.tenant):
            mailboxes.save(row, member.author, fault)
    except FaultsError as error:
        tell(form, error)
        return False
    except secrets.SealedError as error:
        form.add_error("password", str(error))
        return False
    (messages.error if fault else messages.success)(
        request, fault or "The mailbox answered; it is read every 5 minutes."
    )
    return True


def remove_mailbox(request: HttpRequest, member: Member) -> HttpResponse:
    """Asks, then fetches nothing more."""
    if request.method == "POST":
        with tenant_scope(member.tenant) as tenant_id:
            mailboxes.remove(tenant_id, member.author)
        return redirect(member.to("bounces"))
    context = {
        "title": "Read the mailbox no more?",
        "sentences": [
            "Its password is forgotten. Mail to it stays there unread: addresses that are gone are written to again."
        ],
        "action": "Remove",
        "danger": True,
        "back": member.to("bounce-mailbox"),
    }
    return render(request, "console/confirm.html", context)
