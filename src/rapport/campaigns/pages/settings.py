"""Settings, Campaigns: the rest rule, the sender, the mail servers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings as config
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render

from rapport.campaigns import mail_servers, proofs, providers, rules, servers
from rapport.campaigns.errors import CampaignError, FaultsError
from rapport.campaigns.forms import RulesForm, ServerForm, keeps, tell
from rapport.campaigns.models import SmtpServer
from rapport.feedback import links
from rapport.tenants.hosts import hosts
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from rapport.members.access import Member


def sending(request: HttpRequest, member: Member) -> HttpResponse:
    """The rules of all campaigns, and the mail servers."""
    with tenant_scope(member.tenant) as tenant_id:
        row = rules.of(tenant_id)
        form = RulesForm(request.POST or None, tenant_id=tenant_id, initial=rules.represent(row))
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            try:
                rules.change(
                    row,
                    member.author,
                    {**given, "server": given["server"] or None, "reply_to": given["reply_to"] or None},
                )
            except FaultsError as error:
                tell(form, error)
            else:
                messages.success(request, "The rules are saved; what was planned before must be planned again.")
                return redirect(member.to("sending"))
        found = SmtpServer.objects.filter(tenant_id=tenant_id).order_by("name")
        context = {"form": form, "servers": list(found), "mails": config.RAPPORT.mail_url is not None}
        return render(request, "campaigns/sending.html", context, status=422 if form.errors else 200)


def new_server(request: HttpRequest, member: Member) -> HttpResponse:
    """A form that adds a mail server."""
    return _server(request, member, SmtpServer(tenant_id=member.tenant.pk, name=""), new=True)


def server(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """A form that edits a mail server."""
    with tenant_scope(member.tenant) as tenant_id:
        row = SmtpServer.objects.filter(tenant_id=tenant_id, id=UUID(id)).first()
    if row is None:
        raise Http404
    return _server(request, member, row, new=False)


def _server(request: HttpRequest, member: Member, row: SmtpServer, *, new: bool) -> HttpResponse:
    initial = None if new else {**{key: getattr(row, key) for key in mail_servers.KEYS}}
    form = ServerForm(request.POST or None, initial=initial)
    if row.password:
        keeps(form)
    if request.method == "POST" and form.is_valid():
        try:
            with tenant_scope(member.tenant):
                mail_servers.fill(row, form.cleaned_data)
            fault = asyncio.run(proofs.check_server(servers.of(row)))
            with tenant_scope(member.tenant):
                mail_servers.save(row, member.author, fault, new=new)
        except FaultsError as error:
            tell(form, error)
        else:
            told = fault or f"{row.name} is saved: it has answered."
            (messages.error if fault else messages.success)(request, told)
            return redirect(member.to("sending"))
    webhook = ""
    if not new and row.security == SmtpServer.Security.PROVIDER:
        webhook = f"{hosts(request)['api']}/provider-events/{links.make(row.tenant_id, providers.PURPOSE, row.id)}"
    context = {"form": form, "row": row, "new": new, "webhook": webhook}
    return render(request, "campaigns/server.html", context, status=422 if form.errors else 200)


def remove_server(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """Asks, then removes a mail server that nothing uses."""
    with tenant_scope(member.tenant) as tenant_id:
        row = SmtpServer.objects.filter(tenant_id=tenant_id, id=UUID(id)).first()
        if row is None:
            raise Http404
        if request.method == "POST":
            try:
                mail_servers.remove(row, member.author)
            except CampaignError as error:
                messages.error(request, str(error))
            return redirect(member.to("sending"))
    context = {
        "title": f"Remove {row.name}?",
        "sentences": [
            "Its password goes with it. A campaign that is not done keeps its server: then nothing is removed."
        ],
        "action": "Remove",
        "danger": True,
        "back": member.to("mail-server", id=row.id),
    }
    return render(request, "console/confirm.html", context)
