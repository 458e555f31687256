"""Accounts and contacts as callers see them (contract, "Reading back")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rapport.records.types import contact as records
from rapport.tenants.answers import moment

if TYPE_CHECKING:
    from .models import Account, Contact

#: Columns that are shown as they are, in their order.
CONTACT_FIELDS = ("email", "phone", "first_name", "last_name", "job_title", "job_level", "language")
#: Attributes that are shown beside them.
CONTACT_ATTRIBUTES = tuple(field.attribute for field in records.CONTACT_FIELDS if field.kept_in)
ACCOUNT_FIELDS = (
    "name",
    "manager",
    "manager_email",
    "parent_account",
    "industry",
    "company_size",
    "region",
    "number",
)


def contact(row: Contact, account_name: str | None) -> dict[str, Any]:
    """A contact; `account_name` belongs to the account it is linked to, unless there is none or it is deleted."""
    account = {"id": str(row.account_id), "name": account_name} if account_name is not None else None
    rest = _rest(row)
    beside = {name: row.attributes.get(name) for name in CONTACT_ATTRIBUTES}
    rest["attributes"] = {name: value for name, value in row.attributes.items() if name not in beside}
    return {"id": str(row.id), **_values(row, CONTACT_FIELDS), **beside, "account": account, **rest}


def account(row: Account) -> dict[str, Any]:
    """An account."""
    return {"id": str(row.id), **_values(row, ACCOUNT_FIELDS), **_rest(row)}


def _values(row: Account | Contact, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _rest(row: Account | Contact) -> dict[str, Any]:
    return {
        "attributes": row.attributes,
        "created_at": moment(row.created_at),
        "updated_at": moment(row.updated_at),
    }
