"""A campaign whose senders, database and mail server are killed at random moments; counted at the mail server.

Short forms: `tests/sender/test_kills.py`, `tests/sender/test_conversations.py`.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from django.db import Error, connections

from rapport.sender import conversation, holding, leases
from tests.cast import new_tenant
from tests.conftest import django_on
from tests.endurance import taking
from tests.ingest.serving import free_port, until
from tests.sender import office
from tests.sender.sink import sink
from tests.sender.test_kills import process

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rapport.campaigns.models import Campaign
    from rapport.tenants.models import Tenant
    from tests.conftest import Database
    from tests.journeys.test_crash import World

pytestmark = pytest.mark.endure
MAILS, KILLS, SENDERS = int(os.environ.get("SENDING_MAILS", "100000")), 30, 2
#: A minute for each step of two hundred mails, and what the last conversation may take until it is in doubt.
PATIENCE = conversation.CONVERSATION_SECONDS + 300 + MAILS / 20


class Running:
    """Two senders and a mail server, each of which can be killed and comes back."""

    def __init__(self, world: World, tenant: Tenant, directory: Path) -> None:
        self.world, self.tenant, self.directory = world, tenant, directory
        self.port, self.file = free_port(), directory / "taken"
        self.file.touch()
        self.mails = self._sink()
        self.senders = [self._sender() for _ in range(SENDERS)]

    def _sink(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.endurance.taking", str(self.port), str(self.file)]
        return subprocess.Popen(command)

    def _sender(self) -> subprocess.Popen[bytes]:
        return process(self.world.database, self.directory, self.tenant, self.port)

    def taken(self) -> int:
        return self.file.read_bytes().count(b"\n")

    def kill(self, what: str, chance: random.Random) -> int:
        """Kills one thing and brings it back; how many senders that touched."""
        if what == "database":
            self.world.crash()
            self.world.recover()
            connections.close_all()
            return SENDERS
        if what == "mail server":
            self.mails.kill()
            self.mails.wait()
            self.mails = self._sink()
            return SENDERS
        victim = self.senders.pop(chance.randrange(SENDERS))
        if what == "sleep":
            victim.send_signal(signal.SIGSTOP)
            time.sleep(leases.SECONDS + 5)
            victim.send_signal(signal.SIGCONT)
            self.senders.append(victim)
            return 1
        victim.kill()
        victim.wait()
        self.senders.append(self._sender())
        return 1

    def stop(self) -> None:
        for each in (*self.senders, self.mails):
            each.terminate()
        for each in (*self.senders, self.mails):
            each.wait(60)


def is_done(tenant: Tenant, campaign: Campaign) -> bool:
    try:
        return office.refreshed(tenant, campaign).state == "done"
    except Error:
        connections.close_all()
        return False


def test_everything_is_killed_and_everybody_gets_one(world: World, tmp_path: Path, told: Callable[[str], None]) -> None:
    chance, touched, kinds = random.Random(23), 0, Counter[str]()  # noqa: S311 (nothing secret)
    with django_on(world.database):
        tenant = new_tenant()
        addresses = office.many(world.database, tenant, MAILS)
        running = Running(world, tenant, tmp_path)
        try:
            with office.serving(world.database, running.port):
                campaign = office.started(tenant)
            started = time.monotonic()
            for kill in range(KILLS):
                goal = (kill + chance.random()) * MAILS / (KILLS + 1)
                until(lambda goal=goal: running.taken() >= goal, f"{goal:.0f} are taken", PATIENCE)
                what = "sleep" if kill % 10 == 5 else chance.choice(("sender", "database", "mail server"))
                touched += running.kill(what, chance)
                kinds[what] += 1
            until(lambda: is_done(tenant, campaign), "it is done", PATIENCE)
            took = time.monotonic() - started
        finally:
            running.stop()
        states, counts = office.states(tenant), taking.counted(running.file)
        kept, there = office.counted(tenant, campaign)
    found = Counter(states.values())
    told(f"{MAILS} mails, {dict(kinds)}, {took:.0f} s: {dict(found)}, taken {sum(counts.values())}")
    assert kept == there
    assert set(found) <= {"sent", "in doubt"}
    assert max(counts.values()) == 1, "nobody gets it twice"
    doubted = {address for address, state in states.items() if state == "in doubt"}
    assert set(addresses) - doubted <= set(counts), "nobody is left out"
    assert len(doubted) <= touched * holding.LIMIT


def test_a_server_that_takes_20_s_over_each_step_gets_every_mail_once(
    database: Database, tenant: Tenant, told: Callable[[str], None]
) -> None:
    addresses = office.many(database, tenant, 60)
    with sink(seconds=20) as server, office.serving(database, server.port), office.sending(database, tenant, 2):
        started = time.monotonic()
        campaign = office.started(tenant)
        until(lambda: office.refreshed(tenant, campaign).state == "done", "it is done", 900)
        assert server.counts == server.asked == dict.fromkeys(addresses, 1)
        told(f"60 mails in {time.monotonic() - started:.0f} s")
    assert set(office.states(tenant).values()) == {"sent"}
