"""Why a delivery or a campaign is where it is: the codes of the ledger as sentences with their facts (law 3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

#: How somebody came onto a list.
SOURCES = {
    "link": "by link",
    "one_click": "by one click",
    "hand": "by hand",
    "api": "by API",
    "file": "by a file",
    "bounce": "by a bounce",
    "complaint": "by a complaint",
}
#: Code -> what is said where no fact says more. Codes are for good: the ledger holds them.
SHORT = {
    "no_email": "No e-mail address.",
    "no_message": "Language without a message.",
    "contact_gone": "The contact is not there any more.",
    "contact_deleted": "The contact was deleted.",
    "merged": "The contact was merged with one that gets it already.",
    "undone": "What asked for it was undone.",
    "address_changed": "The address has changed since it was chosen.",
    "unsubscribed": "Unsubscribed.",
    "bounced_before": "The address bounced.",
    "answered": "Answered already.",
    "taken": "Another campaign asked with this survey record.",
    "closed": "The survey is closed.",
    "not_asked": "The earlier campaign did not ask.",
    "not_reached": "The message before did not go out.",
    "resting": "Asked not long ago.",
    "campaign": "The campaign was cancelled.",
    "bounced": "The mail came back: nobody is there.",
    "not_taken": "The mail came back.",
    "refused": "The mail server refused it.",
    "unfit": "The mail server cannot be given it.",
    "lost": "The connection was lost before the message was begun.",
    "unanswered": "The server did not say whether it took the message.",
    "sender_lost": "The sender ended while it handed the message over; nobody knows whether it went out.",
    "unwritten": "A fault of the service kept it from being written down; its log says more.",
    "no_reminder": "The campaign has no such reminder any more.",
    "tags": "A merge tag could not be filled.",
    "errors": "Paused after ten errors of one kind in a row.",
    "bounces": "Paused because more than one in twenty bounced.",
    "server": "Paused because the mail server cannot be used.",
    "message": "Paused because its message cannot be made.",
    "ledger": "Paused because of a fault of the service; its log says more.",
    "person": "Paused by a person.",
}


def sentence(code: str | None, fact: Mapping[str, Any] | None, zone: ZoneInfo) -> str:
    """The reason with its fact, times in the system's zone; empty where there is none."""
    if not code:
        return ""
    told, short = fact or {}, SHORT.get(code, code)
    needed, telling = _TELLING.get(code, ("said", None))
    if not told.get(needed):
        return short
    return telling(told, zone) if telling else f"{short[:-1]}{_said(told)}."


def _unsubscribed(told: Mapping[str, Any], zone: ZoneInfo) -> str:
    domain = " with its domain" if told.get("kind") == "domain" else ""
    return f"Unsubscribed{domain} on {_day(told['at'], zone)} {SOURCES.get(str(told.get('source')), 'somehow')}."


def _resting(told: Mapping[str, Any], zone: ZoneInfo) -> str:
    named = f' by "{told["campaign"]}"' if told.get("campaign") else ""
    return f"Asked on {_day(told['at'], zone)}{named}, rests until {_day(told.get('until'), zone)}."


def _not_reached(told: Mapping[str, Any], zone: ZoneInfo) -> str:
    inner = sentence(told.get("reason"), told.get("fact"), zone)
    return f"The message before is {told['state']}{': ' if inner else '.'}{inner}"


#: Code -> the part of its fact that is needed, and the sentence.
_TELLING: dict[str, tuple[str, Callable[[Mapping[str, Any], ZoneInfo], str]]] = {
    "unsubscribed": ("at", _unsubscribed),
    "bounced_before": ("at", lambda told, zone: f"The address bounced on {_day(told['at'], zone)}{_said(told)}."),
    "resting": ("at", _resting),
    "answered": ("at", lambda told, zone: f"Answered on {_day(told['at'], zone)}."),
    "closed": ("at", lambda told, zone: f"The survey was closed on {_day(told['at'], zone)}."),
    "not_reached": ("state", _not_reached),
    "person": ("by", lambda told, _: f"Paused by {told['by']}."),
    "no_message": ("language", lambda told, _: f"There is no message in {told['language']}."),
}


def _said(told: Mapping[str, Any]) -> str:
    said = " ".join(str(told.get("said") or "").split())
    return f" ({said})" if said else ""


def _day(text: Any, zone: ZoneInfo) -> str:
    if not text:
        return ""
    moment = datetime.fromisoformat(str(text)).astimezone(zone)
    return f"{moment.day} {moment:%B %Y}"
