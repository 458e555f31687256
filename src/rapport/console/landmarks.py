"""Texts that name just one thing: an e-mail address, a phone number, an id."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Q

from rapport.configurations.models import Configuration
from rapport.connected_apps.models import ConnectedApp, Webhook
from rapport.directory.models import Account, Activity, Contact, ContactKey
from rapport.records.errors import Invalid
from rapport.records.keys import email_key, phone_key
from rapport.surveys.models import ExternalResponse, SurveyRecord

if TYPE_CHECKING:
    from rapport.members.access import Member

#: Route of a page -> what it shows; all of them are found by their primary key.
_RECORDS: dict[str, Any] = {
    "contact": Contact,
    "account": Account,
    "survey-record": SurveyRecord,
    "external-response": ExternalResponse,
    "activity": Activity,
}
#: What only admins may see: route, the part of its address that tells which one, model, another column that does.
_SOURCES: tuple[tuple[str, str, Any, str], ...] = (
    ("configuration", "reference", Configuration, "reference"),
    ("connected-app", "id", ConnectedApp, "client_id"),
    ("webhook", "id", Webhook, "public_id"),
)
#: An id as a UUID or as we write request ids.
_ID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)


def named(member: Member, tenant_id: int, text: str) -> str | None:
    """The address of the one thing that a text names, for this member; inside the tenant's scope."""
    address = _person(member, tenant_id, text)
    if address is None and _ID.fullmatch(text):
        address = _record(member, tenant_id, UUID(text))
    if address is None and member.may("admin"):
        address = _source(member, tenant_id, text)
    return address


def requests(member: Member, text: str) -> str:
    """Where the request history is searched for a text."""
    return member.to("requests") + "?" + urlencode({"text": text})


def _person(member: Member, tenant_id: int, text: str) -> str | None:
    """Index: the primary key of contact_keys."""
    keys = []
    for prefix, key in (("e", email_key), ("p", phone_key)):
        with suppress(Invalid):
            keys.append(f"{prefix}:{key(text)}")
    found = ContactKey.objects.filter(tenant_id=tenant_id, key__in=keys).order_by("key")
    owner = found.values_list("contact_id", flat=True).first()
    return None if owner is None else member.to("contact", id=owner)


def _record(member: Member, tenant_id: int, id: UUID) -> str | None:
    for route, model in _RECORDS.items():
        if model.objects.filter(tenant_id=tenant_id, id=id).exists():
            return member.to(route, id=id)
    return None


def _source(member: Member, tenant_id: int, text: str) -> str | None:
    """A configuration's reference, an app's or a webhook's public id, or the id of one; any other id is a request's."""
    is_id = _ID.fullmatch(text) is not None
    for route, part, model, column in _SOURCES:
        wanted = Q(**{column: text}) | Q(id=UUID(text)) if is_id else Q(**{column: text})
        for found in model.objects.filter(wanted, tenant_id=tenant_id).values_list(part, flat=True):
            return member.to(route, **{part: found})
    return requests(member, text) if is_id else None
