"""What contacts and accounts are called where others refer to them."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from .models import Account, Contact


def contact_name(row: Contact) -> str:
    """First and last name, else the e-mail address, else the phone number."""
    return " ".join(filter(None, (row.first_name, row.last_name))) or row.email or row.phone or "Contact"


def name_of(row: Contact | Account) -> str:
    """What people call a contact or an account."""
    return row.name if isinstance(row, Account) else contact_name(row)


def telling(row: Contact | Account) -> str:
    """What tells a contact or an account from others of its name."""
    own = (row.email, row.phone, row.job_title) if isinstance(row, Contact) else (row.number, row.industry, row.region)
    name = name_of(row)
    return " · ".join(text for text in own if text and text != name)


def contact_names(tenant_id: int, ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Id -> name of contacts, deleted ones too, in one query; inside the tenant's scope."""
    rows = Contact.ever.filter(tenant_id=tenant_id, id__in={id for id in ids if id is not None})
    return {row.id: contact_name(row) for row in rows.only("id", "first_name", "last_name", "email", "phone")}


def account_names(tenant_id: int, ids: Iterable[UUID | None], *, deleted: bool = False) -> dict[UUID, str]:
    """Id -> name of accounts, likewise; those that are deleted or merged only where they are wanted."""
    found = Account.ever if deleted else Account.objects
    rows = found.filter(tenant_id=tenant_id, id__in={id for id in ids if id is not None})
    return dict(rows.values_list("id", "name"))
