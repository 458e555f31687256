"""Rows become records once, whatever stops the worker; the counts add up; people can pause, go on, cancel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from uuid_utils.compat import uuid7

from rapport.directory.models import Contact
from rapport.history.models import Change, SentRecord, UnmappedHeading
from rapport.imports import acts, checking, running
from rapport.imports.checking import GONE
from rapport.imports.errors import StateError
from rapport.imports.models import Import, ImportChunk, ImportFailure
from rapport.imports.receiving import file_of
from rapport.imports.representation import represent
from rapport.surveys.models import Entry, ExternalResponse, SurveyRecord
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope
from tests.directory.feed import feed
from tests.imports.files import counts, find, send, use_spool, work

if TYPE_CHECKING:
    from pathlib import Path

    from rapport.tenants.models import Tenant
    from tests.conftest import Database

HEAD = "Email,First Name\n"
PEOPLE = HEAD + "".join(f"p{n}@example.com,Name {n}\n" for n in range(23))


@pytest.fixture(autouse=True)
def small(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of five rows, and a spool."""
    use_spool(tmp_path)
    monkeypatch.setattr(running, "CHUNK", 5)
    monkeypatch.setattr(running, "SHORT", 5)


def act(tenant: Tenant, id: Any, name: str, **options: Any) -> None:
    """What a person does with an import."""
    row = find(tenant, id)
    with tenant_scope(tenant):
        acts.ACTS[name](row, COMMAND, **options)


def contacts(tenant: Tenant) -> int:
    """How many there are."""
    with tenant_scope(tenant) as tenant_id:
        return Contact.objects.filter(tenant_id=tenant_id).count()


def test_a_file_becomes_contacts(tenant: Tenant) -> None:
    row = work(tenant, send(tenant, PEOPLE.encode()))
    assert (row.state, row.reason, counts(row), row.offset) == ("done", None, {"created": 23}, row.bytes)
    assert contacts(tenant) == 23
    with tenant_scope(tenant) as tenant_id:
        made = Change.objects.filter(tenant_id=tenant_id, actor_type="import", actor_id=row.id)
        assert sorted(made.values_list("seq", flat=True)) == list(range(row.first_seq, row.last_seq + 1))
        sent = SentRecord.objects.filter(tenant_id=tenant_id, actor_id=row.id)
        assert sent.count() == 23
        chunks = ImportChunk.objects.filter(tenant_id=tenant_id, import_id=row.id).order_by("number")
        assert [(chunk.number, chunk.outcomes) for chunk in chunks][-2:] == [(16, "ccccc"), (21, "ccc")]
        assert sent.filter(id__in=[chunk.first_record for chunk in chunks]).count() == 5


def test_every_row_is_counted_once(tenant: Tenant) -> None:
    work(tenant, send(tenant, (HEAD + "p1@example.com,Ada\np2@example.com,Bob\n").encode()))
    mixed = "p1@example.com,Ada\n\np2@example.com,Rob\nnobody,X\np3@example.com,Cy\np4@example.com,D,E\n,,\n"
    mixed += "p3@example.com,Cy\n"
    row = work(tenant, send(tenant, (HEAD + mixed).encode()))
    assert counts(row) == {"created": 1, "updated": 1, "unchanged": 2, "rejected": 2, "blank": 2}
    with tenant_scope(tenant) as tenant_id:
        failed = ImportFailure.objects.filter(tenant_id=tenant_id, import_id=row.id).order_by("number")
        told = [(each.number, each.first_line, each.last_line, each.faults) for each in failed]
    sentence = "The Email must be a valid email address."
    assert told == [
        (4, 5, 5, [{"heading": "Email", "value": "nobody", "sentence": sentence}]),
        (6, 7, 7, [{"heading": None, "value": None, "sentence": "The row has 3 cells, but there are 2 headings."}]),
    ]


@pytest.mark.parametrize(
    ("kind", "columns", "cells", "model", "feed"),
    [
        ("survey", "First Name", "Ada", SurveyRecord, "non-responses"),
        (
            "external-response",
            "NPS Score,Sent Date,Response Date",
            "9,2026-01-30,2026-01-31",
            ExternalResponse,
            "responses",
        ),
    ],
)
def test_what_a_large_chunk_makes_is_numbered_and_enters_its_feed(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch, kind: str, columns: str, cells: str, model: Any, feed: str
) -> None:
    """A chunk is written in parts of 200 rows, in several statements."""
    monkeypatch.setattr(running, "SHORT", 1_000)
    rows = f"Email,{columns}\n" + "".join(f"p{n}@example.com,{cells}\n" for n in range(450))
    assert counts(work(tenant, send(tenant, rows.encode(), configuration=kind))) == {"created": 450}
    with tenant_scope(tenant) as tenant_id:
        made = model.objects.filter(tenant_id=tenant_id).order_by("id")
        assert [*made.values_list("number", flat=True)] == [*range(1, 451)]
        entered = Entry.objects.filter(tenant_id=tenant_id, feed=feed).order_by("seq")
        assert [*entered.values_list("object_id", flat=True)] == [*made.values_list("id", flat=True)]


def test_others_write_until_a_chunk_enters_the_ledger(
    tenant: Tenant, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of a chunk but the ledger's entries is written, and the tenant's head is still free."""
    monkeypatch.setattr(running, "SHORT", 1_000)
    note, free = running._Run._note, []

    def noting(self: Any, *given: Any) -> None:
        note(self, *given)
        with psycopg.connect(database.app) as other:
            other.execute(f"set local rapport.tenant_id = '{tenant.pk}'")
            free.extend(other.execute("select seq from tenant_heads for update skip locked").fetchall())

    monkeypatch.setattr(running._Run, "_note", noting)
    rows = HEAD + "".join(f"p{n}@example.com,Ada\n" for n in range(450))
    row = work(tenant, send(tenant, rows.encode()))
    assert (free, row.first_seq, row.last_seq) == ([(0,)], 1, 450)


@pytest.mark.parametrize(("amid", "chunks"), [(None, [1, 3, 5, 7, 12, 17, 22]), (3, [1, 3, 5, 7, 12, 14, 19])])
def test_chunks_are_short_while_others_write(
    tenant: Tenant, database: Database, monkeypatch: pytest.MonkeyPatch, amid: int | None, chunks: list[int]
) -> None:
    """Until two have shown that nobody does, and behind somebody's record; one is read ahead meanwhile."""
    monkeypatch.setattr(running, "SHORT", 2)
    note, begun = running._Run._note, []

    def noting(self: Any, chunk: Any, *given: Any) -> None:
        begun.append(chunk[0].number)
        if len(begun) == amid:
            feed(database.settings, tenant.pk, uuid7(), {"Email": "beside@example.com"})
        note(self, chunk, *given)

    monkeypatch.setattr(running._Run, "_note", noting)
    assert counts(work(tenant, send(tenant, PEOPLE.encode()))) == {"created": 23}
    assert begun == chunks
    begun.clear()
    work(tenant, send(tenant, PEOPLE.encode(), dry_run=True))
    assert begun == [1, 6, 11, 16, 21]


def test_a_value_that_the_store_refuses_costs_its_row(tenant: Tenant) -> None:
    content = HEAD + "a@example.com,A\0da\nb@example.com,Bob\n"
    row = work(tenant, send(tenant, content.encode()))
    assert counts(row) == {"created": 1, "rejected": 1}


@pytest.mark.parametrize("chunk", [1, 2, 4])
def test_a_killed_worker_costs_nothing_and_doubles_nothing(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    """The worker ends right before the commit of a chunk, and then right behind one."""
    id = send(tenant, PEOPLE.encode())
    note, seen = running._Run._note, []

    def killed(self: Any, *given: Any) -> None:
        note(self, *given)
        seen.append(1)
        if len(seen) == chunk:
            raise KeyboardInterrupt

    monkeypatch.setattr(running._Run, "_note", killed)
    with pytest.raises(KeyboardInterrupt):
        work(tenant, id)
    assert (find(tenant, id).state, find(tenant, id).read) == ("running", 5 * (chunk - 1))
    monkeypatch.setattr(running, "TURN_SECONDS", 0)
    row = work(tenant, id)
    assert (row.state, counts(row)) == ("done", {"created": 23})
    with tenant_scope(tenant) as tenant_id:
        assert Change.objects.filter(tenant_id=tenant_id).count() == 23
        assert SentRecord.objects.filter(tenant_id=tenant_id).count() == 23


def test_of_two_workers_at_once_one_loses_at_the_checkpoint(tenant: Tenant) -> None:
    id = send(tenant, PEOPLE.encode())
    checking.check(tenant.pk, id)
    with tenant_scope(tenant):
        row = find_inside(tenant, id)
        slow = running._Run(tenant, row, *checking.compiled(row))
        fast = running._Run(tenant, row, *checking.compiled(row))
    first = next(slow.chunks())
    fast.take(*first)
    with pytest.raises(running._StoppedError):
        slow.take(*first)
    assert (find(tenant, id).state, counts(find(tenant, id))) == ("running", {"created": 5})


def find_inside(tenant: Tenant, id: Any) -> Import:
    """The import, inside the tenant's scope."""
    return Import.objects.get(tenant_id=tenant.pk, id=id)


def test_pause_resume_and_cancel(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "TURN_SECONDS", 0)
    id = send(tenant, PEOPLE.encode())
    checking.check(tenant.pk, id)
    assert running.turn(tenant, id)
    act(tenant, id, "pause")
    act(tenant, id, "pause")
    assert not running.turn(tenant, id)
    assert (find(tenant, id).state, find(tenant, id).read) == ("paused", 5)
    act(tenant, id, "resume")
    act(tenant, id, "resume")
    assert running.turn(tenant, id)
    act(tenant, id, "cancel")
    act(tenant, id, "cancel")
    row = work(tenant, id)
    assert (row.state, counts(row)) == ("cancelled", {"created": 10})
    for name in ("pause", "resume", "start"):
        with pytest.raises(StateError, match="The import is cancelled; it cannot be "):
            act(tenant, id, name)


def test_a_pause_amid_a_chunk_keeps_the_chunk_out(tenant: Tenant) -> None:
    id = send(tenant, PEOPLE.encode())
    checking.check(tenant.pk, id)
    with tenant_scope(tenant):
        row = find_inside(tenant, id)
        run = running._Run(tenant, row, *checking.compiled(row))
    chunk = next(run.chunks())
    act(tenant, id, "pause")
    with pytest.raises(running._StoppedError):
        run.take(*chunk)
    assert contacts(tenant) == 0


def test_a_dry_run_writes_nothing_and_can_be_started_in_earnest(tenant: Tenant) -> None:
    id = send(tenant, (PEOPLE + "nobody,X\n").encode(), dry_run=True)
    row = work(tenant, id)
    assert (row.state, row.dry_run, counts(row)) == ("done", True, {"created": 23, "rejected": 1})
    assert contacts(tenant) == 0
    with tenant_scope(tenant) as tenant_id:
        assert not Change.objects.filter(tenant_id=tenant_id).exists()
        assert ImportFailure.objects.filter(tenant_id=tenant_id, import_id=id).count() == 1
    act(tenant, id, "start")
    row = work(tenant, id)
    assert (row.state, row.dry_run, counts(row)) == ("done", False, {"created": 23, "rejected": 1})
    assert row.rehearsal == {"read": 24, "created": 23, "updated": 0, "unchanged": 0, "rejected": 1, "blank": 0}
    assert contacts(tenant) == 23


def test_headings_that_nothing_maps_are_told_on_the_import_only(tenant: Tenant) -> None:
    content = "Email,Frist Name,,Rapport: reason\na@example.com,Ada,x,why\n"
    row = work(tenant, send(tenant, content.encode()))
    assert (row.state, row.unmapped, counts(row)) == ("done", ["Frist Name"], {"created": 1})
    with tenant_scope(tenant) as tenant_id:
        assert not UnmappedHeading.objects.filter(tenant_id=tenant_id).exists()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"First Name\nAda\n", "The configuration needs a column Email or Phone; the file has First Name."),
        ((HEAD + "a@example.com,Привет\n").encode("cp1251"), "The file is neither UTF-8 nor"),
    ],
)
def test_what_is_in_doubt_waits_with_its_reason(tenant: Tenant, content: bytes, reason: str) -> None:
    row = work(tenant, send(tenant, content))
    assert row.state == "waiting"
    assert str(row.reason).startswith(reason)
    act(tenant, row.id, "start")
    assert work(tenant, row.id).state == "done"


def test_columns_that_look_swapped_wait(tenant: Tenant) -> None:
    rows = "".join(f"Name {n},p{n}@example.com\n" for n in range(10))
    row = work(tenant, send(tenant, (HEAD + rows).encode()))
    assert (row.state, row.reason) == (
        "waiting", "No value under Email is Email, such as 'Name 0'; are two columns swapped?",
    )  # fmt: skip
    row = work(tenant, send(tenant, (HEAD + rows + "p@example.com,Ada\n").encode()))
    assert (row.state, counts(row)) == ("done", {"rejected": 10, "created": 1})
    row = work(tenant, send(tenant, (HEAD + "nobody,X\n").encode()))
    assert (row.state, counts(row)) == ("done", {"rejected": 1})


def test_the_same_file_again_waits(tenant: Tenant) -> None:
    work(tenant, send(tenant, PEOPLE.encode()))
    row = work(tenant, send(tenant, PEOPLE.encode()))
    assert row.state == "waiting"
    assert str(row.reason).startswith("The same file was imported before, on ")
    act(tenant, row.id, "start")
    assert counts(work(tenant, row.id)) == {"unchanged": 23}


def test_a_person_can_be_waited_for(tenant: Tenant) -> None:
    row = work(tenant, send(tenant, PEOPLE.encode(), manual=True))
    assert (row.state, row.reason) == ("waiting", None)
    act(tenant, row.id, "start", dry_run=True)
    assert work(tenant, row.id).dry_run
    act(tenant, row.id, "start")
    assert counts(work(tenant, row.id)) == {"created": 23}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "The file is empty."),
        (b"Email,Email\na@example.com,b@example.com\n", "The file has more than one column Email; leave one of them."),
    ],
)
def test_what_cannot_be_imported_fails_with_its_sentence(tenant: Tenant, content: bytes, reason: str) -> None:
    row = work(tenant, send(tenant, content))
    assert (row.state, row.reason, row.read) == ("failed", reason, 0)
    assert row.ended_at is not None


def test_a_file_that_is_gone_is_told(tenant: Tenant) -> None:
    id = send(tenant, PEOPLE.encode())
    file_of(tenant.pk, id).unlink()
    row = work(tenant, id)
    assert row.reason == GONE
    assert "RAPPORT" not in GONE, "pages show it"
    with tenant_scope(tenant):
        assert "RAPPORT_SPOOL_DIR" in represent(row)["reason"]
