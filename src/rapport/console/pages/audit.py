"""Settings, Audit log: who did what, newest first, in plain words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from django.shortcuts import render

from rapport.campaigns.campaign_forms import AutomatedForm, CampaignForm
from rapport.campaigns.forms import MailboxForm, RulesForm, ServerForm
from rapport.campaigns.models import SmtpServer
from rapport.connected_apps.forms import AppForm
from rapport.connected_apps.models import ConnectedApp
from rapport.connected_apps.scopes import SCOPES
from rapport.console.forms import AuditForm
from rapport.evidence.undoing import naming
from rapport.feedback.pages.alerts import AlertForm
from rapport.members import accounts
from rapport.members.forms import SystemForm
from rapport.tenants import audit
from rapport.tenants.models import AuditEntry
from rapport.tenants.query import Reader
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from rapport.members.access import Member

SHOWN = 50
#: Details that are shown in another way, or tell people nothing.
UNTOLD = ("changed", "version")
#: Acts whose actor is what they are about.
ALONE = {"member.password", "member.prove", "member.sign_in"}
#: Type of an object -> the name of its page; those with a page each are found by the id.
ONE_EACH = {"connected_app": "connected-app"} | {
    name: name for name in ("field", "import", "replay", "touchpoint", "undo", "webhook")
}
TOGETHER = {
    "invitation": "users",
    "member": "users",
    "suppression": "suppressions",
    "survey": "surveys",
    "system": "system",
    "unmapped": "unmapped",
}


_SENDING = CampaignForm.labels() | AutomatedForm.labels()
#: Type of an object -> what its form calls what can be changed of it.
LABELS = {
    "alert": AlertForm.labels(),
    "bounce": MailboxForm.labels(),
    "campaign": _SENDING
    | {"window": "Hours", "recipients": "Recipients", "messages": "Messages"}
    | {"spread_seconds": _SENDING["spread_hours"], "delay_seconds": _SENDING["delay_hours"]},
    "connected_app": AppForm.labels(),
    "sending": RulesForm.labels(),
    "smtp_server": ServerForm.labels(),
    "system": SystemForm.labels(),
}
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|[+-][0-9]{2}:[0-9]{2})")


class Words(NamedTuple):
    """What details are told with: what fields and ids are called, and the zone of moments."""

    labels: Mapping[str, str]
    names: Mapping[str, str]
    zone: ZoneInfo


def listed(request: HttpRequest, member: Member) -> HttpResponse:
    """A page of the log, narrowed down by who, what and when."""
    acts = {act: told.capitalize() for act, told in audit.ACTS.items()}
    form = AuditForm(request.GET, actors=_actors(member), acts=acts)
    with tenant_scope(member.tenant) as tenant_id:
        rows, cursor = audit.entries(tenant_id, _wanted(request, member, form))
        servers = SmtpServer.objects.filter(tenant_id=tenant_id).values_list("id", "name")
        words = Words({}, {str(id): name for id, name in servers}, ZoneInfo(member.tenant.time_zone))
        undos = [row for row in rows if row.action == "undo.start"]
        for row, name in zip(undos, naming.names(tenant_id, [row.details for row in undos]), strict=True):
            row.object_name, row.details = name, {}
    context = {
        "form": form,
        "entries": [_entry(member, row, words) for row in rows],
        "cursor": cursor,
        "filtered": any(request.GET.get(name) for name in (*form.fields, "object")),
    }
    return render(request, "console/audit.html", context)


def _wanted(request: HttpRequest, member: Member, form: AuditForm) -> audit.Wanted:
    """What the filters say; one that makes no sense says nothing but its own fault."""
    form.is_valid()
    given = form.cleaned_data
    zone = ZoneInfo(member.tenant.time_zone)
    return audit.Wanted(
        actor=given.get("actor"),
        action=given.get("action") or None,
        object=request.GET.get("object") or None,
        start=_midnight(given.get("start"), zone),
        end=_midnight(given.get("end"), zone, later=1),
        cursor=Reader(request.META.get("QUERY_STRING", "")).place("cursor"),
        limit=SHOWN,
    )


def _midnight(day: date | None, zone: ZoneInfo, later: int = 0) -> datetime | None:
    """Where a day begins, or one `later` days after it."""
    if day is None:
        return None
    try:
        return datetime.combine(day + timedelta(days=later), time(), zone).astimezone(UTC)
    except OverflowError:  # before or after all that Python can say: no bound
        return None


def _actors(member: Member) -> list[tuple[str, str]]:
    """Id and name of the people and apps that can act now."""
    people = [(str(person["id"]), person["name"] or person["email"]) for person in accounts.members(member.tenant)]
    with tenant_scope(member.tenant) as tenant_id:
        apps = ConnectedApp.objects.filter(tenant_id=tenant_id).order_by("name", "id").values_list("id", "name")
        return [*people, *((str(id), name) for id, name in apps)]


def _entry(member: Member, row: AuditEntry, words: Words) -> dict[str, Any]:
    """An entry in words."""
    return {
        "row": row,
        "told": audit.ACTS.get(row.action, row.action),
        "alone": row.action in ALONE,
        "address": _address(member, row),
        **_details(row.details, words._replace(labels=LABELS.get(row.object_type, {}))),
    }


def _address(member: Member, row: AuditEntry) -> str | None:
    """Where what was acted on can be seen, if it has a page."""
    if row.object_type in ONE_EACH:
        return member.to(ONE_EACH[row.object_type], id=row.object_id)
    if row.object_type == "configuration" and row.action != "configuration.remove":
        return member.to("configuration", reference=row.details["reference"])
    return member.to(TOGETHER[row.object_type]) if row.object_type in TOGETHER else None


def _details(details: Mapping[str, Any], words: Words) -> dict[str, Any]:
    """What is different now as (name, old, new), and the rest as (name, text)."""
    changed = details.get("changed", {})
    rest = [
        (_label(name, words), _told(name, value, words))
        for name, value in details.items()
        if name not in UNTOLD and value is not None
    ]
    if isinstance(changed, list):
        names = ", ".join(_label(name, words) for name in changed)
        return {"changes": [], "facts": [*rest, ("Changed", names)] if names else rest}
    changes = [
        (_label(name, words), _told(name, old, words), _told(name, new, words)) for name, (old, new) in changed.items()
    ]
    return {"changes": changes, "facts": rest}


def _label(name: str, words: Words) -> str:
    return words.labels.get(name) or name.replace("_", " ").capitalize()


def _told(name: str, value: Any, words: Words) -> str:
    """A value for people: scopes are what they allow."""
    if name == "scopes" and isinstance(value, list):
        return " ".join(SCOPES.get(str(scope), str(scope)) for scope in value)
    return _text(value, words)


def _text(value: Any, words: Words) -> str:
    """A value of JSON for people; nothing is empty."""
    if isinstance(value, list):
        return ", ".join(_text(each, words) for each in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        with suppress(ValueError, OverflowError):  # a name that looks like a moment and is none, or out of all bounds
            return f"{datetime.fromisoformat(value).astimezone(words.zone):%-d %b %Y, %H:%M %Z}"
    return "" if value is None else words.names.get(str(value), str(value))
