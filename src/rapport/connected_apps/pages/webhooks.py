"""Data, Integrations, Webhooks: the list, one webhook, and making and stopping them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render

from rapport.configurations import catalogue
from rapport.configurations.artefacts.outline import Outline
from rapport.configurations.models import Configuration
from rapport.configurations.pages import found
from rapport.configurations.pages.acts import asked
from rapport.connected_apps import examples, webhooks
from rapport.connected_apps.forms import WebhookForm
from rapport.connected_apps.webhooks import PasswordMovedError, WebhookError
from rapport.tenants.scope import tenant_scope

from . import traffic

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from rapport.members.access import Member


def listed(request: HttpRequest, member: Member) -> HttpResponse:
    """The webhooks, stopped ones last."""
    sent = traffic.by_sender(member, "webhook")
    rows = [hook | {"source": sent.get(hook["id"])} for hook in _all(member)]
    context = {"hooks": sorted(rows, key=lambda hook: not hook["active"])}
    return render(request, "connected_apps/webhooks.html", context)


def new(request: HttpRequest, member: Member) -> HttpResponse:
    """A form for a new webhook; its password is in the answer, and nowhere else."""
    with tenant_scope(member.tenant) as tenant_id:
        rows = Configuration.objects.filter(tenant_id=tenant_id, kind=Configuration.Kind.API, active=True)
        choices = list(rows.order_by("name", "id").values_list("reference", "name"))
    initial = {"configuration": request.GET.get("configuration", "")}
    form = WebhookForm(request.POST or None, configurations=choices, initial=initial)
    if request.method == "POST" and form.is_valid():
        reference = form.cleaned_data["configuration"]
        try:
            made = webhooks.create(member.tenant, member.author, reference, settings.RAPPORT)
        except WebhookError as error:
            form.add_error("configuration", str(error))
        else:
            hook = {"id": made.id, "configuration": reference, "url": made.url, "user_name": made.user_name}
            return _password_shown(request, member, hook, made.password)
    return render(request, "connected_apps/new_webhook.html", {"form": form}, status=422 if form.errors else 200)


def _of_webhook(row: Configuration) -> list[str]:
    return [
        f"A webhook is an address with a user and a password of its own, whose records go through {row.name}.",
        "Its password is shown once, right after this.",
    ]


@asked("Generate a webhook for {}?", "Generate webhook", _of_webhook, refused=WebhookError)
def generate(request: HttpRequest, member: Member, reference: str) -> HttpResponse:
    """A new webhook of a configuration, from its page, with its password this once."""
    with tenant_scope(member.tenant) as tenant_id:
        row = found(tenant_id, reference)
    made = webhooks.create(member.tenant, member.author, reference, settings.RAPPORT)
    rows = {"URL": made.url, "User": made.user_name, "Password": made.password}
    context = {"row": row, "rows": rows, "back": member.to("configuration", reference=reference)}
    return render(request, "connected_apps/generated.html", context)


def one(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """What a webhook feeds, and how it is called."""
    hook = _find(member, id)
    context = {
        "hook": hook,
        "source": traffic.by_sender(member, "webhook").get(hook["id"]),
        "call": examples.hook(hook["url"], hook["user_name"], _record(member, hook["configuration"])),
    }
    return render(request, "connected_apps/webhook.html", context)


_MOVED = (
    "No password was made: that of {} has changed since you were asked, by a double click perhaps."
    " If the new one was not shown to you, rotate again."
)


def rotate(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """Asks, then gives a webhook a new password, which is in the answer and nowhere else."""
    hook = _find(member, id, active=True)
    if request.method == "POST":
        try:
            password = webhooks.rotate(member.tenant, member.author, hook["id"], request.POST.get("seen", ""))
        except PasswordMovedError:
            messages.error(request, _MOVED.format(hook["user_name"]))
            return redirect(member.to("webhook", id=id))
        except WebhookError:  # somebody stopped it meanwhile
            raise Http404 from None
        return _password_shown(request, member, hook, password)
    context = {
        "title": f"Rotate the password of {hook['user_name']}?",
        "sentences": [
            traffic.sentence(traffic.by_sender(member, "webhook").get(hook["id"])),
            "You get a new password, shown once. The present one stops within five seconds:"
            " whoever calls with it is answered 401 until they have the new one.",
            "For a change without a gap generate a second webhook, change over, and deactivate this one.",
        ],
        "action": "Make a new password",
        "fields": {"seen": webhooks.mark(member.tenant, hook["id"])},
        "danger": True,
        "back": member.to("webhook", id=id),
    }
    return render(request, "console/confirm.html", context)


def deactivate(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """Asks, then stops a webhook for good."""
    hook = _find(member, id, active=True)
    if request.method == "POST":
        webhooks.deactivate(member.tenant, member.author, hook["id"])
        messages.success(request, f"{hook['user_name']} is deactivated; it stops within five seconds.")
        return redirect(member.to("webhook", id=id))
    context = {
        "title": f"Deactivate {hook['user_name']}?",
        "sentences": [
            traffic.sentence(traffic.by_sender(member, "webhook").get(hook["id"])),
            "Within five seconds whatever comes to its address is answered 401.",
            "There is no way back; what it sent stays in the histories. A program that calls again needs a new one.",
        ],
        "action": "Deactivate",
        "danger": True,
        "back": member.to("webhook", id=id),
    }
    return render(request, "console/confirm.html", context)


def _password_shown(request: HttpRequest, member: Member, hook: dict[str, Any], password: str) -> HttpResponse:
    record = _record(member, hook["configuration"])
    context = {
        "hook": hook,
        "rows": {"URL": hook["url"], "User": hook["user_name"], "Password": password},
        "back": member.to("webhook", id=hook["id"]),
        "call": examples.hook(hook["url"], hook["user_name"], record, password),
    }
    return render(request, "connected_apps/password.html", context)


def _all(member: Member) -> list[dict[str, Any]]:
    return webhooks.list_webhooks(member.tenant, settings.RAPPORT)


def _find(member: Member, id: str, *, active: bool = False) -> dict[str, Any]:
    """A webhook as `webhooks.list_webhooks` has it; `active`: only if it is. Raises `Http404`."""
    found = [hook for hook in _all(member) if str(hook["id"]) == id and (hook["active"] or not active)]
    if not found:
        raise Http404
    return found[0]


def _record(member: Member, reference: str) -> dict[str, str]:
    """A record that a configuration takes."""
    with tenant_scope(member.tenant) as tenant_id:
        row = Configuration.objects.get(tenant_id=tenant_id, reference=reference)
        return Outline.of(row, catalogue.of_tenant(tenant_id)).records()[0]
