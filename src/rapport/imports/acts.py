"""What people do with an import. Each is one conditional statement; the row count says who won.

All are called inside the tenant's scope, may be done twice, and raise `StateError`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.db.models.functions import Now

from rapport.tenants import audit

from . import jobs
from .errors import StateError
from .models import COUNTS, OPEN, Import, ImportChunk, ImportFailure

if TYPE_CHECKING:
    from rapport.tenants.actors import Author

State = Import.State
_ANEW: dict[str, Any] = dict.fromkeys((*COUNTS, "read", "seconds"), 0)


def start(row: Import, author: Author, *, dry_run: bool = False) -> None:
    """Run an import that waits, or in earnest one whose dry run is done; one that is checked goes on by itself then."""
    rows = Import.objects.filter(tenant_id=row.tenant_id, id=row.id)
    if rows.filter(state__in=(State.RECEIVED, State.CHECKING)).update(manual=False, dry_run=dry_run):
        return
    if rows.filter(state=State.RUNNING, dry_run=dry_run).exists():
        return
    rehearsed = Q(state=State.DONE, dry_run=True)
    waiting = rows.filter(Q(state=State.WAITING, layout__isnull=False) | rehearsed)
    rehearsal = {name: getattr(row, name) for name in ("read", *COUNTS)} if row.dry_run and row.read else row.rehearsal
    begin = {"offset": row.head_end, "line": row.head_line, "rehearsal": rehearsal, "dry_run": dry_run, **_ANEW}
    if not waiting.update(state=State.RUNNING, reason=None, started_at=Now(), ended_at=None, **begin):
        raise _refused(row, "started")
    for model in (ImportChunk, ImportFailure):
        model.objects.filter(tenant_id=row.tenant_id, import_id=row.id).delete()
    audit.note(row.tenant_id, author, "import.start", audit.Object(row.id, row.name), {"dry_run": dry_run})
    jobs.later(jobs.RUN, row.tenant_id, row.id)


def pause(row: Import, author: Author) -> None:
    """Stop between two chunks."""
    _change(row, author, "pause", (State.RUNNING,), State.PAUSED)


def resume(row: Import, author: Author) -> None:
    """Go on behind the last chunk."""
    if _change(row, author, "resume", (State.PAUSED,), State.RUNNING):
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
