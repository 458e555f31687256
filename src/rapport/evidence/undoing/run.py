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
from rapport.tenants.statements import fetch

from .chosen import Entries

if TYPE_CHECKING:
    from rapport.tenants.models import Tenant

KINDS = ("survey_record", "external_response", "response", "activity", "contact", "account")
#: Entries of a step.
STEP = 1_000
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
    """Does the next step in one transaction with the checkpoint; whether there is more. Raises `BusyError`."""
    return writing.patiently(tenant, lambda tenant_id: _step(tenant_id, id))


def _step(tenant_id: int, id: UUID) -> bool:
    rows = Undo.objects.filter(tenant_id=tenant_id, id=id)
    row = rows.select_for_update().filter(state=Undo.State.RUNNING).first()
    if row is None:
        return False
    entries = Entries.parse(row.entries)
    [(low,)] = fetch(_NEXT, tenant_id, entries.text, KINDS[row.kind], row.position, STEP)
    if low is None:
        if row.kind + 1 < len(KINDS):
            rows.update(kind=row.kind + 1, position=entries.high + 1)
            return True
        rows.update(state=Undo.State.DONE, ended_at=Now())
        return False
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
