"""Campaigns: drafts, their messages, their plans, and what is done with them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from rapport.campaigns import asked, compose, drafts, plans, proofs, reasons
from rapport.campaigns.campaign_forms import AutomatedForm, CampaignForm
from rapport.campaigns.errors import CampaignError, FaultsError
from rapport.campaigns.forms import MessageForm, tell
from rapport.campaigns.models import Campaign, Message
from rapport.campaigns.texts import known_tags
from rapport.tenants.scope import tenant_scope

from . import counting
from .listing import find

if TYPE_CHECKING:
    from django.http import HttpRequest

    from rapport.members.access import Member


def new(request: HttpRequest, member: Member) -> HttpResponse:
    """A form that makes a draft."""
    return _new(request, member, CampaignForm)


def new_automated(request: HttpRequest, member: Member) -> HttpResponse:
    """A form that makes a draft of an automated one."""
    return _new(request, member, AutomatedForm)


def _new(request: HttpRequest, member: Member, kind: type[AutomatedForm | CampaignForm]) -> HttpResponse:
    if "count" in request.POST and kind is CampaignForm:
        return _count(request, member, None)
    with tenant_scope(member.tenant) as tenant_id:
        source = {"source": "waiting"} if "waiting" in request.GET else {}
        form = kind(request.POST or None, request.FILES or None, tenant_id=tenant_id, initial=source)
        if request.method == "POST" and form.is_valid():
            try:
                row = drafts.create(tenant_id, member.author, form.given())
            except FaultsError as error:
                tell(form, error)
            else:
                return redirect(member.to("campaign-message", id=row.id))
        context = {"form": form, "automated": kind is AutomatedForm}
        return render(request, "campaigns/edit.html", context, status=422 if form.errors else 200)


def edit(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """A form that edits a draft."""
    with tenant_scope(member.tenant) as tenant_id:
        row = find(tenant_id, id)
    if request.method != "POST" and not drafts.is_open(row):
        messages.error(request, drafts.FIXED[row.mode])
        return redirect(member.to("campaign", id=row.id))
    automated = row.mode == Campaign.Mode.AUTOMATED
    if "count" in request.POST and not automated:
        return _count(request, member, row)
    with tenant_scope(member.tenant) as tenant_id:
        kind = AutomatedForm if automated else CampaignForm
        form = kind(request.POST or None, request.FILES or None, tenant_id=tenant_id, row=row)
        if request.method == "POST" and form.is_valid():
            try:
                drafts.change(row, member.author, form.given())
            except FaultsError as error:
                tell(form, error)
            except CampaignError as error:
                form.add_error(None, str(error))
            else:
                return redirect(member.to("campaign", id=row.id))
        context = {"form": form, "row": row, "automated": automated}
        return render(request, "campaigns/edit.html", context, status=422 if form.errors else 200)


def _count(request: HttpRequest, member: Member, row: Campaign | None) -> HttpResponse:
    """The form as it is, nothing of it saved, and how many its recipients are now."""
    with tenant_scope(member.tenant) as tenant_id:
        form = CampaignForm(request.POST, request.FILES, tenant_id=tenant_id, row=row)
    context = {"form": form, "row": row, "counting": True, **counting.in_form(member.tenant, form)}
    return render(request, "campaigns/edit.html", context)


def message(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """The message in one language, with what it looks like beside it."""
    part = request.GET.get("part", Message.Part.FIRST)
    part = part if part in Message.Part.values else Message.Part.FIRST
    with tenant_scope(member.tenant) as tenant_id:
        row = find(tenant_id, id)
        own = {each.language: each for each in compose.messages(row)[part]}
        language = request.GET.get("language") or next(iter(own), "en")
        fixed = not drafts.is_open(row)
        form = _message_form(request, own.get(language), fixed=fixed)
        if request.method == "POST" and form.is_valid() and _save(row, member, own, part, language, form):
            messages.success(request, "The message is saved.")
            return redirect(f"{member.to('campaign-message', id=row.id)}?part={part}&language={language}")
        context = {
            "row": row,
            "form": form,
            "fixed": fixed,
            "part": part,
            "language": language,
            "languages": list(own),
            "tags": known_tags(tenant_id, asking=row.kind in asked.ASKING),
            "checks": proofs.checks(row),
            "contact": request.GET.get("contact", ""),
            "unknown": request.GET.get("contact") and proofs.contact(tenant_id, request.GET["contact"]) is None,
        }
        return render(request, "campaigns/message.html", context, status=422 if form.errors else 200)


def _message_form(request: HttpRequest, shown: Message | None, *, fixed: bool) -> MessageForm:
    initial = {name: getattr(shown, name) for name in ("subject", "preheader", "body")} if shown else {}
    form = MessageForm(request.POST or None, initial=initial)
    for field in form.fields.values():
        field.disabled = fixed and request.method != "POST"
    return form


def _save(row: Campaign, member: Member, own: dict[str, Message], part: str, language: str, form: MessageForm) -> bool:
    key = "messages" if part == Message.Part.FIRST else "reminder_messages"
    given = {
        each.language: {name: getattr(each, name) for name in ("subject", "preheader", "body")} for each in own.values()
    }
    try:
        drafts.change(row, member.author, {key: given | {language: form.cleaned_data}})
    except FaultsError as error:
        for path, texts in error.errors.items():
            name = path.rpartition(".")[2]
            for text in texts:
                form.add_error(name if name in form.fields else None, text)
    except CampaignError as error:
        form.add_error(None, str(error))
    else:
        return True
    return False


def preview(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """The mail as a contact sees it, for a frame."""
    with tenant_scope(member.tenant) as tenant_id:
        row = find(tenant_id, id)
        contact = proofs.contact(tenant_id, request.GET.get("contact", ""))
        shown = proofs.shown(row, request.GET.get("part", ""), request.GET.get("language", ""), contact)
    answer = HttpResponse(shown["html"])
    # The mail's own styles, and nothing from anywhere.
    answer["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
    answer["X-Frame-Options"] = "SAMEORIGIN"
    return answer


def plan(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """Makes the plan and shows it: who gets it, who does not and why, three examples, and the button that starts it."""
    if request.method != "POST":  # the page of a plan, opened again
        return redirect(member.to("campaign", id=id))
    with tenant_scope(member.tenant) as tenant_id:
        row = find(tenant_id, id)
        try:
            made = plans.plan(row, member.author)
        except CampaignError as error:
            messages.error(request, str(error))
            return redirect(member.to("campaign", id=row.id))
    context: dict[str, Any] = {
        "row": row,
        "plan": made.plan,
        "token": made.token,
        "unknown": made.unknown,
        "skip": [(reasons.SHORT.get(code, code), number) for code, number in made.plan.skip.items()],
        "waits": made.waits,
        "lacking": made.lacking,
    }
    return render(request, "campaigns/plan.html", context)


def start(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """Starts what was planned, now or at a time."""
    with tenant_scope(member.tenant) as tenant_id:
        row = find(tenant_id, id)
        try:
            at = plans.beginning(request.POST.get("at") or None, ZoneInfo(member.tenant.time_zone))
            plans.start(tenant_id, row, request.POST.get("plan", ""), member.author, at)
        except CampaignError as error:
            messages.error(request, str(error))
        else:
            later = at is not None and at > datetime.now(UTC)
            told = "will be sent at that time" if later else "is being sent"
            told = "takes survey records from now on" if row.mode == Campaign.Mode.AUTOMATED else told
            messages.success(request, f"{row.name} {told}.")
    return redirect(member.to("campaign", id=id))


def test(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """Sends the message to whoever presses the button; nothing of it is in the ledger."""
    with tenant_scope(member.tenant) as tenant_id:
        row = find(tenant_id, id)
        try:
            proof = proofs.proof(row, member.author, member.user.email, request.POST.get("language", ""))
        except CampaignError as error:
            messages.error(request, str(error))
            return redirect(member.to("campaign-message", id=id))
    fault = asyncio.run(proofs.send(proof))
    if fault:
        messages.error(request, fault)
    else:
        messages.success(request, f"It is on its way to {member.user.email}; its links lead to a preview.")
    return redirect(member.to("campaign-message", id=id))
