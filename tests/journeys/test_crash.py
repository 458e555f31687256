"""Nothing that was acknowledged is ever lost: workers, supervisor and PostgreSQL are killed in mid-load."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest
from psycopg.rows import dict_row

from rapport.db.embedded import Embedded
from rapport.db.postmaster import Postmaster
from rapport.db.residence import Residence
from rapport.ingest.auth import TOKEN_SECONDS
from rapport.tenants import bootstrap
from tests.cast import Cast, Person, new_person
from tests.conftest import Database, django_on
from tests.ingest.audit import Audit
from tests.ingest.load import CALLERS, load
from tests.ingest.serving import Server, serving, until


class World:
    """A PostgreSQL that keeps its promises (`fsync` is on), and tenants in it."""

    def __init__(self, directory: Path) -> None:
        self._embedded = Embedded(directory)
        urls = self._embedded.start()
        self.database = Database("rapport", urls.app, urls.owner)
        bootstrap.migrate(self.database.settings)

    def cast(self) -> Cast:
        """Alice, Bob and Charlie, new."""
        with django_on(self.database):
            return Cast()

    def crash(self) -> None:
        """Stop PostgreSQL as `pg_ctl stop --mode immediate` does: without a checkpoint."""
        postmaster = Postmaster(Residence.of(self._embedded.data_dir))
        os.kill(postmaster.process().pid, signal.SIGQUIT)
        until(lambda: postmaster.process() is None, "PostgreSQL is gone")

    def kill(self) -> None:
        """End PostgreSQL as the machine's lack of memory does: nobody in it can do anything about it."""
        postmaster = Postmaster(Residence.of(self._embedded.data_dir))
        os.kill(postmaster.process().pid, signal.SIGKILL)
        until(lambda: postmaster.process() is None, "PostgreSQL is gone")

    def recover(self) -> None:
        """Start it again."""
        self._embedded.start()

    def remove(self) -> None:
        self._embedded.remove()

    def audit(self, person: Person) -> Audit:
        """Look at all that a person's tenant has stored, and check that it fits together."""
        with psycopg.connect(self.database.app, row_factory=dict_row) as app:
            app.execute(f"set local rapport.tenant_id = '{person.tenant.pk}'")
            found = Audit(lambda sql: app.execute(sql).fetchall())
        found.check()
        return found


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("crash") / "var")
    try:
        yield made
    finally:
        made.remove()


@pytest.fixture
def server(world: World, tmp_path: Path) -> Iterator[Server]:
    with serving(world.database, tmp_path) as running:
        yield running


def test_a_worker_the_main_process_and_all_at_once_are_killed(world: World, server: Server) -> None:
    alice = world.cast().alice
    with load(server, alice) as running:
        worker, other = server.workers()
        os.kill(worker, signal.SIGKILL)
        until(lambda: len(server.workers()) == 2 and worker not in server.workers(), "another worker has come")
        running.goes_on()
        assert other in server.workers()
        for all_at_once in (False, True):
            for pid in server.workers() if all_at_once else ():
                os.kill(pid, signal.SIGKILL)
            assert server.stop(signal.SIGKILL) == -signal.SIGKILL
            server.start()
            running.goes_on()
    assert set(running.statuses) <= {200, 503}
    world.audit(alice).find(running.told)


def test_postgresql_is_stopped_at_once_and_comes_back(world: World, server: Server) -> None:
    cast = world.cast()
    alice, bob = cast.alice, cast.bob
    with load(server, alice) as running:
        for _ in range(3):
            away = running.more(503, CALLERS)
            world.crash()
            until(away, "callers are sent away")
            assert server.status("/readyz") == 503
            assert server.status("/healthz") == 200
            unknown = httpx2.put(f"{server.url}/records?configuration=contact&record[Email]=a@b", headers=bob.bearer)
            assert unknown.status_code == 503, "nobody can tell that this token is wrong"
            assert unknown.json() == {"message": "The store is not available; nothing was written."}
            world.recover()
            running.goes_on()
            assert server.status("/readyz") == 200
    assert set(running.statuses) == {200, 503}
    assert running.retry_after == {"1"}
    assert running.unanswered == []
    world.audit(alice).find(running.told)


def test_a_token_that_expires_while_postgresql_is_away_is_not_refused(world: World, server: Server) -> None:
    """What the cache knew is too old after seconds: then nobody knows, and nobody says 401."""
    with load(server, world.cast().alice) as running:
        world.crash()
        too_old = time.monotonic() + TOKEN_SECONDS + 0.5
        until(lambda: time.monotonic() > too_old, "everything that the workers knew is too old")
        until(running.more(503, CALLERS), "callers are sent away")
        world.recover()
        running.goes_on()
    assert set(running.statuses) == {200, 503}


def test_what_ingest_sends_away_was_not_written(world: World, server: Server) -> None:
    """Only what came to nothing gets a 503: a 503 must not hide a record that was stored."""
    alice = world.cast().alice
    with load(server, alice) as running:
        for _ in range(3):
            away = running.more(503, CALLERS)
            world.crash()
            until(away, "callers are sent away")
            world.recover()
            running.goes_on()
    found = world.audit(alice)
    found.find(running.told)
    known = {each.request_id for each in running.told}
    assert {change["request_id"] for change in found.changes} <= known


def test_told_to_stop_it_answers_what_it_has_taken(world: World, tmp_path: Path) -> None:
    with django_on(world.database):
        people = Cast()
        other = new_person("Carol", people.charlie.tenant, "user")
    for person in (people.alice, other):
        with serving(world.database, tmp_path) as server, load(server, person) as running:
            assert server.stop() == 0
            assert server.status("/healthz") == 0
        assert set(running.statuses) <= {200, 503}
        found = world.audit(person)
        found.find(running.told)
        answered = {each.request_id for each in running.told}
        written: set[Any] = {request["request_id"] for request in found.requests if request["status"] == 200}
        assert written == answered, "what was written was acknowledged, and the other way round"
