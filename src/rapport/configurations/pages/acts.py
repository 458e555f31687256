"""What is done to a configuration besides changing it: each asked on a page (or in its dialog) before."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect, render

from rapport.configurations import edits, use
from rapport.configurations.errors import ConfigurationError
from rapport.configurations.locks import editing
from rapport.configurations.models import Configuration
from rapport.tenants.permission import View
from rapport.tenants.scope import tenant_scope

from . import found

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from rapport.members.access import Member


def asked(
    title: str,
    action: str,
    sentences: Callable[[Configuration], list[str]],
    *,
    danger: bool = False,
    refused: type[Exception] = ConfigurationError,
) -> Callable[[View], View]:
    """A view that asks on GET and acts on POST; where it is `refused`, the configuration's page tells why."""

    def decorated(act: View) -> View:
        @wraps(act)
        def view(request: HttpRequest, member: Member, reference: str) -> HttpResponse:
            back = member.to("configuration", reference=reference)
            if request.method == "POST":
                try:
                    return act(request, member, reference)
                except refused as error:
                    messages.error(request, str(error))
                    return redirect(back)
            with tenant_scope(member.tenant) as tenant_id:
                row = found(tenant_id, reference)
                context = {"title": title.format(row.name), "sentences": sentences(row), "action": action}
            return render(request, "configurations/confirm.html", context | {"danger": danger, "back": back})

        return view

    return decorated


def _of_copy(row: Configuration) -> list[str]:
    return [
        "The copy has a name and a reference of its own, and can be changed.",
        f"Callers of {row.name} notice nothing.",
    ]


def _of_deactivation(row: Configuration) -> list[str]:
    records, _ = use.records(row)
    lately = f"{records:,} came through it in the last 24 hours." if records else "None came in the last 24 hours."
    return [
        f"Records that name {row.reference} are refused within a second from then on. {lately}",
        "Activate takes it back; what was refused until then must be sent again.",
    ]


def _of_activation(row: Configuration) -> list[str]:
    return [f"Records that name {row.reference} are taken again, within a second."]


def _of_removal(row: Configuration) -> list[str]:
    return [
        f"Records that name {row.reference} are refused for good. What came through it stays as it is.",
        f"Its {len(row.mapping):,} mapped fields cannot be brought back, but the audit log keeps who removed it; "
        "Deactivate can be taken back.",
    ]


@asked("Copy {}", "Copy", _of_copy)
def copy(request: HttpRequest, member: Member, reference: str) -> HttpResponse:
    """A copy, and the page to change it."""
    with editing(member.tenant) as tenant_id:
        made = edits.copy(found(tenant_id, reference), member.author, {})
    messages.success(request, f"{made.name} is ready to be changed.")
    return redirect(member.to("edit-configuration", reference=made.reference))


@asked("Deactivate {}?", "Deactivate", _of_deactivation, danger=True)
def deactivate(request: HttpRequest, member: Member, reference: str) -> HttpResponse:
    """Callers may no longer use it."""
    return _set_active(request, member, reference, active=False)


@asked("Activate {}?", "Activate", _of_activation)
def activate(request: HttpRequest, member: Member, reference: str) -> HttpResponse:
    """Callers may use it again."""
    return _set_active(request, member, reference, active=True)


@asked("Remove {}?", "Remove", _of_removal, danger=True)
def remove(request: HttpRequest, member: Member, reference: str) -> HttpResponse:
    """Removes a configuration that nobody uses."""
    with editing(member.tenant) as tenant_id:
        row = found(tenant_id, reference)
        edits.remove(row, member.author)
    messages.success(request, f"{row.name} is removed.")
    return redirect(member.to("configurations") + ("?kind=file" if row.kind == Configuration.Kind.FILE else ""))


def _set_active(request: HttpRequest, member: Member, reference: str, *, active: bool) -> HttpResponse:
    with editing(member.tenant) as tenant_id:
        row = found(tenant_id, reference)
        edits.set_active(row, member.author, active=active)
    messages.success(request, f"{row.name} is {'active again' if active else 'no longer active'}.")
    return redirect(member.to("configuration", reference=reference))
