"""Deletes contacts and accounts, so that they are out of sight at once, and takes that back for 30 days.

The row stays, so that survey records, answers and deliveries keep what they refer to; its keys are released, and the
ledger has them. Everything here opens transactions of its own.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import F

from rapport.db.queries import statement
from rapport.groups import ids
from rapport.history.ledger import walk
from rapport.records.decide import ACCOUNT_COLUMNS, CONTACT_COLUMNS
from rapport.tenants import lifecycle, writing
from rapport.tenants.actors import COMMAND, current_request
from rapport.tenants.query import Place, place
from rapport.tenants.statements import fetch

from .errors import GoneError, TakenError, UnknownError
from .models import Account, AccountKey, Contact, ContactKey
from .names import account_names, contact_names

if TYPE_CHECKING:
    from rapport.tenants.actors import Author
    from rapport.tenants.models import Tenant

#: For how long a deletion can be taken back.
KEPT = timedelta(days=30)
#: Objects that are emptied in one transaction.
STEP = 500
COLUMNS = {"contact": CONTACT_COLUMNS, "account": ACCOUNT_COLUMNS}
MODELS: dict[str, Any] = {"contact": Contact, "account": Account}
REWRITE, _RELEASED = statement("rewrite_objects"), statement("released_keys")


def remove(tenant: Tenant | int, author: Author, object_type: str, id: UUID) -> None:
    """Puts a `contact` or an `account` out of sight. Raises `UnknownError`, `GoneError`, `BusyError`."""

    def act(tenant_id: int) -> None:
        row = _locked(tenant_id, object_type, id)
        if row.deleted_at is not None:
            raise GoneError(row)
        [(links,)] = fetch(_RELEASED, tenant_id, object_type, id)
        # First: a sender has its deliveries when it waits for the ledger's number, which rewriting holds to the end.
        lifecycle.removed(tenant_id, object_type, [id])
        rewrite(tenant_id, author, [(object_type, id, "deleted", "{}", links)])

    writing.patiently(tenant, act)


def restore(tenant: Tenant | int, author: Author, object_type: str, id: UUID) -> None:
    """Brings a deleted object back with its keys; nothing where it is there.

    Raises `UnknownError`, `GoneError` (merged, or emptied by now), `TakenError`, `BusyError`.
    """

    def act(tenant_id: int) -> None:
        row = _locked(tenant_id, object_type, id)
        if row.deleted_at is None:
            return
        deleted = next((change for change in walk(row) if change.kind == "deleted"), None)
        if row.merged_into or deleted is None or row.deleted_at < datetime.now(UTC) - KEPT:
            raise GoneError(row)
        links = deleted.links or {}
        keys = sorted(links.get("keys", {}))
        _check_free(tenant_id, object_type, keys)
        back: dict[str, Any] = {"keys": {key: [None, str(id)] for key in keys}} if keys else {}
        labels = {key: [None, label] for key, (label, _) in links.get("labels", {}).items()}
        back |= {"labels": labels} if labels else {}
        rewrite(tenant_id, author, [(object_type, id, "restored", "{}", json.dumps(back))])

    writing.patiently(tenant, act)


def rewrite(tenant_id: int, author: Author, rewrites: list[tuple[Any, ...]]) -> None:
    """Writes rows in the order of the type `rewrite_1`, whose objects the caller has locked; in the tenant's scope."""
    moment = datetime.now(UTC)
    first = ids.first(moment)
    fetch(REWRITE, tenant_id, ids.moment_of(first), first, author.type, author.id, current_request.get(), rewrites)


def page(tenant_id: int, object_type: str, after: Place | None, limit: int) -> tuple[list[Any], str | None]:
    """What can be taken back, newest first, and the cursor of what is older; in the tenant's scope.

    Indexes: contacts_deleted, accounts_deleted.
    """
    since = datetime.now(UTC) - KEPT
    rows = MODELS[object_type].ever.filter(tenant_id=tenant_id, deleted_at__gte=since, merged_into=None)
    if after is not None:
        rows = rows.filter(deleted_at__lte=after.at).exclude(deleted_at=after.at, id__gte=after.id)
    found = list(rows.order_by("-deleted_at", "-id")[: limit + 1])
    more = len(found) > limit
    return found[:limit], place(Place(found[limit - 1].deleted_at, found[limit - 1].id)) if more else None


def empty(tenant: Tenant | int) -> None:
    """Empties the values of what was deleted so long ago that nobody can restore it; the rows stay.

    The entry that says so carries none of them. A row that is emptied has been changed since its deletion.
    """
    while writing.patiently(tenant, _empty):
        pass


def _empty(tenant_id: int) -> bool:
    """Some of them; whether there may be more. Indexes: contacts_deleted, accounts_deleted."""
    before = datetime.now(UTC) - KEPT
    found = False
    for object_type, model in MODELS.items():
        rows = model.ever.filter(
            tenant_id=tenant_id, deleted_at__lt=before, merged_into=None, updated_at=F("deleted_at")
        )
        some = list(rows.select_for_update().order_by("id").values_list("id", flat=True)[:STEP])
        if some:
            rewrite(tenant_id, COMMAND, [(object_type, id, "updated", "{}", '{"emptied": true}') for id in some])
            texts = dict.fromkeys(COLUMNS[object_type]) | ({"name": ""} if object_type == "account" else {})
            model.ever.filter(tenant_id=tenant_id, id__in=some).update(**texts, attributes={})
            found = True
    return found


def _locked(tenant_id: int, object_type: str, id: UUID) -> Any:
    row = MODELS[object_type].ever.select_for_update().filter(tenant_id=tenant_id, id=id).first()
    if row is None:
        raise UnknownError
    return row


def _check_free(tenant_id: int, object_type: str, keys: list[str]) -> None:
    """Raises `TakenError` with the first owner of one of the keys. Index: the key tables' primary keys."""
    model: Any = ContactKey if object_type == "contact" else AccountKey
    taken = model.objects.filter(tenant_id=tenant_id, key__in=keys).order_by("key")
    if found := taken.values_list("key", f"{object_type}_id").first():
        key, owner = found
        names = contact_names if object_type == "contact" else account_names
        shown = key[2:] if object_type == "contact" else key
        raise TakenError(object_type, shown, owner, names(tenant_id, [owner]).get(owner, ""))
