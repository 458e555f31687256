"""Does a replay: part by part, oldest record first, each with its checkpoint in the same transaction."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import DataError
from django.db.models import Max, Min
from django.db.models.functions import Now

from rapport.db.write import Actor
from rapport.evidence.models import Replay, ReplayedRecord
from rapport.groups import ids
from rapport.history.models import Change
from rapport.records.errors import sentence
from rapport.tenants import writing
from rapport.tenants.models import Tenant
from rapport.tenants.query import ParametersError
from rapport.tenants.scope import tenant_scope

from . import chosen, deciding, telling
from .cases import Case, MovedError, Part, following, moved, parts

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from rapport.groups.submission import Result

#: For how long one job works before others have their turn; shorter than a worker's grace.
TURN_SECONDS = 8.0


class _StoppedError(Exception):
    """Another worker came first: the part is not written."""


def whole(tenant: Tenant | int, id: UUID) -> None:
    """Does all of it. Raises `BusyError`."""
    while step(tenant, id):
        pass


def turn(tenant: Tenant | int, id: UUID) -> bool:
    """Does steps for a while; whether there is more. Two at once do no harm: one loses at its checkpoint."""
    until = monotonic() + TURN_SECONDS
    while step(tenant, id):
        if monotonic() > until:
            return True
    return False


def step(tenant: Tenant | int, id: UUID) -> bool:
    """Does the next records, with their checkpoint; whether there is more. Raises `BusyError`."""
    tenant = tenant if isinstance(tenant, Tenant) else Tenant.objects.get(pk=tenant)
    with tenant_scope(tenant) as tenant_id:
        row = _running(tenant_id, id).first()
        if row is None:
            return False
        asked = row.asked if row.corrected is None else {**row.asked, "sent": row.corrected}
        try:
            wanted = chosen.read(tenant_id, asked)
        except ParametersError as fault:
            return _end(row, " ".join(text for texts in fault.errors.values() for text in texts))
        if moved(tenant_id, row.versions):
            return _end(row, str(MovedError()))
        rows, more = following(wanted, chosen.place_of(row.position_at, row.position_id), row.until)
        found = list(parts(tenant_id, wanted, rows))
    try:
        for part in found:
            row = _take(tenant, row, part)
    except _StoppedError:
        return True
    if more:
        return True
    with tenant_scope(tenant):
        return _end(row)


def _running(tenant_id: int, id: UUID) -> QuerySet[Replay]:
    return Replay.objects.filter(tenant_id=tenant_id, id=id, state=Replay.State.RUNNING)


def _own(row: Replay) -> QuerySet[Replay]:
    """The replay as this worker knows it."""
    return _running(row.tenant_id, row.id).filter(position_id=row.position_id)


def _end(row: Replay, reason: str | None = None) -> bool:
    """It is done, or failed with a sentence; there is no more. What somebody wrote is stored by now."""
    state = Replay.State.DONE if reason is None else Replay.State.FAILED
    _own(row).update(state=state, reason=reason, corrected=None, ended_at=Now())
    return False


def _take(tenant: Tenant, row: Replay, part: Part) -> Replay:
    """Writes a part; the replay behind it. Of a value that the store refuses only its own record is rejected."""
    try:
        _write(tenant, row, part)
    except DataError:
        if len(part.cases) == 1:
            _write(tenant, row, _refused(part))
        else:
            half = len(part.cases) // 2
            for cases in (part.cases[:half], part.cases[half:]):
                row = _take(tenant, row, replace(part, cases=cases))
            return row
    with tenant_scope(tenant):
        return Replay.objects.get(tenant_id=tenant.pk, id=row.id)


def _refused(part: Part) -> Part:
    for case in part.cases:
        case.end("reject", sentence("store"))
    return part


def _write(tenant: Tenant, row: Replay, part: Part) -> None:
    """Raises `_StoppedError`, on which nothing was written, `BusyError` and `DataError`."""
    if not part.going:
        with tenant_scope(tenant):
            _note(row, part, None)
        return
    actor = Actor("replay", row.id)
    submission = deciding.submission(tenant.pk, part, actor, keep_sent=tenant.sent_days > 0)
    writing.write(tenant, submission, lambda _, result: _note(row, part, result))


def _note(row: Replay, part: Part, result: Result | None) -> None:
    """The part's progress, inside its transaction. Raises `_StoppedError`."""
    own: dict[str, Any] = {}
    if result is not None:
        deciding.judge(part, result)
        own = _numbers(row, result, len(result.receipts))
    counts, reasons = Counter(case.verdict for case in part.cases), Counter(row.reasons)
    for case in part.cases:
        telling.count(reasons, case)
    last = part.cases[-1].row
    noted = _own(row).update(
        read=row.read + len(part.cases),
        applied=row.applied + counts["apply"],
        unchanged=row.unchanged + counts["unchanged"],
        kept=row.kept + counts["keep"],
        rejected=row.rejected + counts["reject"],
        reasons=dict(reasons),
        position_at=last.at,
        position_id=last.id,
        **own,
    )
    if not noted:
        raise _StoppedError
    if result is not None:
        # Of two replays at once one finds it so no more, and comes upon what the other made.
        undone = [case.undone for case in part.going if case.undone is not None and case.verdict != "reject"]
        ReplayedRecord.objects.filter(tenant_id=row.tenant_id, made__in=undone).update(whole=False)
        ReplayedRecord.objects.bulk_create(_repeated(row, part.going, result))


def _repeated(row: Replay, going: list[Case], result: Result) -> list[ReplayedRecord]:
    """Which records were made of which."""
    return [
        ReplayedRecord(
            tenant_id=row.tenant_id,
            made=receipt.record,
            record=case.age,
            replay_id=row.id,
            whole=not case.filled and case.verdict != "keep",
        )
        for case, receipt in zip(going, result.receipts, strict=True)
        if case.verdict != "reject"
    ]


def _numbers(row: Replay, result: Result, records: int) -> dict[str, Any]:
    """The first and last entry of the ledger so far. Index: changes_record."""
    span = (result.request, ids.following(result.request, records - 1))
    found = Change.objects.filter(tenant_id=row.tenant_id, record__range=span).aggregate(
        low=Min("seq"), high=Max("seq")
    )
    if found["low"] is None:
        return {}
    return {"first_seq": row.first_seq or found["low"], "last_seq": found["high"]}


def fail(tenant_id: int, id: UUID, reason: str) -> None:
    """Ends a replay with a sentence; what it did stays, and can be undone."""
    with tenant_scope(tenant_id):
        _running(tenant_id, id).update(state=Replay.State.FAILED, reason=reason, corrected=None, ended_at=Now())


def progress(row: Replay) -> float:
    """How far it is, from 0 to 1."""
    return 1.0 if row.state == Replay.State.DONE else round(min(row.read / max(row.total, 1), 1), 3)
