"""Behind a pooler that lends its connections for one transaction each: nothing asked of them, nothing left on them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import psycopg
import pytest

from rapport.db import plans
from rapport.tenants import bootstrap, functions
from rapport.tenants.errors import DatabaseUnfitError
from tests.conftest import django_on
from tests.ingest.conftest import Caller
from tests.ingest.serving import Server, serving, until
from tests.ingest.wire import wired

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cast import Cast
    from tests.conftest import Database

#: What PgBouncer hands on, or does without, as it comes; everything else it refuses.
HANDED_ON = {"user", "database", "client_encoding", "application_name"}
#: The server names its process at the start, for cancellations; a pooler names nobody.
_KEY = b"K\0\0\0\x0c"


def test_nothing_that_a_pooler_refuses_is_asked_for_at_the_start(
    database: Database, cast: Cast, tmp_path: Path
) -> None:
    with wired(database) as wire:
        with serving(wire.app_only, tmp_path, workers=1) as server, Caller(server.url, cast.alice) as alice:
            assert alice.record({"Email": "ada@example.com"}).status_code == 200
        ingest = len(wire.lines)
        environment = wire.app_only.settings.environment() | {"RAPPORT_DATA_DIR": str(tmp_path)}
        with subprocess.Popen([sys.executable, "-m", "rapport", "worker"], env=os.environ | environment) as worker:
            until(lambda: len(wire.lines) > ingest + 2, "the worker works")
            worker.terminate()
        assert worker.returncode == 0
        with django_on(wire.app_only):
            bootstrap.first_run(database.settings)
        wishes = [set(line.wishes) for line in wire.lines if line.wishes]
    assert len(wishes) > ingest
    assert set().union(*wishes) <= HANDED_ON


def test_connections_go_back_as_they_came(database: Database, cast: Cast, tmp_path: Path) -> None:
    """Ingest's statements are planned its way without a setting of the session."""
    with wired(database) as wire, serving(wire.app_only, tmp_path, workers=1) as server:
        with Caller(server.url, cast.alice) as alice:
            assert alice.record({"Email": "ada@example.com"}).status_code == 200
        said = set().union(*(line.settings for line in wire.lines))
    assert said == {"set local rapport.tenant_id", *(f"set local {name}" for name in plans.SETTINGS)}
    with psycopg.connect(database.owner) as owner:
        sql = "select proname from pg_proc where 'enable_seqscan=off' = any(proconfig) order by proname"
        assert [name for (name,) in owner.execute(sql)] == plans.FUNCTIONS


def test_functions_that_have_their_plans_are_left_alone(fresh_database: Database) -> None:
    def versions() -> list[tuple[str, str]]:
        return owner.execute(
            "select proname, xmin::text from pg_proc where proname = any(%s)", [plans.FUNCTIONS]
        ).fetchall()

    with psycopg.connect(fresh_database.owner, autocommit=True) as owner:
        before = versions()
        functions.plan(owner)
        assert versions() == before
        owner.execute("alter function read_answers_1 reset enable_seqscan")
        functions.plan(owner)
        assert len(set(versions()) - set(before)) == 1


def test_the_owners_address_must_go_around_the_pooler(database: Database) -> None:
    with wired(database) as wire:
        bootstrap.first_run(wire.both.settings)

        def anonymous(data: bytes) -> bytes:
            head, key, rest = data.partition(_KEY)
            return head + key + b"\0\0\0\x01" + rest[4:] if key else data

        wire.rewrite = anonymous
        with pytest.raises(DatabaseUnfitError, match="RAPPORT_OWNER_DATABASE_URL, leads through a pooler"):
            bootstrap.first_run(wire.both.settings)


def test_a_start_that_waits_for_another_migration_says_so(fresh_database: Database, tmp_path: Path) -> None:
    server = Server(fresh_database, tmp_path, workers=1, command=("serve",))
    with psycopg.connect(fresh_database.owner, autocommit=True) as migrating:
        migrating.execute("select pg_advisory_lock(%s)", [bootstrap.LOCK])
        environment = os.environ | server.environment
        with server.log.open("ab") as log:
            command = [sys.executable, "-m", "rapport", "serve"]
            process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=log)
        started = time.monotonic()
        try:
            until(lambda: "another process is migrating this database" in server.said(), "it says so")
            assert time.monotonic() - started > bootstrap.TOLD_SECONDS
            migrating.close()
            until(lambda: server.status("/readyz") == 200, "it goes on")
        finally:
            process.terminate()
            process.wait(30)
    assert process.returncode == 0
