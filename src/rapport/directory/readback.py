"""Pages of accounts and contacts, each found by an index (see the architecture's rule on leakproof operators)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from rapport.history import ledger
from rapport.history.models import Change
from rapport.records.keys import email_key, name_key, phone_key
from rapport.tenants.query import CHUNK, PAGE_BYTES, taken

from .models import Account, AccountKey, Contact, ContactKey
from .parameters import Cursor, Query
from .representation import account, contact

Row = Contact | Account


@dataclass(frozen=True, kw_only=True)
class Collection:
    """One kind of object that can be read back."""

    #: As the ledger names it.
    object_type: str
    model: type[Contact | Account]
    key_model: type[ContactKey | AccountKey]
    #: The key model's column that holds the object's id.
    key_owner: str
    #: Parameter -> identity key as the key table has it.
    key_types: Mapping[str, Callable[[str], str]]
    #: Rows of one tenant -> what callers see.
    represent: Callable[[int, Sequence[Any]], list[dict[str, Any]]]


def _contacts(tenant_id: int, rows: Sequence[Contact]) -> list[dict[str, Any]]:
    linked = {row.account_id for row in rows if row.account_id is not None}
    accounts = Account.objects.filter(tenant_id=tenant_id, id__in=linked).values_list("id", "name")
    names = dict(accounts) if linked else {}
    return [contact(row, names.get(row.account_id) if row.account_id else None) for row in rows]


CONTACTS = Collection(
    object_type="contact",
    model=Contact,
    key_model=ContactKey,
    key_owner="contact_id",
    key_types={
        "email": lambda text: f"e:{email_key(text)}",
        "phone": lambda text: f"p:{phone_key(text)}",
    },
    represent=_contacts,
)
ACCOUNTS = Collection(
    object_type="account",
    model=Account,
    key_model=AccountKey,
    key_owner="account_id",
    key_types={"name": name_key},
    represent=lambda tenant_id, rows: [account(row) for row in rows],
)
#: By what the ledger calls its objects.
COLLECTIONS = {each.object_type: each for each in (CONTACTS, ACCOUNTS)}


def page(collection: Collection, tenant_id: int, query: Query) -> tuple[list[dict[str, Any]], Cursor | None]:
    """One page and where the next begins (None: there is none); inside the tenant's scope."""
    if query.names_one:
        rows, cursor = _named(collection, tenant_id, query), None
    elif query.updated_since is None:
        rows, cursor = _all(collection, tenant_id, query)
    else:
        rows, cursor = _updated(collection, tenant_id, query)
    return collection.represent(tenant_id, rows), cursor


def _named(collection: Collection, tenant_id: int, query: Query) -> list[Row]:
    """The object that owns all the keys and has the id, as far as they were given."""
    wanted: set[UUID | None] = set() if query.id is None else {query.id}
    for key in query.keys:
        owner = collection.key_model.objects.filter(tenant_id=tenant_id, key=key)
        wanted.add(owner.values_list(collection.key_owner, flat=True).first())
    if len(wanted) != 1 or None in wanted:
        return []
    rows = _of(collection, tenant_id).filter(id=wanted.pop())
    return [row for row in rows if query.updated_since is None or row.updated_at >= query.updated_since]


def _all(collection: Collection, tenant_id: int, query: Query) -> tuple[list[Row], Cursor | None]:
    """By id, which is the order of their making. Index: the primary key."""
    rows = _of(collection, tenant_id).order_by("id")
    if query.cursor is not None:
        rows = rows.filter(id__gt=query.cursor.id)
    kept, more = taken(rows, query.limit, _weigh)
    return kept, Cursor(id=kept[-1].id) if more else None


def _weigh(row: Row) -> int:
    """About how many bytes of an answer the object is: what is large are its own fields."""
    return len(str(row.attributes))


def _updated(collection: Collection, tenant_id: int, query: Query) -> tuple[list[Row], Cursor | None]:
    """In the order of their latest changes, read from the ledger: `updated_at` has no index on purpose.

    Index: the ledger's primary key.
    """
    latest = list(_latest_changes(collection, tenant_id, query)[: query.limit + 1])
    rows: list[Row] = []
    size, behind = 0, 0
    for at in range(0, len(latest), CHUNK):
        some = latest[at : at + CHUNK]
        found = {row.id: row for row in _of(collection, tenant_id).filter(id__in=[id for _, id in some])}
        for number, (seq, id) in enumerate(some, at):
            size += _weigh(found[id]) if id in found else 0
            if number == query.limit or (rows and size > PAGE_BYTES):
                return rows, Cursor(seq=behind)
            rows += [found[id]] if id in found else []
            behind = seq
    return rows, None


def _latest_changes(collection: Collection, tenant_id: int, query: Query) -> QuerySet[Change, tuple[int, UUID]]:
    """(seq, object id) of each object's latest change since the time or behind the cursor."""
    changes = Change.objects.filter(tenant_id=tenant_id)
    if query.cursor is not None and query.cursor.seq is not None:
        start = query.cursor.seq + 1
    else:
        assert query.updated_since is not None
        start = ledger.first_since(tenant_id, query.updated_since, ledger.head(tenant_id))
    current = collection.model.objects.filter(
        tenant_id=tenant_id, id=OuterRef("object_id"), version=OuterRef("version")
    )
    latest = changes.filter(Exists(current), seq__gte=start, object_type=collection.object_type)
    return latest.order_by("seq").values_list("seq", "object_id")


def _of(collection: Collection, tenant_id: int) -> QuerySet[Row]:
    return collection.model.objects.filter(tenant_id=tenant_id)
