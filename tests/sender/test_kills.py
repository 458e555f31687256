"""Senders that are killed and stopped in mid-run, counted at the mail server: nobody twice, nobody missing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from rapport.sender import conversation, holding, leases
from tests.ingest.serving import until
from tests.sender import office
from tests.sender.sink import sink

if TYPE_CHECKING:
    from pathlib import Path

    from rapport.tenants.models import Tenant
    from tests.conftest import Database

KILLS, PEOPLE = 4, 400


def process(database: Database, directory: Path, tenant: Tenant, port: int) -> subprocess.Popen[bytes]:
    """`rapport sender` as a process of its own."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("RAPPORT_")}
    ours = database.settings.environment() | {
        "RAPPORT_DATA_DIR": str(directory),
        "RAPPORT_PUBLIC_URL": "https://ask.example.com",
        "RAPPORT_MAIL_URL": f"smtp://127.0.0.1:{port}",
    }
    command = [sys.executable, "-m", "rapport", "sender", "--tenant", tenant.slug]
    return subprocess.Popen(command, env=others | ours, stderr=subprocess.DEVNULL)


def test_killed_senders_leave_nobody_twice_and_nobody_out(database: Database, tenant: Tenant, tmp_path: Path) -> None:
    addresses = office.many(database, tenant, PEOPLE)
    with sink(seconds=0.03) as server, office.serving(database, server.port):
        campaign = office.started(tenant)
        for kill in range(KILLS):
            victim = process(database, tmp_path, tenant, server.port)
            goal = (kill + 1) * PEOPLE // (KILLS + 2)
            until(lambda goal=goal: len(server.taken) >= goal, f"{goal} are taken", 60)
            victim.kill()
            victim.wait()
            office.lose_leases(database, tenant)
        with office.sending(database, tenant):
            until(lambda: not office.waiting(tenant), "nobody waits", 60)
            office.lose_leases(database, tenant, handed_over=True)
            until(lambda: office.refreshed(tenant, campaign).state == "done", "it is done", 60)
    found = Counter(office.states(tenant).values())
    assert set(found) <= {"sent", "in doubt"}
    assert found["in doubt"] <= KILLS * holding.LIMIT
    assert max(server.counts.values()) == 1
    doubted = {address for address, state in office.states(tenant).items() if state == "in doubt"}
    assert set(addresses) - doubted <= set(server.counts)
    kept, there = office.counted(tenant, campaign)
    assert kept == there


def test_a_sender_that_slept_past_its_lease_begins_nothing(database: Database, tenant: Tenant, tmp_path: Path) -> None:
    office.many(database, tenant, PEOPLE)
    with sink(seconds=0.03) as server, office.serving(database, server.port):
        campaign = office.started(tenant)
        sleeper = process(database, tmp_path, tenant, server.port)
        until(lambda: len(server.taken) >= PEOPLE // 4, "a quarter is taken", 60)
        sleeper.send_signal(signal.SIGSTOP)
        office.lose_leases(database, tenant)
        with office.sending(database, tenant):
            until(lambda: len(server.taken) >= PEOPLE // 2, "half is taken", 60)
            office.lose_leases(database, tenant, handed_over=True)
            sleeper.send_signal(signal.SIGCONT)
            until(lambda: office.refreshed(tenant, campaign).state == "done", "it is done", 60)
        sleeper.terminate()
        assert sleeper.wait(40) == 0
    assert max(server.counts.values()) == 1
    assert set(office.states(tenant).values()) <= {"sent", "in doubt"}
    kept, there = office.counted(tenant, campaign)
    assert kept == there


@pytest.mark.parametrize("moment", [conversation.BEGIN_SECONDS])
def test_a_lease_is_longer_than_the_moment_in_which_data_begins(moment: float) -> None:
    """Whoever was let through begins before anybody could call it lost."""
    assert moment < leases.SECONDS
    assert 3 * conversation.STEP_SECONDS + moment <= conversation.CONVERSATION_SECONDS
