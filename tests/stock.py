"""Puts accounts and contacts on the shelves, with keys and ledger, as `rapport.db` leaves them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import F
from uuid_utils.compat import uuid7

from rapport.directory.models import Account, AccountKey, Contact, ContactKey
from rapport.history.models import Change
from rapport.records.keys import email_key, name_key, phone_key
from rapport.tenants.models import TenantHead
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from rapport.tenants.models import Tenant


def put_account(
    tenant: Tenant, name: str, *, at: datetime | None = None, aliases: tuple[str, ...] = (), **fields: Any
) -> UUID:
    """A new account that its name and its aliases find; `at` is when."""
    now, new = at or datetime.now(UTC), uuid7()
    with tenant_scope(tenant) as tenant_id:
        values = {"id": new, "name": name, "version": 1, "created_at": now, "updated_at": now, **fields}
        Account.objects.create(tenant_id=tenant_id, **values)
        for key in (name, *aliases):
            AccountKey.objects.create(tenant_id=tenant_id, key=name_key(key), account_id=new, is_alias=key != name)
        _note(tenant_id, "account", new, 1, "created", now)
    return new


def put_contact(tenant: Tenant, *, at: datetime | None = None, **fields: Any) -> UUID:
    """A new contact that its e-mail and its phone find; `at` is when."""
    at, new = at or datetime.now(UTC), uuid7()
    with tenant_scope(tenant) as tenant_id:
        values = {"id": new, "version": 1, "created_at": at, "updated_at": at, **fields}
        Contact.objects.create(tenant_id=tenant_id, **values)
        keys = []
        if "email" in fields:
            keys.append(f"e:{email_key(fields['email'])}")
        if "phone" in fields:
            keys.append(f"p:{phone_key(fields['phone'])}")
        for key in keys:
            ContactKey.objects.create(tenant_id=tenant_id, key=key, contact_id=new)
        _note(tenant_id, "contact", new, 1, "created", at)
    return new


def change_contact(tenant: Tenant, contact: UUID, *, at: datetime | None = None, **fields: Any) -> None:
    """A contact's next version."""
    at = at or datetime.now(UTC)
    with tenant_scope(tenant) as tenant_id:
        rows = Contact.objects.filter(tenant_id=tenant_id, id=contact)
        rows.update(version=F("version") + 1, updated_at=at, **fields)
        _note(tenant_id, "contact", contact, rows.get().version, "updated", at)


def _note(tenant_id: int, object_type: str, object_id: UUID, version: int, kind: str, at: datetime) -> None:
    head = TenantHead.objects.filter(tenant_id=tenant_id)
    head.update(seq=F("seq") + 1)
    Change.objects.create(
        tenant_id=tenant_id,
        seq=head.get().seq,
        at=at,
        object_type=object_type,
        object_id=object_id,
        version=version,
        kind=kind,
        diff={},
        actor_type=Change.Actor.APP,
        request_id="test",
    )
