"""Looks at a whole file before any row of it is written: what it is, what is doubtful, and what follows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
from .reading.packed import unpack
from .reading.rows import CSV, REASON, Layout
from .receiving import file_of

if TYPE_CHECKING:
    from uuid import UUID

State = Import.State
GONE = "The file is not on this host, or was deleted: set RAPPORT_SPOOL_DIR to a folder that all hosts share."
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
        unpacked = unpack(path)
        seen = look(path)
    except UnreadableError as fault:
        return _settle(row, {"state": State.FAILED, "reason": str(fault)})
    except FileNotFoundError:
        return _settle(row, {"state": State.FAILED, "reason": GONE})
    return _settle(row, _found(row, seen) | {"packed": row.packed or unpacked.kinds, "notes": unpacked.notes})


def _found(row: Import, seen: Look) -> dict[str, Any]:
    """What is known of the file, and the state that follows."""
    known = {
        "bytes": seen.scan.size,
        "sha256": seen.scan.sha256,
        "layout": seen.layout._asdict(),
        "head_start": seen.head.offset,
        "head_end": seen.begin.offset,
        "head_line": seen.begin.line,
        "offset": seen.begin.offset,
        "line": seen.begin.line,
    }
    with tenant_scope(row.tenant_id):
        try:
            configuration, mapping = compiled(row)
        except UnfitError as fault:
            return known | {"state": State.FAILED, "reason": str(fault)}
        mapped = set(mapping.fields)
        known["unmapped"] = [each for each in dict.fromkeys(seen.layout.headings) if each not in {*mapped, "", REASON}]
        if repeated := _repeated(seen.layout, mapped):
            reason = f"The file has more than one column {listed(repeated)}; leave one of them."
            return known | {"state": State.FAILED, "reason": reason}
        doubt = (
            seen.scan.encoding.doubt
            or _missing(configuration, mapping, seen.layout)
            or _swapped(row, configuration, mapping, seen)
            or _before(row, seen)
        )
        return known | _next(row, doubt)


def _next(row: Import, doubt: str | None) -> dict[str, Any]:
    """Dry runs write nothing, so that nothing but a missing column is doubtful for them."""
    row.refresh_from_db(fields=["manual", "dry_run"])
    if doubt is not None and not (row.dry_run and not row.manual):
        return {"state": State.WAITING, "reason": doubt}
    if row.manual:
        return {"state": State.WAITING, "reason": None}
    return {"state": State.RUNNING, "reason": None, "started_at": Now()}


def _settle(row: Import, found: dict[str, Any]) -> bool:
    """Keep what was found, unless somebody cancelled meanwhile; whether the import runs."""
    if found["state"] == State.FAILED:
        found["ended_at"] = Now()
    with tenant_scope(row.tenant_id):
        rows = Import.objects.filter(tenant_id=row.tenant_id, id=row.id, state=State.CHECKING)
        settled = bool(rows.update(**found))
        if settled and found["state"] == State.FAILED:
            ending.expect(row)
        runs = settled and found["state"] == State.RUNNING
        if runs:
            jobs.later(jobs.RUN, row.tenant_id, row.id)
    return runs


class UnfitError(Exception):
    """The configuration cannot be used; `str(error)` is one sentence."""


def compiled(row: Import) -> tuple[Configuration, Mapping]:
    """The import's configuration as it is now; inside the tenant's scope. Raises `UnfitError`."""
    found = Configuration.objects.filter(tenant_id=row.tenant_id, id=row.configuration_id, active=True).first()
    if found is None:
        raise UnfitError(NO_CONFIGURATION)
    known = catalogue.of_tenant(row.tenant_id, [entry["field"] for entry in found.mapping])
    try:
        return found, Mapping(found.data_type, found.mapping, known, found.options, found.kind)
    except MappingFault as fault:
        raise UnfitError(f"The configuration cannot be used. {fault}") from None


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


def _swapped(row: Import, configuration: Configuration, mapping: Mapping, seen: Look) -> str | None:
    """A column whose values are all something else than its field takes."""
    sample = sampling.of_file(row, seen.layout, seen.begin)
    known = catalogue.of_tenant(row.tenant_id, [entry["field"] for entry in configuration.mapping])
    fields = known.fields(mapping.type)
    mapped = {entry["heading"]: fields[entry["field"]] for entry in configuration.mapping if entry["field"] in fields}
    return proposing.swapped(sample, mapped)


def _before(row: Import, seen: Look) -> str | None:
    """Whether the same file came before. Index: imports_sha256."""
    same = Import.objects.filter(tenant_id=row.tenant_id, sha256=seen.scan.sha256, dry_run=False, read__gt=0)
    last = same.filter(configuration_id=row.configuration_id).exclude(id=row.id).order_by("-id").first()
    if last is None:
        return None
    return f"The same file was imported before, on {last.received_at:%Y-%m-%d at %H:%M} UTC as {last.name}."
