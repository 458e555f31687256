"""The parts that pages are made of (`design/console.md`, "Parts"), as template tags. Loaded in every template."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.http import QueryDict
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from rapport.console import charts
from rapport.tenants.exports import MEDIA_TYPES

register = template.Library()

#: Outcome -> the word that people read. Each has an icon and a colour of its name.
OUTCOMES = {
    "created": "Created",
    "updated": "Updated",
    "unchanged": "Unchanged",
    "rejected": "Rejected",
    "not_written": "Not written",
    "replayed": "Repeated",
    "ignored": "Ignored",
}
#: What rows name -> its page, and the part of the address that tells which one.
PAGES = {
    "account": ("account", "id"),
    "account_alias": ("account", "id"),
    "activity": ("activity", "id"),
    "app": ("connected-app", "id"),
    "configuration": ("configuration", "reference"),
    "contact": ("contact", "id"),
    "external_response": ("external-response", "id"),
    "import": ("import", "id"),
    "replay": ("replay", "id"),
    "response": ("response", "id"),
    "survey_record": ("survey-record", "id"),
    "undo": ("undo", "id"),
    "webhook": ("webhook", "id"),
}
_UNITS = ((86400 * 365, "y"), (86400 * 30, "mo"), (86400, "d"), (3600, "h"), (60, "min"))


@register.simple_tag(takes_context=True)
def to(context: template.Context, name: str, **parts: Any) -> str:
    """The address of a page of this system: `{% to "contact" id=contact.id %}`."""
    return reverse(name, kwargs={"system": context["member"].tenant.slug, **parts})


@register.simple_tag(takes_context=True)
def link_to(context: template.Context, kind: str, key: Any) -> str:
    """The address of an object of the ledger, a source or a configuration; "" where it has no page, or no key."""
    route, part = PAGES.get(kind, ("", ""))
    try:
        return reverse(route, kwargs={"system": context["member"].tenant.slug, part: key}) if key else ""
    except NoReverseMatch:
        return ""


@register.inclusion_tag("parts/export.html", takes_context=True)
def export_menu(context: template.Context, name: str, **parts: Any) -> dict[str, Any]:
    """The kinds of files that a route of exports makes: `{% export_menu "export" what="contacts" %}`."""
    return {"files": [(kind.upper(), to(context, name, kind=kind, **parts)) for kind in MEDIA_TYPES]}


@register.simple_tag
def icon(name: str, title: str = "") -> SafeString:
    """A sign from `icons.svg`; it is hidden from screen readers unless it has a title."""
    label = format_html(' role="img" aria-label="{}"', title) if title else mark_safe(' aria-hidden="true"')
    return format_html('<svg class="icon"{}><use href="{}#{}"/></svg>', label, static("console/icons.svg"), name)


@register.simple_tag
def outcome(name: str) -> SafeString:
    """The badge of an outcome: a colour, an icon and a word."""
    return format_html('<span class="badge {}">{}{}</span>', name, icon(name), OUTCOMES.get(name, name))


@register.simple_tag(takes_context=True)
def when(context: template.Context, moment: datetime | str | None, never: str = "never") -> SafeString:
    """A moment: how long ago, and exactly with its zone on hover. Texts are ISO 8601."""
    if moment is None:
        return format_html('<span class="quiet">{}</span>', never)
    moment = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    member = context.get("member")
    local = moment.astimezone(ZoneInfo(member.tenant.time_zone if member else "UTC"))
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        f"{local:%A, %-d %B %Y, %H:%M:%S} ({local.tzname()})",
        ago(moment),
    )


def ago(moment: datetime) -> str:
    """`3 min ago`; `in 2 h` for what is still to come."""
    seconds = (datetime.now(UTC) - moment).total_seconds()
    for size, unit in _UNITS:
        if abs(seconds) >= size:
            text = f"{int(abs(seconds) // size)} {unit}"
            return f"{text} ago" if seconds > 0 else f"in {text}"
    return "just now" if seconds >= 0 else "in a moment"


@register.filter
def number(value: float | None) -> str:
    """`12,345`."""
    return "" if value is None else f"{value:,}"


@register.filter
def percent(share: float) -> str:
    """A share of 1: `0.4 %`, `12 %`."""
    return f"{share * 100:.1f} %" if 0 < share < 0.1 else f"{share * 100:.0f} %"


@register.filter
def plural(count: int, noun: str) -> str:
    """`1 record`, `2 records`; a noun with another plural: `{{ n|plural:"entry,entries" }}`."""
    one, _, many = noun.partition(",")
    return f"{count:,} {one if count == 1 else many or one + 's'}"


@register.simple_tag
def copyable(text: str, label: str = "") -> SafeString:
    """A text in code type with a button that copies it."""
    return format_html(
        '<span class="copyable"><code>{}</code><button type="button" class="icon-button" data-copy="{}" '
        'aria-label="Copy {}">{}</button></span>',
        text,
        text,
        label or text,
        icon("copy"),
    )


@register.inclusion_tag("parts/value.html")
def value(given: Any) -> dict[str, Any]:
    """A value as people read it: nothing is a dash."""
    return {"value": given}


@register.inclusion_tag("parts/change.html")
def change(old: Any, new: Any) -> dict[str, Any]:
    """Old value, arrow, new value."""
    return {"old": old, "new": new}


@register.inclusion_tag("parts/code.html")
def code(text: str, label: str = "Code") -> dict[str, Any]:
    """A block of code with a button that copies it."""
    return {"text": text, "label": label}


@register.inclusion_tag("parts/message.html")
def message(text: str) -> dict[str, Any]:
    """A sentence to send to somebody, with a button that copies it."""
    return {"text": text}


@register.inclusion_tag("parts/spark.html")
def spark(hours: Sequence[int]) -> dict[str, Any]:
    """A sparkline of the records of the last hours, oldest first."""
    return {
        "bars": charts.spark(hours),
        "label": f"Records of the last {len(hours)} hours, at most {max(hours):,} in one",
    }


@register.simple_tag(takes_context=True)
def query(context: template.Context, **changes: Any) -> str:
    """This page's query with some parameters changed; None or "" takes one out: `{% query cursor=next %}`."""
    given: QueryDict = context["request"].GET.copy()
    for name, new in changes.items():
        if new in (None, ""):
            given.pop(name, None)
        else:
            given[name] = str(new)
    return "?" + given.urlencode()
