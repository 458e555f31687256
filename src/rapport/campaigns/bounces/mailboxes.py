"""A system's mailbox for reports: set, checked by a real conversation, removed. Inside the tenant's scope."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models.functions import Now

from rapport.campaigns import secrets
from rapport.campaigns.errors import FaultsError
from rapport.campaigns.models import BounceMailbox
from rapport.tenants import audit
from rapport.tenants.actors import Author

KEYS = ("host", "port", "security", "user_name", "folder")


def find(tenant_id: int) -> BounceMailbox | None:
    """The system's, if it has one."""
    return BounceMailbox.objects.filter(tenant_id=tenant_id).first()


def filled(tenant_id: int, given: Mapping[str, Any]) -> BounceMailbox:
    """The mailbox as it would be; without a password it keeps the one it has, at the same place alone.

    Raises `FaultsError`.
    """
    row = find(tenant_id) or BounceMailbox(tenant_id=tenant_id, version=0)
    elsewhere = any(getattr(row, key) != given[key] for key in secrets.PLACE)
    moved = any(getattr(row, key) != given[key] for key in ("host", "user_name", "folder"))
    for key in KEYS:
        setattr(row, key, given[key])
    if given.get("password"):
        row.password = secrets.seal(given["password"])
    if not row.password:
        raise FaultsError({"password": ["A mailbox needs a password."]})
    if elsewhere and not given.get("password"):
        raise FaultsError({"password": [secrets.ANEW]})
    if moved:
        row.uid_validity, row.last_uid = None, 0
    return row


def save(row: BounceMailbox, author: Author, fault: str | None) -> None:
    """Saves it with what its check said."""
    new = row.version == 0
    row.fault, row.checked_at, row.version = fault, Now(), row.version + 1
    row.save(force_insert=new, force_update=not new)
    audit.note(row.tenant_id, author, "bounce.mailbox", audit.Object(row.tenant_id, row.host), {"user": row.user_name})


def remove(tenant_id: int, author: Author) -> None:
    """Fetches nothing more."""
    if BounceMailbox.objects.filter(tenant_id=tenant_id).delete()[0]:
        audit.note(tenant_id, author, "bounce.mailbox", audit.Object(tenant_id, ""), {"removed": True})
