"""Jobs whose worker is gone come back, and how the queue stands is told."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

import httpx2
import psycopg
import pytest
from aiosmtpd.controller import Controller
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from rapport.history import jobs
from rapport.members import invitations
from rapport.members.jobs import send_invitation
from rapport.members.models import Role
from rapport.tenants import keeper, queue
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope
from tests.cast import new_tenant
from tests.conftest import django_on
from tests.ingest.serving import free_port, serving, until
from tests.ingest.test_operations import figures
from tests.members.conftest import Postbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Database

PURGE, MAIL = "rapport.history.jobs.purge", "rapport.members.jobs.send_invitation"


@pytest.fixture
def served(fresh_database: Database) -> Iterator[psycopg.Connection]:
    """A connection to a database of its own, which Django works on."""
    with django_on(fresh_database), psycopg.connect(fresh_database.app, autocommit=True) as connection:
        yield connection


def purge_under_way(connection: psycopg.Connection, heartbeat: str | None) -> None:
    """A purge that a worker has taken that gave its last sign of life so long ago; None: nobody knows the worker."""
    jobs.purge.defer(timestamp=0)
    worker = None
    if heartbeat is not None:
        sql = "insert into procrastinate_workers (last_heartbeat) values (now() - %s::interval) returning id"
        [worker] = connection.execute(sql, [heartbeat]).fetchone()
    connection.execute("update procrastinate_jobs set status = 'doing', worker_id = %s where status = 'todo'", [worker])


def states() -> list[str]:
    return list(ProcrastinateJob.objects.order_by("id").values_list("status", flat=True))


@pytest.mark.parametrize(("heartbeat", "comes_back"), [("31 s", True), (None, True), ("29 s", False), ("0 s", False)])
def test_what_no_living_worker_holds_comes_back(
    served: psycopg.Connection, heartbeat: str | None, comes_back: bool
) -> None:
    purge_under_way(served, heartbeat)
    assert queue.put_back() == ([(PURGE, "todo")] if comes_back else [])
    assert queue.put_back() == []
    assert states() == (["todo"] if comes_back else ["doing"])
    if comes_back:
        with app.replace_connector(app.connector.get_worker_connector()) as worker:
            worker.run_worker(wait=False, listen_notify=False, install_signal_handlers=False)
        assert states() == []


def test_only_one_that_waits_has_a_queueing_lock(served: psycopg.Connection) -> None:
    """Else the dead one could not be put back, nor the rest."""
    for _ in range(2):
        purge_under_way(served, None)
    assert sorted(queue.put_back()) == [(PURGE, "aborted"), (PURGE, "todo")]
    served.execute("update procrastinate_jobs set status = 'doing' where status = 'todo'")
    jobs.purge.defer(timestamp=0)
    assert queue.put_back() == [(PURGE, "aborted")]
    assert states() == ["aborted", "aborted", "todo"]


def test_a_job_that_ends_its_workers_is_given_up(served: psycopg.Connection, caplog: pytest.LogCaptureFixture) -> None:
    purge_under_way(served, None)
    for _ in range(queue.TRIES - 1):
        assert queue.put_back() == [(PURGE, "todo")]
        served.execute("update procrastinate_jobs set status = 'doing'")
    assert queue.put_back() == [(PURGE, "failed")]
    assert f"its workers ended again and again: {PURGE}" in caplog.text


def test_of_many_who_look_at_once_one_finds_it(served: psycopg.Connection, fresh_database: Database) -> None:
    for number in range(20):
        send_invitation.defer(tenant_id=1, invitation_id=str(number))
    served.execute("update procrastinate_jobs set status = 'doing'")
    found: list[Any] = []
    start = threading.Barrier(4)

    def look() -> None:
        with psycopg.connect(fresh_database.app, autocommit=True) as own, psycopg.RawCursor(own) as cursor:
            start.wait()
            found.extend(cursor.execute(queue._PUT_BACK, [queue.GONE_SECONDS, queue.TRIES]).fetchall())

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [(MAIL, "todo")] * 20


class Deaf(Postbox):
    """A mail server that never answers a letter."""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 (aiosmtpd's name)
        await super().handle_DATA(server, session, envelope)
        await server.loop.create_future()
        return ""


class Worker:
    """`rapport worker`, and the mail server that it is told of."""

    def __init__(self, database: Database, directory: Path, box: Postbox) -> None:
        self._controller = Controller(box, hostname="127.0.0.1", port=free_port())
        self._environment = database.settings.environment() | {
            "RAPPORT_DATA_DIR": str(directory),
            "RAPPORT_MAIL_URL": f"smtp://127.0.0.1:{self._controller.port}",
        }
        self.log = directory / f"worker-{self._controller.port}.log"

    def __enter__(self) -> Worker:
        self._controller.start()
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "rapport", "worker"]
            self.process = subprocess.Popen(command, env=os.environ | self._environment, stderr=log)
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.end(signal.SIGTERM)
        self._controller.stop()

    def end(self, number: signal.Signals) -> None:
        with self.process:
            self.process.send_signal(number)


def invited(email: str) -> None:
    """An invitation is to be mailed."""
    with tenant_scope(new_tenant()) as tenant_id:
        made, _ = invitations.invite(tenant_id, COMMAND, email, Role.USER)
        send_invitation.defer(tenant_id=tenant_id, invitation_id=str(made.id))


def link(letter: str) -> str:
    return next(line for line in letter.splitlines() if "/invitation/" in line)


def kill_amid_a_letter(database: Database, directory: Path, gone: Any) -> tuple[Postbox, Postbox, str]:
    """Kill a worker amid a letter, let `gone` see to it that it counts as gone, start another; boxes and its log."""
    deaf, box = Deaf(), Postbox()
    invited("dora@example.com")
    with Worker(database, directory, deaf) as first:
        until(lambda: deaf.letters, "a letter is under way")
        first.end(signal.SIGKILL)
    gone()
    with Worker(database, directory, box) as second:
        until(lambda: box.letters, "the letter is mailed again", queue.GONE_SECONDS + keeper.SWEEP_SECONDS + 30)
        until(lambda: states() == [], "nothing is left")
    return deaf, box, second.log.read_text()


def test_a_worker_is_killed_amid_a_letter(served: psycopg.Connection, fresh_database: Database, tmp_path: Path) -> None:
    def time_goes_by() -> None:
        served.execute("update procrastinate_workers set last_heartbeat = last_heartbeat - interval '1 minute'")

    deaf, box, log = kill_amid_a_letter(fresh_database, tmp_path, time_goes_by)
    assert [recipient for recipient, _ in box.letters] == ["dora@example.com"]
    assert link(box.letters[0][1]) == link(deaf.letters[0][1]), "whichever letter came works"
    assert f"a job whose worker is gone was put back: {MAIL}" in log


@pytest.mark.parametrize("delay", [0.0, 0.02, 0.1, 0.5])
def test_a_worker_that_is_told_to_stop_as_it_starts_stops(
    served: psycopg.Connection, fresh_database: Database, tmp_path: Path, delay: float
) -> None:
    with Worker(fresh_database, tmp_path, Postbox()) as worker:
        ours = "datname = current_database() and backend_type = 'client backend'"  # autovacuum's come and go
        connected = f"select count(*) from pg_stat_activity where {ours}"
        until(lambda: served.execute(connected).fetchone()[0] > 1, "it has begun")
        threading.Event().wait(delay)
        worker.process.terminate()
        assert worker.process.wait(20) == 0
    assert "Traceback" not in worker.log.read_text()


def test_a_client_that_takes_no_answer_is_ended_with_its_locks(
    served: psycopg.Connection, fresh_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(psycopg.connect(fresh_database.app)) as stopped:
        stopped.execute("select pg_advisory_xact_lock(19)")
        # More than a socket holds, and nobody reads it.
        stopped.pgconn.send_query(b"select repeat('x', 1000) from generate_series(1, 100000)")
        state = "select wait_event from pg_stat_activity where pid = %s"
        pid = [stopped.info.backend_pid]
        until(lambda: served.execute(state, pid).fetchone() == ("ClientWrite",), "the answer is stuck")
        assert keeper.end_unread() == 0, "it may only be slow"
        monkeypatch.setattr(keeper, "UNREAD_SECONDS", 0.1)
        until(lambda: keeper.end_unread() == 1, "it is ended")
        until(lambda: served.execute("select pg_try_advisory_lock(19)").fetchone()[0], "its lock is free")


def test_doctor_and_metrics_tell_how_jobs_stand(
    served: psycopg.Connection, fresh_database: Database, tmp_path: Path
) -> None:
    def doctor() -> list[dict[str, str]]:
        environment = os.environ | fresh_database.settings.environment() | {"RAPPORT_DATA_DIR": str(tmp_path)}
        command = [sys.executable, "-m", "rapport", "doctor", "--json"]
        told = subprocess.run(command, env=environment, capture_output=True, text=True, check=False).stdout
        return [found for found in map(json.loads, told.splitlines()) if found["check"] == "jobs"]

    assert [found["state"] for found in doctor()] == ["ok"]
    for state in ("failed", "later", "todo", "doing"):
        send_invitation.defer(tenant_id=1, invitation_id="x")
        change = {
            "failed": "status = 'failed', attempts = 3",
            "later": "scheduled_at = now() + interval '1 hour', attempts = 2",
            "todo": "attempts = 0",
            "doing": "status = 'doing'",
        }[state]
        served.execute(f"update procrastinate_jobs set {change} where id = (select max(id) from procrastinate_jobs)")
    served.execute("update procrastinate_events set at = at - interval '20 min' where at < now()")
    name = "members.send_invitation"
    assert [(found["state"], found["text"]) for found in doctor()] == [
        ("failed", f"2 x {name} wait or are under way, one for 20 minutes."),
        ("warning", f"1 x {name} could not be done, tried up to 2 times so far."),
        ("warning", f"1 x {name} failed in the last seven days."),
    ]
    with serving(fresh_database, tmp_path) as server:
        told = figures(server)
        assert httpx2.get(server.url + "/metrics").text.count("# TYPE rapport_jobs gauge") == 1
    for state in ("failed", "later", "todo", "doing"):
        assert told[f"rapport_jobs{name}{state}"] == 1
    assert (told[f"rapport_job_tries{name}later"], told[f"rapport_job_tries{name}failed"]) == (2, 3)
    assert 1200 <= told[f"rapport_job_seconds{name}todo"] < 1260
    assert told[f"rapport_job_seconds{name}later"] == 0
