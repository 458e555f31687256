"""Workers are killed, again and again (short forms: `tests/journeys/test_crash.py`, `tests/tenants/test_queue.py`)."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.ingest.load import load
from tests.ingest.serving import Server, serving, until
from tests.tenants.test_queue import kill_amid_a_letter, link

if TYPE_CHECKING:
    import psycopg

    from tests.conftest import Database
    from tests.journeys.test_crash import World

pytestmark = pytest.mark.endure
KILLS = 25
LETTERS = 2


def back(server: Server, killed: int) -> bool:
    """Whether there are two workers again. Where one is killed twice in six seconds Granian ends them all, so that
    `rapport serve` starts them anew.
    """
    if server.process.poll() is not None:
        server.stop()
        server.start()
    return len(server.workers()) == 2 and killed not in server.workers()


def test_ingest_workers_are_killed_at_random(world: World, tmp_path: Path, told: Callable[[str], None]) -> None:
    alice = world.cast().alice
    chance = random.Random(40)  # noqa: S311 - nothing secret
    with serving(world.database, tmp_path) as server, load(server, alice) as running:
        for _ in range(KILLS):
            time.sleep(chance.random())
            pid = chance.choice(server.workers())
            os.kill(pid, signal.SIGKILL)
            until(lambda pid=pid: back(server, pid), "another has come")
            running.goes_on(50)
    assert set(running.statuses) <= {200, 503}
    found = world.audit(alice)
    found.find(running.told)
    told(f"{KILLS} kills, {len(running.told)} records acknowledged, none lost; {len(running.unanswered)} unanswered")


def test_workers_are_killed_amid_letters(
    served: psycopg.Connection, fresh_database: Database, tmp_path: Path, told: Callable[[str], None]
) -> None:
    """In real time: nobody says that the worker is gone."""
    took = []
    for _ in range(LETTERS):
        started = time.monotonic()
        deaf, box, _log = kill_amid_a_letter(fresh_database, tmp_path, lambda: None)
        took.append(time.monotonic() - started)
        assert link(box.letters[0][1]) == link(deaf.letters[0][1])
    told(f"mailed again after {', '.join(f'{seconds:.0f} s' for seconds in took)}")
