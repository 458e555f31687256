"""Everything that search finds besides contacts and accounts: whatever has an address, and what can be done."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse

from rapport.campaigns.models import Campaign, Segment
from rapport.configurations import copies
from rapport.configurations.models import Configuration, CustomField, Touchpoint
from rapport.connected_apps.senders import senders
from rapport.history.models import UnmappedHeading
from rapport.imports.models import Import
from rapport.members import accounts
from rapport.records.catalogue import STANDARD
from rapport.surveys.models import Survey

if TYPE_CHECKING:
    from rapport.members.access import Member

#: Of each kind.
LIMIT = 6
#: Unmapped headings and imports that are looked through, the newest.
NEWEST = 1_000
_BETWEEN = re.compile(r"[\W_]+")
#: What can be done, its page, other words for it, and who may; "admin" where nothing is said.
ACTIONS: tuple[tuple[str, str, str] | tuple[str, str, str, str], ...] = (
    ("Invite a colleague", "invite", "user person member add new", "system_admin"),
    ("Create a Connected App", "new-connected-app", "token client secret credentials source add new oauth oauth2"),
    ("Generate a webhook", "new-webhook", "address add new"),
    ("Add a configuration", "new-configuration", "import mapping headings new"),
    ("Upload a file", "new-import", "import csv excel"),
    ("Try a record", "try", "rehearse test dry run"),
    ("Add a contact", "new-contact", "person new"),
    ("Add an account", "new-account", "company new"),
    ("Make a custom field", "new-field", "add new attribute"),
    ("Make a survey", "new-survey", "question add new"),
    ("Make a campaign", "new-campaign", "send mail invitation add new"),
    ("Make a segment", "new-segment", "condition add new"),
    ("Make an alert", "new-alert", "mail notify add new"),
    ("Export responses", "responses", "download file csv excel", "user"),
    ("Export contacts", "contacts", "download file csv excel", "user"),
    ("Export accounts", "accounts", "download file csv excel", "user"),
    ("Add a mail server", "new-mail-server", "new smtp sending sender", "system_admin"),
    ("Mail servers and senders", "sending", "mail server smtp sender from address", "system_admin"),
    ("The sender's domain", "sender-domain", "dkim spf dmarc dns mail senders"),
    ("Merge two contacts", "twins", "twins duplicates double same"),
)
#: What everybody may do with their own account: the name of its page, and other words for it.
OWN = (
    ("Change your password", "profile", "profile account new set"),
    ("Sign out", "profile", "profile log out logout sessions end leave"),
)
#: Pages of the documentation -> what else they are looked for.
MANUAL = {
    "": "postman collection rest api openapi newman",
    "authentication": "oauth oauth2 token bearer client credentials secret",
    "put-records": "rest api http",
    "reading-back": "rest api export merge delete",
}


@dataclass(frozen=True)
class Line:
    """Something that was found."""

    name: str
    #: What tells it from others of its name.
    detail: str
    address: str
    #: Other words that find it.
    words: str = ""


@dataclass(frozen=True)
class Group:
    """What was found of one kind."""

    heading: str
    icon: str
    lines: list[Line]
    #: Where all of them are.
    all: str | None = None


def groups(member: Member, tenant_id: int, text: str) -> Iterator[Group]:
    """What has an address in a system and these words, as far as the member may see it; inside its scope."""
    yield Group("Surveys", "survey", fitting(_surveys(member, tenant_id), text))
    yield Group("Campaigns", "arrow", fitting(_campaigns(member, tenant_id), text))
    if member.may("admin"):
        yield Group("Sources", "app", fitting(_sources(member, tenant_id), text))
        yield Group("Configurations", "imports", fitting(_configurations(member, tenant_id), text))
        yield Group("Headings", "unmapped", fitting(_headings(member, tenant_id), text))
        yield Group("Fields", "field", fitting(_fields(member, tenant_id), text))
        yield Group("Touchpoints", "touchpoint", fitting(_touchpoints(member, tenant_id), text))
        yield Group("Imports", "imports", fitting(_imports(member, tenant_id), text))


def people(member: Member, text: str) -> Group:
    """Members of the system; outside of its scope."""
    found = accounts.members(member.tenant) if member.may("admin") else []
    lines = (Line(each["name"] or each["email"], each["email"], member.to("users")) for each in found)
    return Group("Users", "users", fitting(lines, text))


def actions(member: Member, text: str) -> Group:
    """What can be done, by those who may."""
    return Group("Do", "plus", fitting(_actions(member), text))


def fitting(lines: Iterable[Line], text: str) -> list[Line]:
    """Those in which each word of the text begins some word."""
    wanted = text.casefold().split()
    return [line for line in lines if all(any(own.startswith(word) for own in _words(line)) for word in wanted)][:LIMIT]


def _words(line: Line) -> set[str]:
    """The words of a line, also those within addresses and names with dashes."""
    told = f"{line.name} {line.detail} {line.words}".casefold()
    return {*told.split(), *_BETWEEN.split(told)}


def _actions(member: Member) -> Iterator[Line]:
    for name, route, words, *role in ACTIONS:
        try:
            address = member.to(route)
        except NoReverseMatch:
            continue
        if member.may(*(role or ["admin"])):
            yield Line(name, "", address, words)
    for name, route, words in OWN:
        yield Line(name, "", reverse(route), words)


def _surveys(member: Member, tenant_id: int) -> Iterator[Line]:
    for row in Survey.objects.filter(tenant_id=tenant_id).order_by("name"):
        yield Line(row.name, row.get_state_display(), member.to("survey", reference=row.reference), row.reference)


def _campaigns(member: Member, tenant_id: int) -> Iterator[Line]:
    for row in Campaign.objects.filter(tenant_id=tenant_id).order_by("-id")[:NEWEST]:
        yield Line(row.name, row.get_state_display(), member.to("campaign", id=row.id))
    if member.may("admin"):
        for segment in Segment.objects.filter(tenant_id=tenant_id).order_by("name"):
            yield Line(segment.name, "Segment", member.to("segment", id=segment.id))


def _sources(member: Member, tenant_id: int) -> Iterator[Line]:
    for source in senders(tenant_id).values():
        route, kind = ("connected-app", "Connected App") if source.type == "app" else ("webhook", "Webhook")
        yield Line(source.name, kind, member.to(route, id=source.id))


def _configurations(member: Member, tenant_id: int) -> Iterator[Line]:
    for row in Configuration.objects.filter(tenant_id=tenant_id).order_by("name"):
        yield Line(row.name, row.reference, member.to("configuration", reference=row.reference))


def _headings(member: Member, tenant_id: int) -> Iterator[Line]:
    """Headings that nothing maps first: they are looked for most."""
    rows = {row.id: row for row in Configuration.objects.filter(tenant_id=tenant_id)}
    mapped = {(row.id, entry["heading"]) for row in rows.values() for entry in row.mapping}
    instead = {row.id: copies.fitting(row, rows.values()) for row in rows.values() if row.is_default}
    for heading in (
        UnmappedHeading.objects.filter(tenant_id=tenant_id).exclude(heading="").order_by("-last_seen")[:NEWEST]
    ):
        row = rows.get(heading.configuration_id)
        if row is not None and (row.id, heading.heading) not in mapped:
            query = urlencode({"configuration": row.reference, "heading": heading.heading})
            copy = next((each.name for each in instead.get(row.id, ()) if (each.id, heading.heading) in mapped), None)
            told = f"mapped in {copy}, not in {row.name}" if copy else f"not mapped in {row.name}"
            yield Line(heading.heading, told, f"{member.to('map-heading')}?{query}")
    for row in rows.values():
        address = member.to("configuration", reference=row.reference)
        yield from (Line(entry["heading"], f"in {row.name}", address) for entry in row.mapping)


def _fields(member: Member, tenant_id: int) -> Iterator[Line]:
    for row in CustomField.objects.filter(tenant_id=tenant_id, archived_at=None).order_by("label"):
        yield Line(row.label, f"custom field of {row.object}", member.to("field", id=row.id), row.name)
    for owner, fields in STANDARD.items():
        for field in fields:
            yield Line(field.label, f"field of {owner.replace('-', ' ')}", member.to("fields"), field.name)


def _touchpoints(member: Member, tenant_id: int) -> Iterator[Line]:
    for row in Touchpoint.objects.filter(tenant_id=tenant_id).order_by("name_key"):
        yield Line(row.name, "" if row.active else "at rest", member.to("touchpoint", id=row.id))


def _imports(member: Member, tenant_id: int) -> Iterator[Line]:
    for row in Import.objects.filter(tenant_id=tenant_id).order_by("-id")[:NEWEST]:
        yield Line(row.name, row.get_state_display(), member.to("import", id=row.id))
