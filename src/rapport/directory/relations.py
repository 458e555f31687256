"""What belongs to a contact or to an account, the newest first.

Indexes: the one of each table on `tenant_id` and the owner's column.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from rapport.records.keys import name_key

from .models import Account, AccountKey

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rapport.tenants.models import TenantModel

    from .models import Contact

SHOWN = 5


@dataclass(frozen=True)
class Related:
    """The newest objects of a kind that belong to another one."""

    rows: Sequence[Any]
    #: Whether there are more than are shown.
    more: bool


def newest(model: type[TenantModel], kind: str, owner: Contact | Account) -> Related:
    """The rows of a model that belong to a `contact` or an `account`; inside the tenant's scope."""
    rows = model.objects.filter(tenant_id=owner.tenant_id, **{f"{kind}_id": owner.id}).order_by("-id")
    found = list(rows[: SHOWN + 1])
    return Related(found[:SHOWN], len(found) > SHOWN)


def aliases(tenant_id: int, account_id: UUID) -> list[str]:
    """The other names of an account, as they were first written where that is known. Index: account_keys_account."""
    rows = AccountKey.objects.filter(tenant_id=tenant_id, account_id=account_id, is_alias=True)
    return [label or key for key, label in rows.order_by("key").values_list("key", "label")]


def account_named(tenant_id: int, name: str | None) -> Account | None:
    """The account that a name or an alias finds."""
    if not name:
        return None
    keys = AccountKey.objects.filter(tenant_id=tenant_id, key=name_key(name)).values_list("account_id", flat=True)
    owner = keys.first()
    return None if owner is None else Account.objects.filter(tenant_id=tenant_id, id=owner).first()
