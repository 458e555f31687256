"""Data, Integrations, Connected Apps: the list, one app, and making and changing them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect, render

from rapport.configurations.models import Configuration
from rapport.connected_apps import examples, issue
from rapport.connected_apps.forms import AppForm, shown
from rapport.connected_apps.issue import ConnectedAppError, Credentials
from rapport.connected_apps.scopes import DEFAULT_SCOPES, GUARDED, SCOPES
from rapport.members.models import Role
from rapport.tenants.hosts import hosts
from rapport.tenants.scope import tenant_scope

from . import traffic

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from rapport.members.access import Member


def listed(request: HttpRequest, member: Member) -> HttpResponse:
    """The Connected Apps, stopped ones last."""
    sent = traffic.by_sender(member, "app")
    apps = [
        app | {"source": sent.get(app["id"]), "may": [SCOPES[scope] for scope in app["scopes"]]}
        for app in issue.list_apps(member.tenant)
    ]
    context = {"apps": sorted(apps, key=lambda app: not app["active"])}
    return render(request, "connected_apps/apps.html", context)


def new(request: HttpRequest, member: Member) -> HttpResponse:
    """A form for a new app; its secret is in the answer, and nowhere else."""
    form = _form(request, member, {"scopes": list(DEFAULT_SCOPES)})
    if request.method == "POST" and form.is_valid():
        try:
            made = issue.create_app(member.tenant, member.author, **form.given())
        except ConnectedAppError as error:
            form.add_error(error.field, str(error))
        else:
            return secret_shown(request, member, made)
    return render(request, "connected_apps/new_app.html", {"form": form}, status=422 if form.errors else 200)


def secret_shown(request: HttpRequest, member: Member, made: Credentials) -> HttpResponse:
    """A secret, this once, and what to paste to use it."""
    app = issue.show_app(member.tenant, made.client_id)
    assert app is not None  # apps are never deleted
    context = {
        "app": app,
        "rows": {"Client id": made.client_id, "Client secret": made.client_secret},
        "back": member.to("connected-app", id=app["id"]),
        "token": examples.token(hosts(request)["auth"], made.client_id, made.client_secret),
    }
    return render(request, "connected_apps/secret.html", context)


def one(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """What an app is and does, and its secrets."""
    app = find(member, id)
    context = {
        "app": app,
        "source": traffic.by_sender(member, "app").get(app["id"]),
        "scopes": {scope: SCOPES[scope] for scope in app["scopes"]},
        "token": examples.token(hosts(request)["auth"], app["client_id"]),
    }
    return render(request, "connected_apps/app.html", context)


def edit(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """A form that changes an app."""
    app = find(member, id, active=True)
    guard(member, app)
    form = _form(request, member, shown(app))
    if request.method == "POST" and form.is_valid():
        try:
            issue.change_app(member.tenant, member.author, app["client_id"], form.given())
        except ConnectedAppError as error:
            form.add_error(error.field, str(error))
        else:
            messages.success(request, f"{form.cleaned_data['name']} is saved; it holds within five seconds.")
            return redirect(member.to("connected-app", id=id))
    context = {"app": app, "form": form}
    return render(request, "connected_apps/edit_app.html", context, status=422 if form.errors else 200)


def deactivate(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """Asks, then stops an app and its tokens for good."""
    app = find(member, id, active=True)
    if request.method == "POST":
        issue.deactivate(member.tenant, member.author, app["client_id"])
        messages.success(request, f"{app['name']} is deactivated; its tokens stop within five seconds.")
        return redirect(member.to("connected-app", id=id))
    context = {
        "title": f"Deactivate {app['name']}?",
        "sentences": [
            traffic.sentence(traffic.by_sender(member, "app").get(app["id"])),
            "Its secrets stop at once and its tokens within five seconds: whatever it sends then is answered 401.",
            "There is no way back; what it sent stays in the histories. A program that calls again needs a new app.",
        ],
        "action": "Deactivate",
        "danger": True,
        "back": member.to("connected-app", id=id),
    }
    return render(request, "console/confirm.html", context)


def find(member: Member, id: str, *, active: bool = False) -> dict[str, Any]:
    """An app as `issue.show_app` has it; `active`: only if it is. Raises `Http404`."""
    client_id = issue.client_id_of(member.tenant, UUID(id))
    app = None if client_id is None else issue.show_app(member.tenant, client_id)
    if app is None or (active and not app["active"]):
        raise Http404
    return app


def guard(member: Member, app: dict[str, Any]) -> None:
    """Raises `PermissionDenied` where a member could give themselves a guarded scope, with a new secret say."""
    if GUARDED.intersection(app["scopes"]) and not member.may(Role.SYSTEM_ADMIN):
        raise PermissionDenied


def _form(request: HttpRequest, member: Member, initial: dict[str, Any]) -> AppForm:
    guarded = member.may(Role.SYSTEM_ADMIN)
    return AppForm(request.POST or None, configurations=_configurations(member), guarded=guarded, initial=initial)


def _configurations(member: Member) -> list[tuple[str, str]]:
    """Reference and name of those that apps can send records for, by name."""
    with tenant_scope(member.tenant) as tenant_id:
        rows = Configuration.objects.filter(tenant_id=tenant_id, kind=Configuration.Kind.API).order_by("name", "id")
        return list(rows.values_list("reference", "name"))
