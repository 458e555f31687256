"""Reading the ledger: one object's entries by walking from record to record, and where a moment begins."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from heapq import merge
from typing import Protocol
from uuid import UUID

from rapport.db.queries import statement
from rapport.tenants.models import TenantHead
from rapport.tenants.statements import fetch

from .models import Change

#: Records that are walked at a time: a page's worth first, more for who goes on.
STRIDE = 32
LONGEST_STRIDE = 1024
_WALK_CHANGES, _FIND_MOMENT = statement("walk_changes"), statement("find_moment")


class Traced(Protocol):
    """An object with ledger entries: a row of any table that has `last_record`."""

    tenant_id: int
    id: UUID
    last_record: UUID | None


def walk(told: Traced, below: int | None = None) -> Iterator[Change]:
    """An object's entries, newest first, those before the number `below`; inside its tenant's scope.

    From its last record back, and among them, by number, whatever a writer has entered that knew no records yet: such
    entries are found by object. Indexes: changes_record, changes_before.
    """
    return merge(_linked(told, below), _unlinked(told, below), key=lambda change: -change.seq)


def _linked(told: Traced, below: int | None) -> Iterator[Change]:
    """Entries that name their record."""
    record = told.last_record
    start = below and Change.objects.filter(tenant_id=told.tenant_id, seq=below, object_id=told.id).first()
    if start:
        record = start.record or record
    stride = STRIDE
    while record is not None:
        found = fetch(_WALK_CHANGES, told.tenant_id, told.id, record, stride)
        numbers = [seq for seq, _ in found if below is None or seq < below]
        if numbers:
            yield from Change.objects.filter(tenant_id=told.tenant_id, seq__in=numbers).order_by("-seq")
        record = found[-1][1] if found else None
        stride = min(2 * stride, LONGEST_STRIDE)


def _unlinked(told: Traced, below: int | None) -> Iterator[Change]:
    """Entries from before records had ids."""
    rows = Change.objects.filter(tenant_id=told.tenant_id, object_id=told.id, record=None).order_by("-seq")
    while found := list((rows if below is None else rows.filter(seq__lt=below))[:STRIDE]):
        yield from found
        below = found[-1].seq


def head(tenant_id: int) -> int:
    """The number of the newest entry; everything up to it is committed and can be seen."""
    return TenantHead.objects.filter(tenant_id=tenant_id).values_list("seq", flat=True).first() or 0


def first_since(tenant_id: int, moment: datetime, head: int) -> int:
    """The number of the first entry at or after a moment; behind the `head` where there is none."""
    [(found,)] = fetch(_FIND_MOMENT, tenant_id, moment, head)
    number: int = found
    return number
