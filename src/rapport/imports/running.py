"""Runs an import: rows in chunks through the one write path, each with its progress in the same transaction."""

from __future__ import annotations

import json
import sys
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import DataError, connection
from django.db.models import F

from rapport.db.queries import statement
from rapport.db.write import Actor
from rapport.groups import ids
from rapport.groups.submission import Result, Submission
from rapport.records.errors import sentence
from rapport.records.receipt import Prepared
from rapport.tenants import writing
from rapport.tenants.errors import BusyError
from rapport.tenants.models import Tenant
from rapport.tenants.scope import tenant_scope
from rapport.tenants.statements import fetch

from . import ending
from .checking import GONE, UnfitError, compiled
from .models import COUNTS, Import, ImportChunk, ImportFailure
from .reading.rows import NDJSON, Layout, Place, Row, rows
from .receiving import file_of

if TYPE_CHECKING:
    from uuid import UUID

    from rapport.configurations.models import Configuration
    from rapport.records.mapping import Mapping

State = Import.State
#: Rows of a chunk, also while others write for the tenant, who wait for its last part; and bytes beyond which it ends
#: earlier.
CHUNK, SHORT = 2_000, 500
CHUNK_BYTES = 4 * 1024 * 1024
#: For how long one job runs an import before others have their turn; with its last chunk shorter than a worker's grace.
TURN_SECONDS = 12.0
#: For how long the thread that reads ahead may keep the one that talks to the database waiting; Python's own 5 ms are
#: more than most answers take.
SWITCH_SECONDS = 0.0005
#: A chunk that met others is tried again so often.
TRIES = 20
LETTERS = {"created": "c", "updated": "u", "unchanged": "n", "rejected": "r", "blank": "b"}
#: Characters of a value that are kept with a fault; the file has all of it.
VALUE_LIMIT = 500
_NUMBER_IMPORT = statement("number_import")


class Chunk(NamedTuple):
    """Rows that are committed together."""

    rows: list[Row]
    #: Of each that is not blank.
    records: list[Prepared]


class _StoppedError(Exception):
    """Somebody paused or cancelled the import, or another worker runs it: the chunk is not written."""


def turn(tenant: Tenant, id: UUID) -> bool:
    """Run chunks for a while; whether there is more. Two at once do no harm: one loses at its checkpoint.

    Raises `BusyError` and what the database raises; everything up to the last chunk is durable then.
    """
    run = _run(tenant, id)
    if run is None:
        return False
    until = monotonic() + TURN_SECONDS
    try:
        with closing(_ahead(run.chunks())) as chunks:
            for number, chunk in enumerate(chunks):
                # Plans of a young table read all of it for each key, and an import fills a table faster than the
                # database looks: they are made anew each time that the rows of this turn have doubled.
                if not number & (number - 1):
                    _plan_anew()
                run.take(*chunk)
                if monotonic() > until:
                    return True
    except _StoppedError:
        return False
    except FileNotFoundError:
        with tenant_scope(tenant):
            ending.failed(tenant.pk, id, GONE)
        return False
    run.finish()
    return False


def _run(tenant: Tenant, id: UUID) -> _Run | None:
    """The import as this worker finds it; None where it does not run, or fails here."""
    with tenant_scope(tenant):
        row = Import.objects.filter(tenant_id=tenant.pk, id=id, state=State.RUNNING).first()
        if row is None:
            return None
        try:
            return _Run(tenant, row, *compiled(row))
        except UnfitError as fault:
            ending.failed(tenant.pk, id, str(fault))
            return None


def _ahead(chunks: Iterator[Chunk]) -> Generator[Chunk, None, None]:
    """The chunks, each read while the one before is written: the worker's processor works while the database does."""
    sys.setswitchinterval(SWITCH_SECONDS)
    with ThreadPoolExecutor(1, "import") as reader:
        coming = reader.submit(next, chunks, None)
        while (chunk := coming.result()) is not None:
            coming = reader.submit(next, chunks, None)
            yield chunk


def _plan_anew() -> None:
    with connection.cursor() as cursor:
        cursor.execute("discard plans")


class _Run:
    """One worker's way through a file."""

    def __init__(self, tenant: Tenant, row: Import, configuration: Configuration, mapping: Mapping) -> None:
        self._tenant, self._row, self._configuration, self._mapping = tenant, row, configuration, mapping
        self._mapped = frozenset(mapping.fields)
        layout = Layout(**(row.layout or {}))
        # Headings that nothing maps were told when the file was checked; their cells need not be looked at.
        headings = [each if each in self._mapped else "" for each in layout.headings]
        self._layout = layout._replace(headings=headings)
        #: Rows that are durable.
        self._read = row.read
        self._begun = monotonic()
        #: The last entry of the ledger that this worker's chunks made.
        self._last: int | None = None
        #: Whether the ledger has others' entries between the last two chunks; so it is until that is known. A dry run
        #: enters nothing.
        self._crowded = not row.dry_run

    def chunks(self) -> Iterator[Chunk]:
        """The rows behind the checkpoint, as many at a time as are committed together; needs no connection."""
        place = Place(self._row.offset, self._row.line, self._row.read)
        chunk: list[Row] = []
        size = SHORT if self._crowded else CHUNK
        for row in rows(file_of(self._tenant.pk, self._row.id), self._layout, place):
            chunk.append(row)
            if len(chunk) == size or row.end - chunk[0].start > CHUNK_BYTES:
                yield self._with_records(chunk)
                chunk = []
                size = SHORT if self._crowded else CHUNK
        if chunk:
            yield self._with_records(chunk)

    def _with_records(self, chunk: list[Row]) -> Chunk:
        return Chunk(chunk, [self._prepared(row) for row in chunk if not row.blank])

    def take(self, chunk: list[Row], prepared: list[Prepared]) -> None:
        """Write a chunk with its progress; of a value that the store refuses only its own row is rejected."""
        try:
            self._write(chunk, prepared)
        except DataError:
            if len(chunk) > 1:
                half = len(chunk) // 2
                for part in (chunk[:half], chunk[half:]):
                    self.take(*self._with_records(part))
                return
            prepared[0].errors["record"] = [sentence("store")]
            self._write(chunk, prepared)

    def finish(self) -> None:
        """Say that it is done, unless somebody else said something meanwhile."""
        with tenant_scope(self._tenant):
            ending.done(self._own())

    def _prepared(self, row: Row) -> Prepared:
        if row.record is None:
            faulty = Prepared({})
            faulty.errors["record"] = [row.fault or sentence("broken")]
            return faulty
        record = row.record
        if self._layout.format == NDJSON:
            record = {heading: value for heading, value in record.items() if heading in self._mapped}
        return self._mapping.prepare(record)

    def _write(self, chunk: list[Row], prepared: list[Prepared]) -> None:
        """Raises `_StoppedError`, on which nothing was written, and `BusyError`."""
        if not prepared:
            with tenant_scope(self._tenant):
                self._note(chunk, [], None)
        else:
            submission = Submission(
                actor=Actor("import", self._row.id),
                request_id=f"import-{self._row.id}",
                configuration_id=self._configuration.id,
                configuration_version=self._configuration.version,
                type=self._mapping.type,
                records=prepared,
                keep_sent=self._tenant.sent_days > 0,
                single=False,
                dry_run=self._row.dry_run,
            )
            self._patiently(submission, chunk)
        self._read += len(chunk)
        self._begun = monotonic()

    def _patiently(self, submission: Submission, chunk: list[Row]) -> None:
        for number in range(TRIES):
            try:
                writing.write(
                    self._tenant,
                    submission,
                    before=lambda _, result: self._note(chunk, submission.records, result),
                    also=lambda _, result: self._number(result, len(submission.records)),
                )
                return
            except BusyError:
                if number == TRIES - 1:
                    raise

    def _note(self, chunk: list[Row], prepared: list[Prepared], result: Result | None) -> None:
        """The chunk's progress, inside its transaction. Raises `_StoppedError`."""
        outcomes = iter([result.outcome(at) for at in range(len(prepared))] if result else [])
        became = ["blank" if row.blank else next(outcomes) for row in chunk]
        last = chunk[-1]
        own: dict[str, Any] = {name: F(name) + became.count(name) for name in COUNTS}
        own |= {"read": last.number, "offset": last.end, "line": last.last_line + 1}
        own["seconds"] = F("seconds") + (monotonic() - self._begun)
        if not self._own().update(**own):
            raise _StoppedError
        ImportChunk.objects.create(
            tenant_id=self._tenant.pk,
            import_id=self._row.id,
            number=chunk[0].number,
            outcomes="".join(LETTERS[each] for each in became),
            lines=[row.first_line for row in chunk],
            first_record=None if result is None or self._row.dry_run else result.request,
        )
        if result:
            records = iter(zip(prepared, result.receipts, strict=True))
            told = ((row, *next(records)) for row in chunk if not row.blank)
            rejected = [self._failure(row, record, got.errors) for row, record, got in told if got.errors]
            ImportFailure.objects.bulk_create(rejected)

    def _own(self) -> Any:
        """The import as this worker knows it: it runs, and nobody has read further."""
        own = Import.objects.filter(tenant_id=self._tenant.pk, id=self._row.id, state=State.RUNNING)
        return own.filter(read=self._read, dry_run=self._row.dry_run)

    def _number(self, result: Result, records: int) -> None:
        """Keep the first and last entry of the ledger so far, and see whether others wrote since the chunk before."""
        if self._row.dry_run:
            return
        span = result.request, ids.following(result.request, records - 1)
        [(first, last)] = fetch(_NUMBER_IMPORT, self._tenant.pk, self._row.id, *span)
        self._crowded = first is not None and (self._last is None or first > self._last + 1)
        self._last = last or self._last

    def _failure(self, row: Row, record: Prepared, errors: dict[str, list[str]]) -> ImportFailure:
        faults = []
        for key, sentences in errors.items():
            heading = key.removeprefix("record.") if key.startswith("record.") else None
            value = record.sent.get(heading) if heading is not None else None
            faults += [{"heading": heading, "value": shown(value), "sentence": text} for text in sentences]
        return ImportFailure(
            tenant_id=self._tenant.pk,
            import_id=self._row.id,
            number=row.number,
            first_line=row.first_line,
            last_line=row.last_line,
            start=row.start,
            end=row.end,
            faults=faults,
        )


def shown(value: Any) -> str | None:
    """A value as it can be kept: the store takes no NUL and no half of a pair."""
    if value is None:
        return None
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text[:VALUE_LIMIT].replace("\0", "�").encode("utf-8", "replace").decode()
