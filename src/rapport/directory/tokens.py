"""The words that contacts and accounts have now, read from their rows, beside those that search has of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from uuid import UUID

from rapport.configurations.models import CustomField
from rapport.db.queries import statement
from rapport.records.fields import LONG_TEXT, TEXT
from rapport.tenants.statements import fetch

from . import words

#: Objects that can be searched, as the ledger names them, and what reads their texts and words.
_READ = {"contact": statement("read_contact_words"), "account": statement("read_account_words")}
OBJECT_TYPES = tuple(_READ)
#: Begins the one word that says where an object stands among others by name; no word that is looked for begins so.
IN_ORDER = "\U0010fffd"
NAME_LIMIT = 128


def read(tenant_id: int, object_type: str, object_ids: Collection[UUID]) -> Iterator[tuple[UUID, set[str], set[str]]]:
    """Each object, its stored words and its present ones, none where it is not there; inside the tenant's scope."""
    if not object_ids:
        return
    fields = CustomField.objects.filter(tenant_id=tenant_id, object=object_type, type__in=(TEXT.name, LONG_TEXT.name))
    custom = list(fields.order_by("id").values_list("name", flat=True))
    rows = fetch(_READ[object_type], tenant_id, list(object_ids), custom)
    for object_id, stored, texts, phone, more in rows:
        told = (*texts, phone and words.digits(phone), *more)
        yield object_id, set(stored), words.kept(filter(None, told)) | _in_order(object_type, texts, phone)


def _in_order(object_type: str, texts: Sequence[str | None], phone: str | None) -> set[str]:
    """The name by which lists are sorted, the last name first; none of what is not there."""
    if object_type == "contact":
        first, last, email = texts
        name = " ".join(filter(None, (last, first))) or email or phone
    else:
        name = texts[0] if texts else None
    return {IN_ORDER + words.fold(" ".join(name.split()))[:NAME_LIMIT]} if name else set()
