"""Mails as somebody will see them, before anything is sent; their links lead nowhere. Inside the tenant's scope."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rapport.directory.models import Account, Contact
from rapport.records import keys

from . import choosing, conditions
from .compose import Letters
from .errors import FaultsError
from .messages.letter import About
from .messages.tags import TagFault
from .models import Campaign

EXAMPLES = 3


def of(row: Campaign, chosen: UUID) -> list[dict[str, Any]]:
    """The first of those `chosen` under an id, with the mail as they will see it. Raises `FaultsError`."""
    letters = Letters.of(row)
    found = []
    for delivery in choosing.first_queued(chosen, row.tenant_id, EXAMPLES):
        contact = Contact.objects.get(tenant_id=row.tenant_id, id=delivery.contact_id)
        letter = letters.choose(0, delivery.language)
        try:
            shown = letter.shown(example(contact, delivery.address or ""))
        except TagFault as fault:
            raise FaultsError({"messages": [str(fault)]}) from None
        found.append({"contact": str(contact.id), "address": delivery.address, "language": letter.language, **shown})
    return found


def example(contact: Contact, address: str) -> About:
    """What a mail to somebody is filled with, but for links that do anything."""
    found = Account.objects.filter(tenant_id=contact.tenant_id)
    account = found.filter(id=contact.account_id).first() if contact.account_id else None
    fields = {
        "contact": {name: getattr(contact, name) for name in ("id", *conditions.CONTACT)} | contact.attributes,
        "account": (
            {name: getattr(account, name) for name in ("id", *conditions.ACCOUNT)} | account.attributes
            if account
            else {}
        ),
    }
    return About(
        contact.id, keys.mailbox(address), fields, "https://example.com/a/preview", "https://example.com/u/preview"
    )
