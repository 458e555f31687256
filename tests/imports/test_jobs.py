"""What happens around an import: its uploader is mailed, what was given up goes on, what belongs to nobody goes."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

import pytest
from django.conf import settings
from django.core import mail
from django.db import connection
from django.test import override_settings
from procrastinate.contrib.django.models import ProcrastinateJob

from rapport.imports import ending, jobs, receiving
from rapport.imports.models import Import
from rapport.tenants.actors import Author
from rapport.tenants.scope import tenant_scope
from tests.imports.files import find, send, use_spool, work

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from procrastinate import JobContext

    from tests.cast import Cast, Person

CONTENT = b"Email,First Name\na@example.com,Ada\nnobody,X\n"


@pytest.fixture(autouse=True)
def spool(database: object, tmp_path: Path) -> Iterator[Path]:
    """Where files go; and mail stays in `mail.outbox`."""
    use_spool(tmp_path)
    rapport = replace(settings.RAPPORT, mail_url="smtp://127.0.0.1:1")
    with override_settings(RAPPORT=rapport, EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend"):
        yield tmp_path


def by(person: Person) -> Author:
    """Whoever uploads on a page."""
    return Author("user", person.user.id, person.name)


def held(id: UUID, task: str) -> list[ProcrastinateJob]:
    """The jobs about an import."""
    return [each for each in ProcrastinateJob.objects.filter(task_name=task) if each.args["import_id"] == str(id)]


def told(tenant_id: int, id: UUID) -> list[Any]:
    """The letters that a worker sends about the end of an import."""
    mail.outbox = []
    first = cast("JobContext", SimpleNamespace(job=SimpleNamespace(attempts=0)))
    ending.tell(first, tenant_id, id)
    return list(mail.outbox)


def test_who_uploaded_a_file_is_mailed_about_its_end(cast: Cast) -> None:
    tenant = cast.alice.tenant
    row = work(tenant, send(tenant, CONTENT, author=by(cast.alice)))
    assert len(held(row.id, jobs.TELL)) == 1
    [letter] = told(tenant.pk, row.id)
    assert letter.to == [cast.alice.user.email]
    assert letter.subject == "people.csv: imported, 1 row rejected"
    assert "2 rows read: 1 created, 0 updated, 0 unchanged, 1 rejected, 0 blank." in letter.body
    assert f"/s/{tenant.slug}/data/imports/{row.id}" in letter.body


def test_a_failure_is_told_with_its_reason(cast: Cast) -> None:
    row = work(cast.alice.tenant, send(cast.alice.tenant, b"", author=by(cast.alice)))
    assert len(held(row.id, jobs.TELL)) == 1
    [letter] = told(cast.alice.tenant.pk, row.id)
    assert letter.subject == "people.csv: not imported"
    assert "The file is empty." in letter.body


def test_nobody_else_is_mailed(cast: Cast) -> None:
    tenant = cast.alice.tenant
    for author, dry_run in ((by(cast.alice), True), (Author("app", cast.alice.user.id, "App"), False)):
        row = work(tenant, send(tenant, CONTENT + b"\n" * dry_run, author=author, dry_run=dry_run))
        assert (row.state, held(row.id, jobs.TELL)) == ("done", [])
    row = work(tenant, send(tenant, CONTENT + b"\n\n", author=by(cast.charlie)))
    assert told(tenant.pk, row.id) == []
    with override_settings(RAPPORT=replace(settings.RAPPORT, mail_url=None)):
        row = work(tenant, send(tenant, CONTENT + b"\n\n\n", author=by(cast.alice)))
    assert held(row.id, jobs.TELL) == []


def test_an_import_without_a_job_goes_on(cast: Cast) -> None:
    tenant = cast.alice.tenant
    received, running = send(tenant, CONTENT), send(tenant, CONTENT)
    with tenant_scope(tenant) as tenant_id:
        Import.objects.filter(tenant_id=tenant_id, id=running).update(state="running")
    jobs.revive(0)
    assert (len(held(received, jobs.CHECK)), held(received, jobs.RUN)) == (1, [])
    assert len(held(running, jobs.RUN)) == 0  # a job to check it is there
    ProcrastinateJob.objects.filter(task_name__in=(jobs.CHECK, jobs.RUN)).update(status="failed")
    for _ in range(2):
        jobs.revive(0)
    _doing(held(running, jobs.RUN)[-1], minutes=0)
    jobs.revive(0)
    assert len(held(running, jobs.RUN)) == 1
    _doing(held(running, jobs.RUN)[-1], minutes=3)  # of a worker that lives, and lost the database at its end
    jobs.revive(0)
    for id, task in ((received, jobs.CHECK), (running, jobs.RUN)):
        assert [each.status for each in (*held(id, jobs.CHECK), *held(id, jobs.RUN))].count("todo") == 1
        assert [each.status for each in held(id, task)].count("todo") == 1


def _doing(job: ProcrastinateJob, minutes: int) -> None:
    """A job that was begun so long ago."""
    with connection.cursor() as cursor:
        cursor.execute("update procrastinate_jobs set status = 'doing' where id = %s", [job.pk])
        cursor.execute(
            "update procrastinate_events set at = now() - %s where job_id = %s", [timedelta(minutes=minutes), job.pk]
        )


def test_what_belongs_to_nobody_is_swept(cast: Cast, spool: Path) -> None:
    tenant = cast.alice.tenant
    kept = receiving.file_of(tenant.pk, send(tenant, CONTENT))
    orphan, young = (receiving.new_file(tenant.pk)[1] for _ in "ab")
    draft, strange = orphan.with_name(orphan.name + ".unpacked"), spool / "notes.txt"
    for path in (orphan, young, draft, strange):
        path.write_bytes(b"x")
    for path in (kept, orphan, draft, strange):
        os.utime(path, (0, 0))
    jobs.forget(0)
    assert sorted(spool.iterdir()) == sorted([kept, young, strange])


def test_a_file_that_is_missing_is_found(cast: Cast) -> None:
    id = send(cast.alice.tenant, CONTENT, name="lost.csv")
    receiving.file_of(cast.alice.tenant.pk, id).unlink()
    assert "lost.csv" in receiving.missing(100_000)
    work(cast.alice.tenant, id)
    assert find(cast.alice.tenant, id).state == "failed"
    assert "lost.csv" not in receiving.missing(100_000)
