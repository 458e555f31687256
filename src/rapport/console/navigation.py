"""What is around every page of a system: where one can go, and what is going on there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.urls import NoReverseMatch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpRequest

    from rapport.members.access import Member


@dataclass(frozen=True)
class Item:
    """One line of the navigation: its label, the name of its route, its icon, and who sees it."""

    label: str
    route: str
    icon: str
    role: str = "user"


#: Heading -> its lines, in the order of `design/console.md`; "" has no heading.
SECTIONS: dict[str, tuple[Item, ...]] = {
    "": (Item("Home", "home", "home"),),
    "Records": (
        Item("Contacts", "contacts", "contacts"),
        Item("Accounts", "accounts", "accounts"),
        Item("Survey records", "survey-records", "survey"),
        Item("Activities", "activities", "activity"),
        Item("Deleted", "deleted", "bin"),
    ),
    "Feedback": (
        Item("Dashboard", "dashboard", "activity"),
        Item("Responses", "responses", "replayed"),
        Item("Account scores", "account-scores", "accounts"),
        Item("Alerts", "alerts", "alert", "admin"),
        Item("Surveys", "surveys", "survey"),
        Item("Touchpoint links", "touchpoint-links", "link", "admin"),
    ),
    "Campaigns": (
        Item("Automated", "automated-campaigns", "clock"),
        Item("Manual", "campaigns", "arrow"),
        Item("Segments", "segments", "filter", "admin"),
        Item("What came back", "bounces", "replayed", "admin"),
        Item("Unsubscribes & Bounces", "suppressions", "stop", "admin"),
    ),
    "Data": (
        Item("Imports", "imports", "imports", "admin"),
        Item("Request history", "requests", "history", "admin"),
        Item("Changes", "changes", "clock", "admin"),
        Item("Undo", "undos", "replayed", "admin"),
        Item("Sent again", "replays", "arrow", "admin"),
        Item("Twins", "twins", "contacts", "admin"),
        Item("Unmapped fields", "unmapped", "unmapped", "admin"),
        Item("Connected Apps", "connected-apps", "app", "admin"),
        Item("Webhooks", "webhooks", "webhook", "admin"),
    ),
    "Settings": (
        Item("Fields", "fields", "field", "admin"),
        Item("Touchpoints", "touchpoints", "touchpoint", "admin"),
        Item("Users", "users", "users", "admin"),
        Item("Sending", "sending", "link", "system_admin"),
        Item("System", "system", "system", "system_admin"),
        Item("Audit log", "audit", "audit", "system_admin"),
    ),
}


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context of every template: the member, whether they are an admin, and the navigation as they see it."""
    member = getattr(request, "member", None)
    if member is None:
        return {}
    return {"member": member, "admin": member.may("admin"), "navigation": list(_sections(member, request.path))}


def _sections(member: Member, path: str) -> Iterator[dict[str, Any]]:
    for heading, items in SECTIONS.items():
        lines = [line for item in items if member.may(item.role) and (line := _line(member, item, path))]
        if lines:
            yield {"heading": heading, "items": lines}


def _line(member: Member, item: Item, path: str) -> dict[str, Any] | None:
    try:
        address = member.to(item.route)
    except NoReverseMatch:  # a page of a capability that is not there
        return None
    here = path.rstrip("/") == address if item.route == "home" else f"{path}/".startswith(f"{address}/")
    return {"label": item.label, "address": address, "icon": item.icon, "here": here}
