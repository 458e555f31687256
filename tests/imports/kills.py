"""Imports whose worker and PostgreSQL are killed at random moments, and what must be as if they had not been."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import Error, connection

from rapport.directory.models import Account, Contact, ContactKey
from rapport.history.models import Change, SentRecord
from rapport.imports.models import Import, ImportChunk, ImportFailure
from rapport.surveys.models import SurveyRecord
from rapport.tenants.scope import tenant_scope
from tests.cast import new_tenant
from tests.imports.files import counts, find, send, work

if TYPE_CHECKING:
    from tests.conftest import Database
    from tests.journeys.test_crash import World

#: A worker as `rapport worker` is, but that its jobs come back after three seconds instead of thirty.
WORKER = """
from rapport.tenants import queue
queue.HEARTBEAT_SECONDS, queue.GONE_SECONDS = 0.5, 3.0
from rapport.cli.main import main
main(["worker"])
"""
CONFIGURATIONS = ("contact", "survey")


def file(rows: int) -> bytes:
    """Contacts, of which some come twice, some are wrong, and some lines are blank."""
    lines = [b"Email,First Name,Account Name\n"]
    for n in range(rows):
        email = b"nobody" if n % 101 == 7 else b"p%d@example.com" % (n // 2 if n % 10 == 0 else n)
        lines.append(b"\n" if n % 97 == 3 else b"%s,Ada %d,Works %d\n" % (email, n, n // 300))
    return b"".join(lines)


class Worker:
    """The worker's process, started again whenever it has ended."""

    def __init__(self, database: Database, directory: Path) -> None:
        others = {name: value for name, value in os.environ.items() if not name.startswith("RAPPORT_")}
        own = {"RAPPORT_DATA_DIR": str(directory), "RAPPORT_SPOOL_DIR": str(directory)}
        self._environment = others | database.settings.environment() | own
        self._log = directory.parent / "worker.log"
        self._process: subprocess.Popen[bytes] | None = None

    def keep(self) -> None:
        """Start it, where it does not run."""
        if self._process is None or self._process.poll() is not None:
            with self._log.open("ab") as log:
                self._process = subprocess.Popen([sys.executable, "-c", WORKER], env=self._environment, stderr=log)

    def kill(self) -> None:
        """End it at once."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()


class Run:
    """A file of each kind, each imported into a tenant of its own."""

    def __init__(self, content: bytes) -> None:
        self.tenants = {name: new_tenant() for name in CONFIGURATIONS}
        self.ids = {name: send(self.tenants[name], content, configuration=name) for name in CONFIGURATIONS}

    def undisturbed(self) -> Run:
        """Import them here."""
        for name, id in self.ids.items():
            work(self.tenants[name], id)
        return self

    def read(self) -> int | None:
        """Rows that were read until now; None where all is done. The database may be away: then it is asked again."""
        rows = [self._find(name) for name in self.ids]
        states = {row.state for row in rows}
        assert states <= {"received", "checking", "running", "done"}, [row.reason for row in rows]
        return None if states == {"done"} else sum(row.read for row in rows)

    def _find(self, name: str) -> Import:
        while True:
            try:
                return find(self.tenants[name], self.ids[name])
            except Error:
                connection.close()
                time.sleep(0.1)

    def told(self, name: str) -> dict[str, Any]:
        """All that an import leaves, without what is drawn anew each time."""
        tenant, id = self.tenants[name], self.ids[name]
        found: dict[str, Any] = {"counts": counts(find(tenant, id))}
        with tenant_scope(tenant) as tenant_id:
            own = {"tenant_id": tenant_id, "import_id": id}
            people = Contact.objects.filter(tenant_id=tenant_id)
            found["contacts"] = sorted(people.values_list("email", "first_name"))
            found["keys"] = sorted(ContactKey.objects.filter(tenant_id=tenant_id).values_list("key", flat=True))
            found["accounts"] = sorted(Account.objects.filter(tenant_id=tenant_id).values_list("name", flat=True))
            found["surveys"] = SurveyRecord.objects.filter(tenant_id=tenant_id).count()
            changes = Change.objects.filter(tenant_id=tenant_id).order_by("seq")
            found["seqs"] = list(changes.values_list("seq", flat=True))
            found["changes"] = list(changes.values_list("object_type", "kind"))
            chunks = list(ImportChunk.objects.filter(**own).order_by("number"))
            found["outcomes"] = "".join(chunk.outcomes for chunk in chunks)
            found["lines"] = [line for chunk in chunks for line in chunk.lines]
            failures = ImportFailure.objects.filter(**own).order_by("number")
            found["failures"] = [(each.number, each.first_line, each.faults) for each in failures]
            found["history"] = SentRecord.objects.filter(tenant_id=tenant_id, actor_id=id).count()
        return found


def disturb(run: Run, world: World, spool: Path, moments: int, seed: int, patience: float) -> int:
    """Have a worker import the files while worker and PostgreSQL are killed in turn; how often it was."""
    chance, kills, before = random.Random(seed), 0, -1  # noqa: S311 - nothing secret
    worker, until = Worker(world.database, spool), time.monotonic() + patience
    try:
        while (now := run.read()) is not None:
            assert time.monotonic() < until, f"{kills} kills, {now} rows"
            worker.keep()
            if kills < moments and now > before:
                time.sleep(chance.uniform(0, 0.8))
                if kills % 2:
                    connection.close()
                    world.kill()
                    world.recover()
                else:
                    worker.kill()
                kills, before = kills + 1, now
            time.sleep(0.05)
    finally:
        worker.kill()
    return kills


def compare(world: World, spool: Path, rows: int, moments: int, seed: int, patience: float = 90) -> int:
    """Fails where disturbed imports leave anything else than undisturbed ones; how often somebody was killed."""
    content = file(rows)
    run = Run(content)
    kills = disturb(run, world, spool, moments, seed, patience)
    expected = Run(content).undisturbed()
    for name in CONFIGURATIONS:
        found = run.told(name)
        for what, value in expected.told(name).items():
            assert found[what] == value, f"{name}: {what}"
        assert found["seqs"] == list(range(1, len(found["seqs"]) + 1))
    return kills
