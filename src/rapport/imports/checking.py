"""Looks at a whole file before any row of it is written: what it is, what is doubtful, and what follows."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connection
from django.db.models import Q
from django.db.models.functions import Now

from rapport.configurations import catalogue
from rapport.configurations.models import Configuration
from rapport.records.entries import required
from rapport.records.errors import MappingFault, listed
from rapport.records.mapping import Mapping
from rapport.tenants.scope import tenant_scope

from . import ending, jobs, proposing, sampling
from .models import Import
from .reading.errors import UnreadableError
from .reading.look import Look, look
from .reading.packed import Unpacked, unpack
from .reading.readings import readings
from .reading.rows import CSV, REASON, Layout, Place
from .receiving import file_of

if TYPE_CHECKING:
    from uuid import UUID

    from rapport.records.catalogue import Catalogue

State = Import.State
#: States of a file that has been checked, and that is or may still be written.
_TAKEN = (State.WAITING, State.RUNNING, State.PAUSED, State.DONE)
#: First key of the advisory lock under which what was checked is written down (the second is the tenant).
CHECKERS_LOCK = 1_918_988_402
GONE = (
    "The file is not on this host, or was deleted: ask whoever runs Rapport here whether all hosts share the folder"
    " of files to import."
)
NO_CONFIGURATION = "The configuration of this import is gone or not active any more."


def check(tenant_id: int, id: UUID) -> bool:
    """Check an import that was received; whether it runs now. Twice does no harm: it finds the same."""
    with tenant_scope(tenant_id):
        rows = Import.objects.filter(tenant_id=tenant_id, id=id, state__in=(State.RECEIVED, State.CHECKING))
        if not rows.update(state=State.CHECKING):
            return False
        row = rows.get()
    path = file_of(tenant_id, id)
    try:
        unpack(path, partial(_keep, row))
        seen = look(path, row.encoding)
    except UnreadableError as fault:
        return _settle(row, _waiting(str(fault)) if row.encoding and row.layout else _failing(str(fault)))
    except FileNotFoundError:
        return _settle(row, _failing(GONE))
    return _settle(row, lambda now: _found(now, seen))


def _keep(row: Import, unpacked: Unpacked) -> None:
    """Write down what is known of a packed file before what it holds takes its place, since then nobody sees it."""
    # Each once: a job that ended between this and the replacing opens the same again.
    packed, notes = (list(dict.fromkeys(each)) for each in (row.packed + unpacked.kinds, row.notes + unpacked.notes))
    with tenant_scope(row.tenant_id):
        Import.objects.filter(tenant_id=row.tenant_id, id=row.id).update(packed=packed, notes=notes)


def _failing(reason: str) -> Callable[[Import], dict[str, Any]]:
    return lambda _: {"state": State.FAILED, "reason": reason}


def _waiting(reason: str) -> Callable[[Import], dict[str, Any]]:
    """It stays as it was found before somebody said an encoding that does not fit."""
    return lambda _: {"state": State.WAITING, "reason": reason, "encoding": None}


def _settle(row: Import, judge: Callable[[Import], dict[str, Any]]) -> bool:
    """Keep what is found of the import, unless somebody cancelled meanwhile; whether it runs.

    One at a time: of two that are the same file, the second finds what has become of the first.
    """
    with tenant_scope(row.tenant_id):
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(%s, %s)", [CHECKERS_LOCK, row.tenant_id])
        rows = Import.objects.filter(tenant_id=row.tenant_id, id=row.id, state=State.CHECKING)
        now = rows.select_for_update().first()
        if now is None:
            return False
        found = judge(now)
        if found["state"] == State.FAILED:
            found["ended_at"] = Now()
        rows.update(**found)
        if found["state"] == State.FAILED:
            ending.expect(now)
        runs: bool = found["state"] == State.RUNNING
        if runs:
            jobs.later(jobs.RUN, row.tenant_id, row.id)
    return runs


def _found(row: Import, seen: Look) -> dict[str, Any]:
    """What is known of the file, and the state that follows."""
    judged_as = seen.scan.judged
    known = {
        "bytes": seen.scan.size,
        "sha256": seen.scan.sha256,
        "layout": seen.layout._asdict(),
        "readings": readings(judged_as.lines, judged_as.likely) if judged_as.encoding.doubt else [],
        "head_start": seen.head.offset,
        "head_end": seen.begin.offset,
        "head_line": seen.begin.line,
        "offset": seen.begin.offset,
        "line": seen.begin.line,
    }
    try:
        fit = judged(row, seen.layout, seen.begin)
    except UnfitError as fault:
        return known | {"state": State.FAILED, "reason": str(fault)}
    doubts = [judged_as.encoding.doubt, *fit.doubts, _before(row, seen)]
    news = " ".join(each for each in doubts if each and not is_told(row, each))
    return known | {"unmapped": fit.unmapped} | _next(row, news)


def _next(row: Import, doubt: str) -> dict[str, Any]:
    """Dry runs write nothing: whatever is doubtful, they go on, and tell it."""
    if row.manual or (doubt and not row.dry_run):
        return {"state": State.WAITING, "reason": doubt or None, "notes": row.notes}
    notes = [*row.notes, doubt] if doubt else row.notes
    return {"state": State.RUNNING, "reason": None, "notes": notes, "started_at": Now()}


def is_told(row: Import, doubt: str) -> bool:
    """Whether people have seen a sentence, so that who starts the import all the same knows it."""
    return doubt in (row.reason or "") or any(doubt in note for note in row.notes)


class UnfitError(Exception):
    """The configuration cannot be used; `str(error)` is one sentence."""


def compiled(row: Import) -> tuple[Configuration, Mapping]:
    """The import's configuration as it is now; inside the tenant's scope. Raises `UnfitError`."""
    configuration, mapping, _ = _compiled(row)
    return configuration, mapping


def _compiled(row: Import) -> tuple[Configuration, Mapping, Catalogue]:
    found = Configuration.objects.filter(tenant_id=row.tenant_id, id=row.configuration_id, active=True).first()
    if found is None:
        raise UnfitError(NO_CONFIGURATION)
    known = catalogue.of_tenant(row.tenant_id, [entry["field"] for entry in found.mapping])
    try:
        return found, Mapping(found.data_type, found.mapping, known, found.options, found.kind), known
    except MappingFault as fault:
        raise UnfitError(f"The configuration cannot be used. {fault}") from None


class Fit(NamedTuple):
    """How a file goes with its configuration as that is now."""

    unmapped: list[str]
    #: Sentences about what should not be written before a person has seen them.
    doubts: list[str]


def judged(row: Import, layout: Layout, begin: Place) -> Fit:
    """How an import's file goes with its configuration; inside the tenant's scope. Raises `UnfitError`."""
    configuration, mapping, known = _compiled(row)
    mapped = set(mapping.fields)
    if repeated := _repeated(layout, mapped):
        raise UnfitError(f"The file has more than one column {listed(repeated)}; leave one of them.")
    unmapped = [each for each in dict.fromkeys(layout.headings) if each not in {*mapped, "", REASON}]
    fields = known.fields(mapping.type)
    filled = {heading: fields[name] for heading, name in mapping.fields.items()}
    swapped = proposing.swapped(sampling.of_file(row, layout, begin), filled)
    doubts = [_missing(configuration, mapping, layout), swapped]
    return Fit(unmapped, [each for each in doubts if each])


def _repeated(layout: Layout, mapped: set[str]) -> list[str]:
    """Headings that fill a field and stand above several columns."""
    return [each for each in dict.fromkeys(layout.headings) if each in mapped and layout.headings.count(each) > 1]


def _missing(configuration: Configuration, mapping: Mapping, layout: Layout) -> str | None:
    """Columns without which no row can be written."""
    if layout.format != CSV:
        return None
    defaults = {entry["field"] for entry in configuration.mapping if "default" in entry}
    for group in required(mapping.type, configuration.options):
        names = [name for name in group if name in mapping.headings]
        filled = {mapping.fields[each] for each in layout.headings if each in mapping.fields}
        if not any(name in defaults or name in filled for name in names):
            needed = " or ".join(mapping.headings[name] for name in names)
            has = listed([each for each in layout.headings if each])
            return f"The configuration needs a column {needed}; the file has {has}."
    return None


def _before(row: Import, seen: Look) -> str | None:
    """Whether the same file came before, and was not given up unread. Index: imports_sha256."""
    same = Import.objects.filter(tenant_id=row.tenant_id, sha256=seen.scan.sha256, dry_run=False)
    same = same.filter(Q(read__gt=0) | Q(state__in=_TAKEN), configuration_id=row.configuration_id)
    last = same.exclude(id=row.id).order_by("-id").first()
    if last is None:
        return None
    became = "was imported" if last.read else "came"
    return f"The same file {became} before, on {last.received_at:%Y-%m-%d at %H:%M} UTC as {last.name}."
