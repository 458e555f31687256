"""Contacts, accounts and activities as files that can be sent in again: nothing changes then.

Their headings are those of the default configurations; a line of NDJSON is a record as batches and files take it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rapport.tenants.answers import moment
from rapport.tenants.exports import CHUNK, Export
from rapport.tenants.scope import tenant_scope

from .legend import legend
from .models import Activity, Contact
from .names import account_names
from .parameters import Cursor, Query
from .readback import ACCOUNTS, CONTACTS, Collection, page
from .representation import CONTACT_ATTRIBUTES

if TYPE_CHECKING:
    from uuid import UUID

    from rapport.tenants.models import Tenant

#: Name of a field in the ledger -> its value.
Item = Mapping[str, Any]


def contacts(tenant: Tenant, updated_since: datetime | None = None) -> Export:
    """Every contact, oldest first; or those that changed, in the order of their latest changes."""

    def pages() -> Iterator[list[Item]]:
        for found in _read(tenant, CONTACTS, updated_since):
            yield [_item(each, account_name=(each["account"] or {}).get("name")) for each in found]

    return _export(tenant, "contact", "contacts", pages)


def accounts(tenant: Tenant, updated_since: datetime | None = None) -> Export:
    """Every account, oldest first; or those that changed, in the order of their latest changes."""

    def pages() -> Iterator[list[Item]]:
        for found in _read(tenant, ACCOUNTS, updated_since):
            yield [_item(each) for each in found]

    return _export(tenant, "account", "accounts", pages)


def activities(tenant: Tenant) -> Export:
    """Every activity, oldest first; without those of accounts that are deleted, which nothing could be sent in for."""

    def pages() -> Iterator[list[Item]]:
        last: UUID | None = None
        while True:
            with tenant_scope(tenant) as tenant_id:
                rows = Activity.objects.filter(tenant_id=tenant_id).order_by("id")
                found = list((rows if last is None else rows.filter(id__gt=last))[:CHUNK])
                names = account_names(tenant_id, (row.account_id for row in found))
                people = _references(tenant_id, {row.contact_id for row in found if row.contact_id})
            kept = [row for row in found if row.account_id in names]
            yield [_activity(row, names[row.account_id], people.get(row.contact_id)) for row in kept]
            if len(found) < CHUNK:
                return
            last = found[-1].id

    return _export(tenant, "activity", "activities", pages)


def _export(tenant: Tenant, owner: str, name: str, pages: Callable[[], Iterator[list[Item]]]) -> Export:
    with tenant_scope(tenant):
        entries = [entry for entry in legend(tenant, owner).entries.values() if not entry.archived]

    def cells(item: Item) -> list[Any]:
        return [item.get(entry.name) for entry in entries]

    def record(item: Item) -> dict[str, Any]:
        return dict(zip(made.columns, cells(item), strict=True))

    made = Export(name=name, columns=[entry.label for entry in entries], cells=cells, represent=record, pages=pages)
    return made


def _read(tenant: Tenant, collection: Collection, updated_since: datetime | None) -> Iterator[list[dict[str, Any]]]:
    cursor: Cursor | None = None
    while True:
        query = Query(updated_since=updated_since, cursor=cursor, limit=CHUNK)
        with tenant_scope(tenant) as tenant_id:
            found, cursor = page(collection, tenant_id, query)
        yield found
        if cursor is None:
            return


def _item(told: Mapping[str, Any], **more: Any) -> Item:
    beside = {name: told[name] for name in CONTACT_ATTRIBUTES if name in told}
    return {**told, **{f"custom.{name}": value for name, value in (told["attributes"] | beside).items()}, **more}


def _activity(row: Activity, account_name: str, contact: str | None) -> Item:
    own = {name: getattr(row, name) for name in ("reference", "source", "type", "information", "attributes")}
    return _item(own, account_name=account_name, contact=contact, happened_at=moment(row.happened_at))


def _references(tenant_id: int, ids: set[UUID]) -> dict[UUID | None, str | None]:
    """What an activity's contact is found by."""
    rows = Contact.objects.filter(tenant_id=tenant_id, id__in=ids) if ids else ()
    return {row.id: row.email or row.phone for row in rows}


#: What can be exported, by its name in addresses.
ALL: dict[str, Callable[[Tenant], Export]] = {"contacts": contacts, "accounts": accounts, "activities": activities}
