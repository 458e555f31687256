"""The words that contacts and accounts have now, read from their rows, beside those that search has of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from uuid import UUID

from rapport.configurations.models import CustomField
from rapport.db.queries import statement
from rapport.records.fields import LONG_TEXT, TEXT
from rapport.tenants.statements import fetch

from . import words

#: Objects that can be searched, as the ledger names them, and what reads their texts and words.
_READ = {"contact": statement("read_contact_words"), "account": statement("read_account_words")}
OBJECT_TYPES = tuple(_READ)


def read(tenant_id: int, object_type: str, object_ids: Collection[UUID]) -> Iterator[tuple[UUID, set[str], set[str]]]:
    """Each object, its stored words and its present ones, none where it is not there; inside the tenant's scope."""
    if not object_ids:
        return
    fields = CustomField.objects.filter(tenant_id=tenant_id, object=object_type, type__in=(TEXT.name, LONG_TEXT.name))
    custom = list(fields.order_by("id").values_list("name", flat=True))
    rows = fetch(_READ[object_type], tenant_id, list(object_ids), custom)
    for object_id, stored, texts, phone, more in rows:
        told = (*texts, phone and words.digits(phone), *more)
        yield object_id, set(stored), words.kept(filter(None, told))
