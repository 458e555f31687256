"""The change ledger as a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rapport.history import ledger
from rapport.history.models import Change
from rapport.tenants.exports import CHUNK, Export, text
from rapport.tenants.scope import tenant_scope

from . import feeds
from .listing import represent

if TYPE_CHECKING:
    from rapport.tenants.models import Tenant

#: Heading -> column of the ledger.
COLUMNS = {
    "Number": "seq", "At": "at", "Type": "object_type", "Object": "object_id", "Version": "version", "Kind": "kind",
    "Changes": "diff", "Actor Type": "actor_type", "Actor": "actor_id", "Request": "request_id",
    "Configuration": "configuration_id", "Configuration Version": "configuration_version", "Record": "record",
}  # fmt: skip
NUMBERS = frozenset(("Number", "Version", "Configuration Version"))


def changes(tenant: Tenant, wanted: feeds.ChangesWanted | None = None) -> Export:
    """The entries that a caller wants, or all, in the ledger's order, up to where it ends now."""

    def pages() -> Iterator[list[Change]]:
        now = replace(wanted or feeds.read_changes(""), limit=CHUNK)
        with tenant_scope(tenant) as tenant_id:
            head = ledger.head(tenant_id)
        while True:
            with tenant_scope(tenant) as tenant_id:
                found, cursor = feeds.changes(tenant_id, now)
            yield [row for row in found if row.seq <= head]
            if not found or found[-1].seq >= head:
                return
            now = replace(now, cursor=int(cursor))

    def cells(row: Change) -> list[Any]:
        told = represent(row)
        return [told[column] if name in NUMBERS else _cell(told[column]) for name, column in COLUMNS.items()]

    return Export(name="changes", columns=list(COLUMNS), cells=cells, represent=represent, pages=pages, numbers=NUMBERS)


def _cell(value: Any) -> str | None:
    return None if value is None else text(value)
