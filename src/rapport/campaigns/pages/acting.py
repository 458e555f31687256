"""What is done with a campaign that was planned or started; what cannot be taken back is asked first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect, render

from rapport.campaigns import acts, representation
from rapport.campaigns.errors import CampaignError
from rapport.campaigns.models import Campaign, Delivery
from rapport.tenants.scope import tenant_scope

from .listing import find, progress

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from rapport.members.access import Member

_ACTS = {"pause": acts.pause, "resume": acts.resume}
_IN_DOUBT = (
    "The mail server took these messages and did not say so: who got one gets it again. Most mailboxes show it once, "
    "since it keeps its Message-ID."
)
_FAILED = "These were refused for good. Where the cause is mended they arrive now, else they fail again."


def _messages(number: int) -> str:
    return f"{number:,} message{'' if number == 1 else 's'}"


def act(request: HttpRequest, member: Member, id: str, act: str) -> HttpResponse:
    """Pauses or resumes."""
    with tenant_scope(member.tenant) as tenant_id:
        try:
            _ACTS[act](find(tenant_id, id), member.author)
        except CampaignError as error:
            messages.error(request, str(error))
    return redirect(member.to("campaign", id=id))


def cancel(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """Asks, then sends nothing more, for good."""
    with tenant_scope(member.tenant) as tenant_id:
        row = find(tenant_id, id)
        far = progress(representation.counts(row))
        if request.method == "POST":
            try:
                acts.cancel(row, member.author)
            except CampaignError as error:
                messages.error(request, str(error))
            return redirect(member.to("campaign", id=id))
    waits = f"{_messages(far['waiting'])} that {'waits' if far['waiting'] == 1 else 'wait'} will never be sent"
    later = "reminders among them" if far["waiting"] else "nor will reminders that are still to come"
    told = f"{waits if far['waiting'] else 'Nothing more will be sent'}, {later}; {far['sent']:,} were sent"
    told += " and can still be answered."
    drafted = row.state in Campaign.OPEN and row.mode == Campaign.Mode.MANUAL
    context = {
        "title": f"Cancel {row.name}?",
        "sentences": [
            "Nothing of it was sent, and nothing will be." if drafted else told,
            "This cannot be taken back." if drafted else "This cannot be taken back; to stop it for a while, pause it.",
        ],
        "action": "Cancel it for good",
        "keep": "Keep it",
        "danger": True,
        "back": member.to("campaign", id=row.id),
    }
    return render(request, "console/confirm.html", context)


def send_again(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """Asks, then queues those in doubt or those that failed again."""
    state = (request.POST if request.method == "POST" else request.GET).get("state", "")
    with tenant_scope(member.tenant) as tenant_id:
        row = find(tenant_id, id)
        waiting = representation.counts(row).get(state, 0)
        if request.method == "POST":
            try:
                number = acts.send_again(row, member.author, state)
            except CampaignError as error:
                messages.error(request, str(error))
            else:
                messages.success(request, f"{_messages(number)} {'is' if number == 1 else 'are'} queued again.")
            return redirect(member.to("campaign", id=id))
    if state not in acts.AGAIN:
        return redirect(member.to("campaign", id=id))
    context = {
        "title": f"Send {_messages(waiting)} again?",
        "sentences": [_IN_DOUBT if state == Delivery.State.IN_DOUBT else _FAILED],
        "action": "Send again",
        "fields": {"state": state},
        "back": member.to("campaign", id=row.id),
    }
    return render(request, "console/confirm.html", context)
