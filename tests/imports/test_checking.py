"""What keeps a file from being written at once: the same one before, a mapping changed since, encodings in doubt."""

from __future__ import annotations

import gzip
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.db import OperationalError, connection
from django.db.models import F

from rapport.configurations.models import Configuration
from rapport.directory.models import Contact
from rapport.imports import acts, checking
from rapport.imports.errors import StateError
from rapport.imports.models import Import, ImportChunk, ImportFailure
from rapport.imports.representation import represent
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope
from tests.imports.files import counts, find, send, use_spool, work
from tests.imports.ugly import workbook

if TYPE_CHECKING:
    from rapport.tenants.models import Tenant
    from tests.conftest import Database

HEAD = "Email,First Name\n"
PEOPLE = HEAD + "".join(f"p{n}@example.com,Name {n}\n" for n in range(23))


@pytest.fixture(autouse=True)
def spool(database: Database, tmp_path: Path) -> None:
    """Where files go."""
    use_spool(tmp_path)


def act(tenant: Tenant, id: Any, name: str, **options: Any) -> None:
    """What a person does with an import."""
    row = find(tenant, id)
    with tenant_scope(tenant):
        acts.ACTS[name](row, COMMAND, **options)


def test_of_two_that_are_the_same_file_one_waits_however_they_overlap(tenant: Tenant) -> None:
    ids = [send(tenant, PEOPLE.encode()) for _ in range(2)]
    assert [checking.check(tenant.pk, id) for id in ids] == [True, False]
    assert str(find(tenant, ids[1]).reason).startswith("The same file came before, on ")
    act(tenant, ids[0], "cancel")  # before anything of it was read
    other = work(tenant, send(tenant, PEOPLE.encode(), name="again.csv"))
    assert str(other.reason).endswith(" as people.csv.")  # the second, which waits
    act(tenant, ids[1], "cancel")
    act(tenant, other.id, "cancel")
    assert work(tenant, send(tenant, PEOPLE.encode())).state == "done"


def test_two_checks_of_the_same_file_at_once_let_one_run(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have looked at their file before either has written down what it found."""
    both, ids = threading.Barrier(2, timeout=20), [send(tenant, PEOPLE.encode()) for _ in range(2)]

    def look(*args: Any) -> Any:
        seen = checking_look(*args)
        both.wait()
        return seen

    checking_look = checking.look
    monkeypatch.setattr(checking, "look", look)

    def check(id: Any) -> bool:
        try:
            return checking.check(tenant.pk, id)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(check, ids)) == [False, True]
    assert sorted(find(tenant, id).state for id in ids) == ["running", "waiting"]


def rename(tenant: Tenant, heading: str, **also: Any) -> None:
    """Let the configuration call the e-mail something else."""
    with tenant_scope(tenant) as tenant_id:
        rows = Configuration.objects.filter(tenant_id=tenant_id, reference="contact")
        mapping = [{"heading": heading, "field": "email"}, {"heading": "First Name", "field": "first_name"}]
        rows.update(mapping=mapping, version=F("version") + 1, **also)


def test_what_is_started_is_looked_at_as_its_configuration_is_now(tenant: Tenant) -> None:
    row = work(tenant, send(tenant, PEOPLE.encode(), manual=True))
    rename(tenant, "Mail")
    act(tenant, row.id, "start")
    row = find(tenant, row.id)
    assert (row.state, row.reason) == (
        "waiting", "The configuration needs a column Mail; the file has Email, First Name.",
    )  # fmt: skip
    rename(tenant, "Mail", active=False)
    with pytest.raises(StateError, match="gone or not active"):
        act(tenant, row.id, "start")
    rename(tenant, "Mail", active=True)
    act(tenant, row.id, "start")  # who was told may start it all the same
    row = work(tenant, row.id)
    assert (row.state, counts(row)) == ("done", {"rejected": 23})
    assert row.notes == ["The configuration needs a column Mail; the file has Email, First Name."]


def test_a_rehearsal_is_looked_at_again_before_it_is_done_in_earnest(tenant: Tenant) -> None:
    row = work(tenant, send(tenant, PEOPLE.encode(), dry_run=True))
    rename(tenant, "Mail")
    act(tenant, row.id, "start")
    row = find(tenant, row.id)
    assert (row.state, row.read, row.rehearsal["created"]) == ("waiting", 0, 23)
    rename(tenant, "Email")
    act(tenant, row.id, "start")
    assert counts(work(tenant, row.id)) == {"created": 23}


def test_a_paused_import_is_looked_at_before_it_goes_on(tenant: Tenant) -> None:
    id = send(tenant, PEOPLE.encode())
    checking.check(tenant.pk, id)
    act(tenant, id, "pause")
    rename(tenant, "Mail")
    act(tenant, id, "resume")
    row = find(tenant, id)
    assert (row.state, str(row.reason)[:38]) == ("paused", "The configuration needs a column Mail;")
    rename(tenant, "Email")
    act(tenant, id, "resume")
    assert counts(work(tenant, id)) == {"created": 23}


def swap(tenant: Tenant) -> None:
    """Let the configuration take first names for e-mails."""
    with tenant_scope(tenant) as tenant_id:
        rows = Configuration.objects.filter(tenant_id=tenant_id, reference="contact")
        rows.update(mapping=[{"heading": "First Name", "field": "email"}], version=F("version") + 1)


def doubt(tenant: Tenant, which: int) -> None:
    """Let the configuration need another column, or take first names for e-mails."""
    swap(tenant) if which else rename(tenant, "Mail")


def test_of_two_doubts_in_turn_each_is_told_once(tenant: Tenant) -> None:
    """Each is kept as a note once the other one is told: otherwise an import would never start."""
    id = work(tenant, send(tenant, PEOPLE.encode(), manual=True)).id
    for turn, told in enumerate(("The configuration needs", "No value under First Name")):
        doubt(tenant, turn)
        act(tenant, id, "start")
        assert (find(tenant, id).state, str(find(tenant, id).reason).startswith(told)) == ("waiting", True)
    doubt(tenant, 0)
    act(tenant, id, "start")
    assert find(tenant, id).state == "running"
    act(tenant, id, "pause")
    with tenant_scope(tenant):
        Import.objects.filter(tenant_id=tenant.pk, id=id).update(notes=[], reason=None)
    for turn in (0, 1):
        doubt(tenant, turn)
        act(tenant, id, "resume")
        assert find(tenant, id).state == "paused"
    doubt(tenant, 0)
    act(tenant, id, "resume")
    assert find(tenant, id).state == "running"


def test_what_a_packed_file_says_survives_a_database_that_goes(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever step behind the unpacking fails, the job that is tried again still tells all of it, once."""
    content = gzip.compress(workbook(("Email", "Number"), ("a@example.com", 1234567890123456)))
    for owner, name in ((checking, "_settle"), (checking, "_keep"), (Path, "replace")):
        row = find(tenant, send(tenant, content, name=name, dry_run=True))

        def gone(*_: Any) -> Any:
            raise OperationalError

        with monkeypatch.context() as patch:
            patch.setattr(owner, name, gone)
            with pytest.raises(OperationalError):
                checking.check(tenant.pk, row.id)
        row = work(tenant, row.id)
        assert (row.state, row.packed, len(row.notes)) == ("done", ["gzip", "workbook"], 1), name
        assert "Workbooks keep 15 digits of a number" in row.notes[0]


MIXED = (HEAD + "a@example.com,Jürgen\n").encode() + "b@example.com,Zoë\n".encode("cp1252")


def test_of_mixed_encodings_a_person_sees_the_likeliest_and_chooses(tenant: Tenant) -> None:
    row = work(tenant, send(tenant, MIXED))
    assert (row.state, str(row.reason)[:42]) == ("waiting", "Some lines of the file are UTF-8 and other")
    assert [each["encoding"] for each in row.readings][:2] == ["utf-8", "cp1252"]
    assert [each["lines"] for each in row.readings][:2] == [
        ["a@example.com,Jürgen", "b@example.com,Zo�"], ["a@example.com,JÃ¼rgen", "b@example.com,Zoë"],
    ]  # fmt: skip
    assert len(row.readings) == 3
    act(tenant, row.id, "start", encoding="utf-8")
    row = work(tenant, row.id)
    assert (row.state, counts(row), row.readings) == ("done", {"created": 1, "rejected": 1}, [])
    with pytest.raises(StateError):
        act(tenant, row.id, "start", encoding="cp1252")


def test_behind_a_dry_run_an_encoding_can_still_be_chosen(tenant: Tenant) -> None:
    id = work(tenant, send(tenant, MIXED)).id
    act(tenant, id, "start", dry_run=True)
    row = work(tenant, id)
    with tenant_scope(tenant):
        assert (row.state, len(represent(row)["readings"]), counts(row)) == ("done", 3, {"created": 1, "rejected": 1})
    act(tenant, id, "start", encoding="cp1252", dry_run=True)
    assert (find(tenant, id).read, find(tenant, id).ended_at) == (0, None)
    assert counts(work(tenant, id)) == {"created": 2}
    act(tenant, id, "start", encoding="cp1252")
    row = work(tenant, id)
    assert (row.state, row.dry_run, counts(row), row.rehearsal["created"]) == ("done", False, {"created": 2}, 2)
    with tenant_scope(tenant) as tenant_id:
        assert represent(row)["readings"] == []
        assert ImportChunk.objects.filter(tenant_id=tenant_id, import_id=id).count() == 1
        assert not ImportFailure.objects.filter(tenant_id=tenant_id, import_id=id).exists()
        assert Contact.objects.get(tenant_id=tenant_id, email="b@example.com").first_name == "Zoë"


@pytest.mark.parametrize(("encoding", "text"), [("cp1251", "Привет"), ("cp1253", "Γιάννης"), ("cp932", "東京たろう")])
def test_a_file_of_another_language_is_read_in_its_own_encoding(tenant: Tenant, encoding: str, text: str) -> None:
    row = work(tenant, send(tenant, (HEAD + f"a@example.com,{text}\n").encode(encoding)))
    assert row.state == "waiting"
    assert encoding in [each["encoding"] for each in row.readings]
    act(tenant, row.id, "start", encoding=encoding)
    assert counts(work(tenant, row.id)) == {"created": 1}
    with tenant_scope(tenant) as tenant_id:
        assert Contact.objects.get(tenant_id=tenant_id).first_name == text


ROWS = "".join(f"a{n}@example.com,Jürgen\n" for n in range(3))


@pytest.mark.parametrize(
    ("head", "rows", "reads", "unfit"),
    [
        ("Email,First Name,Straße\n".encode("cp1252"), ROWS.encode(), "cp1252", "utf-8"),
        ("Email,First Name,Ávila\n".encode(), ROWS.encode("cp1252"), "utf-8", "cp1252"),
        ("Email,First Name,電話番号\n".encode("cp932"), "a@example.com,ちひろ\n".encode("cp932") * 3, "cp932", "utf-8"),
    ],
)
def test_headings_in_another_encoding_than_most_rows_wait_for_a_person(
    tenant: Tenant, head: bytes, rows: bytes, reads: str, unfit: str
) -> None:
    row = work(tenant, send(tenant, head + rows))
    assert (row.state, row.layout["encoding"]) == ("waiting", reads)
    assert reads in [each["encoding"] for each in row.readings]
    readings = row.readings
    act(tenant, row.id, "start", encoding=unfit)
    row = work(tenant, row.id)
    assert (row.state, row.encoding, row.layout["encoding"]) == ("waiting", None, reads)
    assert str(row.reason).startswith(f"The headings cannot be read. The line is not valid {unfit.upper()} text")
    assert row.readings == readings
    act(tenant, row.id, "start", encoding=reads)
    row = work(tenant, row.id)
    assert (row.state, row.read) == ("done", 3)


def test_a_file_whose_headings_do_not_fit_what_was_said_first_fails(tenant: Tenant) -> None:
    row = work(tenant, send(tenant, "Straße,Email\n".encode("cp1252"), encoding="utf-8"))
    assert (row.state, str(row.reason)[:27]) == ("failed", "The headings cannot be read")


def test_a_start_that_finds_a_doubt_leaves_what_another_start_has_begun(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = work(tenant, send(tenant, PEOPLE.encode(), manual=True))

    def doubt(row: Import) -> str:
        """Meanwhile the other one runs."""
        Import.objects.filter(tenant_id=row.tenant_id, id=row.id).update(state=Import.State.RUNNING)
        ImportChunk.objects.create(tenant_id=row.tenant_id, import_id=row.id, number=1, outcomes="c", lines=[2])
        return "Something is doubtful."

    monkeypatch.setattr(acts, "_doubt", doubt)
    act(tenant, row.id, "start")
    assert find(tenant, row.id).state == "running"
    with tenant_scope(tenant) as tenant_id:
        assert ImportChunk.objects.filter(tenant_id=tenant_id, import_id=row.id).count() == 1
