"""What people do with an import. Each is one conditional statement; the row count says who won.

All are called inside the tenant's scope, may be done twice, and raise `StateError`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.db.models.functions import Now

from rapport.tenants import audit

from . import checking, jobs
from .errors import StateError
from .models import COUNTS, OPEN, Import, ImportChunk, ImportFailure
from .reading.rows import Layout, Place

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from django.db.models import QuerySet

    from rapport.tenants.actors import Author

State = Import.State
#: Imports that a person may start.
STARTABLE = Q(state=State.WAITING, layout__isnull=False) | Q(state=State.DONE, dry_run=True)
_ANEW: dict[str, Any] = dict.fromkeys((*COUNTS, "read", "seconds"), 0)


def start(row: Import, author: Author, *, dry_run: bool = False, encoding: str | None = None) -> None:
    """Run an import that waits, or in earnest one whose dry run is done; one that is checked goes on by itself then.

    It waits on with the reason where its configuration was changed so that something is doubtful that nobody has been
    told. With an `encoding` it is read anew in that, whatever it looks like.
    """
    rows = Import.objects.filter(tenant_id=row.tenant_id, id=row.id)
    waiting = rows.filter(STARTABLE)
    begin = _anew(row, dry_run)
    if encoding is not None:
        _read_anew(waiting, row, author, encoding, begin)
        return
    if rows.filter(state__in=(State.RECEIVED, State.CHECKING)).update(manual=False, dry_run=dry_run):
        return
    if rows.filter(state=State.RUNNING, dry_run=dry_run).exists():
        return
    if not dry_run and waiting.exists() and (doubt := _doubt(row)):
        if waiting.update(state=State.WAITING, **begin | {"reason": doubt}):
            _clear(row)
        return
    if not waiting.update(state=State.RUNNING, started_at=Now(), **begin):
        raise _refused(row, "started")
    _clear(row)
    audit.note(row.tenant_id, author, "import.start", audit.Object(row.id, row.name), {"dry_run": dry_run})
    jobs.later(jobs.RUN, row.tenant_id, row.id)


def remap(row: Import, configuration_id: UUID, unmapped: Sequence[str]) -> None:
    """Read an import that may start by another configuration; what a dry run has found is only told."""
    waiting = Import.objects.filter(STARTABLE, tenant_id=row.tenant_id, id=row.id)
    anew = _anew(row, dry_run=row.dry_run and row.state != State.DONE)
    if waiting.update(state=State.WAITING, configuration_id=configuration_id, unmapped=list(unmapped), **anew):
        _clear(row)


def _anew(row: Import, dry_run: bool) -> dict[str, Any]:
    """What is set where an import begins at its first row."""
    rehearsal = {name: getattr(row, name) for name in ("read", *COUNTS)} if row.dry_run and row.read else row.rehearsal
    begin = {"offset": row.head_end, "line": row.head_line, "ended_at": None, **_ANEW, **going_on(row)}
    return begin | {"rehearsal": rehearsal, "dry_run": dry_run}


def _read_anew(waiting: QuerySet[Import], row: Import, author: Author, encoding: str, begin: dict[str, Any]) -> None:
    """Have a file that waits checked again. Raises `StateError`."""
    asked = {"encoding": encoding, "manual": False, "dry_run": begin["dry_run"]}
    if not waiting.update(state=State.RECEIVED, **begin | asked):
        raise _refused(row, "started in another encoding")
    _clear(row)
    audit.note(row.tenant_id, author, "import.start", audit.Object(row.id, row.name), asked)
    jobs.later(jobs.CHECK, row.tenant_id, row.id)


def _clear(row: Import) -> None:
    """Forget what a dry run has found."""
    for model in (ImportChunk, ImportFailure):
        model.objects.filter(tenant_id=row.tenant_id, import_id=row.id).delete()


def going_on(row: Import) -> dict[str, Any]:
    """The reason why it waited becomes a note: whoever lets it go on has been told."""
    return {"reason": None, "notes": [*row.notes, row.reason] if row.reason else row.notes}


def _doubt(row: Import) -> str:
    """What is doubtful about an import now and nobody has been told. Raises `StateError` where it cannot go on."""
    try:
        fit = checking.judged(row, Layout(**(row.layout or {})), Place(row.head_end, row.head_line))
    except checking.UnfitError as fault:
        raise StateError(str(fault)) from None
    return " ".join(each for each in fit.doubts if not checking.is_told(row, each))


def pause(row: Import, author: Author) -> None:
    """Stop between two chunks."""
    _change(row, author, "pause", (State.RUNNING,), State.PAUSED)


def resume(row: Import, author: Author) -> None:
    """Go on behind the last chunk, unless something has become doubtful meanwhile: then it stays, with the reason."""
    rows = Import.objects.filter(tenant_id=row.tenant_id, id=row.id, state=State.PAUSED)
    if not row.dry_run and rows.exists() and (doubt := _doubt(row)):
        rows.update(**going_on(row) | {"reason": doubt})
        return
    if _change(row, author, "resume", (State.PAUSED,), State.RUNNING, **going_on(row)):
        jobs.later(jobs.RUN, row.tenant_id, row.id)


def cancel(row: Import, author: Author) -> None:
    """Stop for good; what was written stays."""
    _change(row, author, "cancel", OPEN, State.CANCELLED, ended_at=Now())


def _change(row: Import, author: Author, act: str, before: tuple[str, ...], after: str, **also: Any) -> bool:
    """Whether it was in another state; then it is noted. Raises `StateError`."""
    rows = Import.objects.filter(tenant_id=row.tenant_id, id=row.id)
    if rows.filter(state__in=before).update(state=after, **also):
        audit.note(row.tenant_id, author, f"import.{act}", audit.Object(row.id, row.name))
        return True
    if not rows.filter(state=after).exists():
        raise _refused(row, {"pause": "paused", "resume": "resumed"}.get(act, "cancelled"))
    return False


def _refused(row: Import, act: str) -> StateError:
    now = Import.objects.values_list("state", flat=True).get(tenant_id=row.tenant_id, id=row.id)
    return StateError(f"The import is {now}; it cannot be {act}.")


ACTS = {"start": start, "pause": pause, "resume": resume, "cancel": cancel}
