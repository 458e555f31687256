"""The words that contacts and accounts have now, read from their rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import Any
from uuid import UUID

from rapport.configurations.models import CustomField
from rapport.records.fields import LONG_TEXT, TEXT

from . import words
from .models import Account, AccountKey, Contact

#: Objects that can be searched, as the ledger names them.
OBJECT_TYPES = ("contact", "account")


def present(tenant_id: int, object_type: str, object_ids: Collection[UUID]) -> dict[UUID, set[str]]:
    """Object -> its words, without those objects that are not there; inside the tenant's scope."""
    if not object_ids:
        return {}
    read = {"contact": _contacts, "account": _accounts}[object_type]
    fields = CustomField.objects.filter(tenant_id=tenant_id, object=object_type, type__in=(TEXT.name, LONG_TEXT.name))
    custom = list(fields.order_by("id").values_list("name", flat=True))
    return {
        object_id: words.kept(filter(None, (*texts, *map(attributes.get, custom))))
        for object_id, texts, attributes in read(tenant_id, object_ids)
    }


def _contacts(tenant_id: int, ids: Collection[UUID]) -> Iterator[tuple[UUID, Iterable[str | None], dict[str, Any]]]:
    """(id, texts, custom fields) of contacts."""
    rows = Contact.objects.filter(tenant_id=tenant_id, id__in=ids)
    for object_id, phone, attributes, *texts in rows.values_list(
        "id", "phone", "attributes", "first_name", "last_name", "email"
    ):
        yield object_id, (*texts, phone and words.digits(phone)), attributes


def _accounts(tenant_id: int, ids: Collection[UUID]) -> Iterator[tuple[UUID, Iterable[str | None], dict[str, Any]]]:
    """(id, texts, custom fields) of accounts."""
    names = defaultdict(list)
    keys = AccountKey.objects.filter(tenant_id=tenant_id, account_id__in=ids)
    for account_id, key in keys.order_by("is_alias", "key").values_list("account_id", "key"):
        names[account_id].append(key)
    rows = Account.objects.filter(tenant_id=tenant_id, id__in=ids)
    for object_id, name, number, attributes in rows.values_list("id", "name", "number", "attributes"):
        yield object_id, (name, *names[object_id], number), attributes
