"""Imports as callers and pages see them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any
from uuid import UUID

from rapport.configurations.models import Configuration
from rapport.groups import ids
from rapport.tenants.answers import moment
from rapport.tenants.scope import tenant_scope

from .checking import GONE
from .models import COUNTS, Import, ImportChunk, ImportFailure
from .running import LETTERS

if TYPE_CHECKING:
    from datetime import datetime

#: Failed rows that are shown with an import.
FIRST = 10
_WORDS = {letter: word for word, letter in LETTERS.items()}


def rate(row: Import) -> float | None:
    """Rows a second."""
    return round(row.read / row.seconds, 1) if row.seconds and row.read else None


def seconds_left(row: Import) -> int | None:
    """How long the rest takes, if it goes on as until now."""
    begun, done = row.head_end, row.offset
    if row.state != Import.State.RUNNING or not row.seconds or done <= begun or row.bytes is None:
        return None
    return round((row.bytes - done) * row.seconds / (done - begun))


def can_start(row: Import) -> bool:
    """Whether a person may start it (`acts.STARTABLE`): then its readings can be chosen from."""
    waits = row.state == Import.State.WAITING and row.layout is not None
    return waits or (row.state == Import.State.DONE and row.dry_run)


def represent(row: Import) -> dict[str, Any]:
    """An import; inside the tenant's scope."""
    configuration = Configuration.objects.filter(tenant_id=row.tenant_id, id=row.configuration_id).first()
    return {
        "import": str(row.id),
        "name": row.name,
        "state": row.state,
        "reason": f"{GONE} RAPPORT_SPOOL_DIR names it." if row.reason == GONE else row.reason,
        "dry_run": row.dry_run,
        "configuration": configuration and configuration.reference,
        "packed": row.packed,
        **_layout(row.layout or {}),
        "unmapped": row.unmapped,
        "notes": row.notes,
        "readings": row.readings if can_start(row) else [],
        "size": row.size,
        "bytes": row.bytes,
        "bytes_done": row.offset,
        "rows_per_second": rate(row),
        "seconds_left": seconds_left(row),
        "read": row.read,
        **{name: getattr(row, name) for name in COUNTS},
        "reasons": [_failure(each) for each in first_failures(row)],
        "rehearsal": row.rehearsal,
        "first_change": row.first_seq,
        "last_change": row.last_seq,
        **{name: _time(getattr(row, name)) for name in ("received_at", "started_at", "ended_at")},
    }


def _layout(found: Mapping[str, Any]) -> dict[str, Any]:
    return {name: found.get(name) for name in ("format", "encoding", "delimiter")} | {
        "headings": found.get("headings", [])
    }


def first_failures(row: Import) -> list[ImportFailure]:
    """The first failed rows; inside the tenant's scope."""
    rows = ImportFailure.objects.filter(tenant_id=row.tenant_id, import_id=row.id)
    return list(rows.order_by("number")[:FIRST])


def outcomes(row: Import, outcome: str | None, after: int, limit: int) -> list[dict[str, Any]]:
    """What became of the rows behind one, in order; rejected ones with what is wrong."""
    found = list(islice(_rows(row, outcome and LETTERS[outcome], after), limit))
    with tenant_scope(row.tenant_id):
        numbers = [each["row"] for each in found if each["outcome"] == "rejected"]
        rows = ImportFailure.objects.filter(tenant_id=row.tenant_id, import_id=row.id, number__in=numbers)
        failed = {each.number: each.faults for each in rows}
    return [each | ({"faults": failed[each["row"]]} if each["row"] in failed else {}) for each in found]


def _rows(row: Import, letter: str | None, after: int) -> Iterator[dict[str, Any]]:
    """Rows with this letter; chunks without one are passed over by the database."""
    with tenant_scope(row.tenant_id):
        chunks = ImportChunk.objects.filter(tenant_id=row.tenant_id, import_id=row.id)
        begin = chunks.filter(number__lte=after).order_by("-number").values_list("number", flat=True).first() or 0
    while True:
        with tenant_scope(row.tenant_id):
            ahead = chunks.filter(number__gte=begin)
            chunk = (ahead.filter(outcomes__contains=letter) if letter else ahead).order_by("number").first()
        if chunk is None:
            return
        yield from _of_chunk(chunk, letter, after)
        begin = chunk.number + 1


def _of_chunk(chunk: ImportChunk, letter: str | None, after: int) -> Iterator[dict[str, Any]]:
    record: UUID | None = chunk.first_record
    for number, (became, line) in enumerate(zip(chunk.outcomes, chunk.lines, strict=True), chunk.number):
        own = record if became != "b" else None
        if number > after and letter in (None, became):
            yield {"row": number, "line": line, "outcome": _WORDS[became], "record": own and str(own)}
        if record is not None and became != "b":
            record = ids.following(record, 1)


def line_of(tenant_id: int, import_id: UUID, record: UUID, position: int) -> int | None:
    """The physical line of the record that stands at `position` of its chunk; None where nobody knows that any more.

    Inside the tenant's scope. Index: import_chunks_pkey, all chunks of the import.
    """
    chunks = ImportChunk.objects.filter(tenant_id=tenant_id, import_id=import_id)
    chunk = chunks.filter(first_record=ids.following(record, -position)).first()
    if chunk is None:
        return None
    return next((each["line"] for each in _of_chunk(chunk, None, 0) if each["record"] == str(record)), None)


def _failure(each: ImportFailure) -> dict[str, Any]:
    return {"row": each.number, "line": each.first_line, "last_line": each.last_line, "faults": each.faults}


def _time(at: datetime | None) -> str | None:
    return None if at is None else moment(at)
