"""Does an undo: step by step through the kinds of objects, newest entry first, each step with its checkpoint.

What refers to others goes first: an account is left alone by whoever uses it, and it is only known who still does when
contacts and what is theirs are through.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models.functions import Now

from rapport.db.queries import statement
from rapport.evidence.models import Undo
from rapport.groups import ids
from rapport.tenants import writing
from rapport.tenants.scope import tenant_scope
from rapport.tenants.statements import fetch

from .chosen import Entries

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from rapport.tenants.models import Tenant

KINDS = ("survey_record", "external_response", "response", "activity", "contact", "account")
#: Entries of a step.
STEP = 1_000
#: Numbers of the ledger that are looked through at a time for where a step ends.
LOOKED_THROUGH = 100_000
#: For how long one job works before others have their turn; shorter than a worker's grace.
TURN_SECONDS = 8.0
_NEXT, _STEP = statement("next_undone"), statement("take_undo_step")


def whole(tenant: Tenant | int, id: UUID) -> None:
    """Does all of it. Raises `BusyError`."""
    while step(tenant, id):
        pass


def turn(tenant: Tenant | int, id: UUID) -> bool:
    """Does steps for a while; whether there is more. Two at once: one waits, and goes on behind the other."""
    until = monotonic() + TURN_SECONDS
    while step(tenant, id):
        if monotonic() > until:
            return True
    return False


def step(tenant: Tenant | int, id: UUID) -> bool:
    """Does the next step in one transaction with the checkpoint; whether there is more. Raises `BusyError`.

    Where it ends is looked up before, while no writer waits.
    """
    with tenant_scope(tenant) as tenant_id:
        row = _running(tenant_id, id).first()
        if row is None:
            return False
        low = _end(row)
    if low is not None:
        return writing.patiently(tenant, lambda tenant_id: _step(tenant_id, id, (row.kind, row.position), low))
    with tenant_scope(tenant) as tenant_id:
        return _move(row, _running(tenant_id, id).filter(kind=row.kind, position=row.position))


def _running(tenant_id: int, id: UUID) -> QuerySet[Undo]:
    return Undo.objects.filter(tenant_id=tenant_id, id=id, state=Undo.State.RUNNING)


def _end(row: Undo) -> int | None:
    """The number down to which the next step goes; None where there is nothing in the next numbers."""
    entries = Entries.parse(row.entries)
    if entries.numbers is not None:
        return entries.low if row.position > entries.low else None
    part = entries._replace(low=max(entries.low, row.position - LOOKED_THROUGH))
    [(low,)] = fetch(_NEXT, row.tenant_id, part.text, KINDS[row.kind], row.position, STEP)
    found: int | None = low
    return found


def _move(row: Undo, same: QuerySet[Undo]) -> bool:
    """Goes on behind numbers in which there is nothing; whether there is more."""
    entries, position = Entries.parse(row.entries), row.position - LOOKED_THROUGH
    if entries.numbers is None and position > entries.low:
        same.update(position=position)
    elif row.kind + 1 < len(KINDS):
        same.update(kind=row.kind + 1, position=entries.high + 1)
    else:
        return not same.update(state=Undo.State.DONE, ended_at=Now())
    return True


def _step(tenant_id: int, id: UUID, place: tuple[int, int], low: int) -> bool:
    rows = Undo.objects.filter(tenant_id=tenant_id, id=id)
    row = rows.select_for_update().filter(state=Undo.State.RUNNING).first()
    if row is None or (row.kind, row.position) != place:  # somebody else came first
        return row is not None
    entries = Entries.parse(row.entries)
    first = ids.first(datetime.now(UTC))
    moment, end = ids.moment_of(first), row.position - 1
    given = (entries.text, KINDS[row.kind], low, end, row.behind, moment, first)
    [(restored, deleted, kept, reasons, first_seq, last_seq)] = fetch(_STEP, tenant_id, id, *given)
    told = Counter(row.reasons)
    told.update(json.loads(reasons) if isinstance(reasons, str) else reasons)
    rows.update(
        position=low,
        restored=row.restored + restored,
        deleted=row.deleted + deleted,
        kept=row.kept + kept,
        reasons=dict(told),
        first_seq=first_seq if row.first_seq is None else row.first_seq,
        last_seq=row.last_seq if last_seq is None else last_seq,
    )
    return True


def fail(tenant_id: int, id: UUID, reason: str) -> None:
    """Ends an undo with a sentence; what it did stays, and can be undone."""
    writing.patiently(
        tenant_id,
        lambda tenant_id: Undo.objects.filter(tenant_id=tenant_id, id=id, state=Undo.State.RUNNING).update(
            state=Undo.State.FAILED, reason=reason, ended_at=Now()
        ),
    )


def progress(row: Undo) -> float:
    """How far it is, from 0 to 1."""
    if row.state == Undo.State.DONE:
        return 1.0
    entries = Entries.parse(row.entries)
    size = max(entries.high - entries.low + 1, 1)
    return round((row.kind + min(max(entries.high + 1 - row.position, 0) / size, 1)) / len(KINDS), 3)
