"""Finds contacts and accounts that are likely to be one, seconds behind the ledger, and lets people dismiss them.

Ingest pays nothing: a follower of the ledger keeps what twins share (`twin_keys.py`) of each object, and looks for
others that have the same. What more than a few have, such as a switchboard's number, says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from rapport.db.queries import statement
from rapport.history.models import Change
from rapport.tenants.query import Place, place
from rapport.tenants.scope import tenant_scope
from rapport.tenants.statements import fetch

from . import follower, twin_keys
from .models import Account, Contact, Twin, TwinHead, TwinKey

if TYPE_CHECKING:
    from rapport.tenants.actors import Author
    from rapport.tenants.models import Tenant

#: Entries of the ledger in one step.
STEP = 500
#: Objects that share something until it says nothing any more.
SHARED = 8
#: Contacts of an account whose addresses are looked at.
CONTACTS = 20
_READ_EMAILS, _FIND_TWINS = statement("read_account_emails"), statement("find_twins")
_MODELS: dict[str, Any] = {"contact": Contact, "account": Account}


class Twins(follower.Follower):
    """The thread that looks for twins."""

    name, size = "twins", STEP

    def behind(self, tenant_ids: Sequence[int]) -> list[int]:
        """Those tenants with entries in which nobody has looked for twins."""
        return follower.behind(tenant_ids, TwinHead._meta.db_table)

    def step(self, tenant_id: int) -> int:
        """See `step`."""
        return step(tenant_id)


def step(tenant_id: int) -> int:
    """Looks for twins of what up to `STEP` entries of a tenant's ledger changed; how many were read. Raises `Error`."""
    with tenant_scope(tenant_id):
        TwinHead.objects.bulk_create([TwinHead(tenant_id=tenant_id, seq=0)], ignore_conflicts=True)
        rows = TwinHead.objects.filter(tenant_id=tenant_id)
        head = rows.select_for_update(skip_locked=True).first()
        news = Change.objects.filter(tenant_id=tenant_id, seq__gt=head.seq) if head else Change.objects.none()
        entries = list(news.order_by("seq").values_list("seq", "object_type", "object_id", "links")[:STEP])
        if not entries:
            return 0
        with connection.cursor() as cursor:
            cursor.execute("set local synchronous_commit = off")
        contacts = {id for _, object_type, id, _ in entries if object_type == "contact"}
        accounts = {id for _, object_type, id, _ in entries if object_type == "account"}
        accounts |= {UUID(id) for *_, links in entries for id in (links or {}).get("account", ()) if id}
        accounts |= _follow_contacts(tenant_id, contacts)
        _follow_accounts(tenant_id, accounts)
        rows.update(seq=entries[-1][0])
        return len(entries)


def _follow_contacts(tenant_id: int, ids: set[UUID]) -> set[UUID]:
    """The accounts of the contacts, whose addresses may be new to them."""
    found = list(Contact.objects.filter(tenant_id=tenant_id, id__in=ids))
    _replace(tenant_id, "contact", ids, {row.id: twin_keys.of_contact(row) for row in found})
    return {row.account_id for row in found if row.account_id}


def _follow_accounts(tenant_id: int, ids: set[UUID]) -> None:
    emails = dict(fetch(_READ_EMAILS, tenant_id, list(ids), CONTACTS))
    found = Account.objects.filter(tenant_id=tenant_id, id__in=ids)
    _replace(tenant_id, "account", ids, {row.id: twin_keys.of_account(row, emails[row.id]) for row in found})


def _replace(tenant_id: int, object_type: str, ids: set[UUID], present: Mapping[UUID, set[str]]) -> None:
    """Gives objects the keys that they have now, none where they are gone, and twins to those whose keys differ."""
    stored: dict[UUID, set[str]] = {id: set() for id in ids}
    own = TwinKey.objects.filter(tenant_id=tenant_id, object_type=object_type)
    for key, id in own.filter(object_id__in=ids).values_list("key", "object_id"):
        stored[id].add(key)
    changed = [id for id in ids if stored[id] != present.get(id, set())]
    if not changed:
        return
    for id in changed:
        if gone := stored[id] - present.get(id, set()):
            own.filter(object_id=id, key__in=gone).delete()
    pairs = [(key, id) for id in changed for key in sorted(present.get(id, ()))]
    TwinKey.objects.bulk_create(
        (TwinKey(tenant_id=tenant_id, object_type=object_type, key=key, object_id=id) for key, id in pairs),
        ignore_conflicts=True,
    )
    still_open = Twin.objects.filter(tenant_id=tenant_id, dismissed_at=None)
    still_open.filter(Q(first_id__in=changed) | Q(second_id__in=changed)).delete()
    if pairs:
        found = fetch(_FIND_TWINS, tenant_id, object_type, *map(list, zip(*pairs, strict=True)), SHARED)
        Twin.objects.bulk_create(_pairs(tenant_id, object_type, found), ignore_conflicts=True)


def _pairs(tenant_id: int, object_type: str, found: Iterable[Any]) -> list[Twin]:
    """Each pair once, by what says most: a name or a number before a domain."""
    reasons: dict[tuple[UUID, UUID], str] = {}
    for id, other, key in sorted(found, key=lambda row: str(row[2]), reverse=True):
        reasons.setdefault((min(id, other), max(id, other)), twin_keys.REASONS[key[0]])
    return [
        Twin(tenant_id=tenant_id, object_type=object_type, first_id=first, second_id=second, reason=reason)
        for (first, second), reason in sorted(reasons.items())
    ]


def page(
    tenant_id: int, after: Place | None, limit: int, *, dismissed: bool = False
) -> tuple[list[tuple[Twin, Any, Any]], str | None]:
    """Likely twins with both objects, or dismissed ones, newest first, and the cursor of what is older.

    In the tenant's scope. A page has fewer where one of two has gone. Indexes: twins_open, twins_dismissed.
    """
    order = "dismissed_at" if dismissed else "found_at"
    rows = Twin.objects.filter(tenant_id=tenant_id, dismissed_at__isnull=not dismissed)
    if after is not None:
        rows = rows.filter(**{f"{order}__lte": after.at}).exclude(**{order: after.at, "id__gte": after.id})
    found = list(rows.order_by(f"-{order}", "-id")[: limit + 1])
    more = len(found) > limit
    del found[limit:]
    objects: dict[UUID, Any] = {}
    for object_type, model in _MODELS.items():
        ids = {id for row in found if row.object_type == object_type for id in (row.first_id, row.second_id)}
        objects |= {row.id: row for row in model.objects.filter(tenant_id=tenant_id, id__in=ids)}
    shown = [
        (row, objects[row.first_id], objects[row.second_id])
        for row in found
        if row.first_id in objects and row.second_id in objects
    ]
    return shown, place(Place(getattr(found[-1], order), found[-1].id)) if more else None


def dismiss(tenant: Tenant | int, author: Author, id: UUID) -> bool:
    """Lets two be two, until somebody brings the pair back; whether there is one. Twice is once."""
    with tenant_scope(tenant) as tenant_id:
        rows = Twin.objects.filter(tenant_id=tenant_id, id=id)
        done = rows.filter(dismissed_at=None).update(dismissed_at=datetime.now(UTC), dismissed_by=author.name)
        return bool(done) or rows.exists()


def restore(tenant: Tenant | int, id: UUID) -> bool | None:
    """Brings a dismissed pair back, where the two still share something; False where not, None without such a pair."""
    with tenant_scope(tenant) as tenant_id:
        rows = Twin.objects.filter(tenant_id=tenant_id, id=id)
        row = rows.select_for_update().first()
        if row is None:
            return None
        keys = TwinKey.objects.filter(tenant_id=tenant_id, object_type=row.object_type)
        own = set(keys.filter(object_id=row.first_id).values_list("key", flat=True))
        if keys.filter(object_id=row.second_id, key__in=own).exists():
            rows.update(dismissed_at=None, dismissed_by=None)
            return True
        rows.delete()
        return False
