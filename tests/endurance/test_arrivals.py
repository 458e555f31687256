"""Survey records that arrive while an automated campaign is on and senders are killed; counted at the sink."""

from __future__ import annotations

import asyncio
import os
import random
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from rapport.campaigns import acts, drafts, plans, taking
from rapport.campaigns.errors import StateError
from rapport.campaigns.models import Campaign, Delivery
from rapport.ingest.store import Store
from rapport.ingest.writer import Writer
from rapport.surveys.models import SurveyRecord
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope
from tests.cast import new_tenant
from tests.conftest import django_on
from tests.directory.feed import submission
from tests.endurance import taking as mails
from tests.endurance.test_sending import PATIENCE, Running
from tests.ingest.serving import until
from tests.sender import office

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rapport.tenants.models import Tenant
    from tests.journeys.test_crash import World

pytestmark = pytest.mark.endure
RECORDS, RATE, KILLS = int(os.environ.get("ARRIVALS", "100000")), 500, 10
#: Survey records that are there before the campaign is activated.
OLD = RECORDS // 2
#: Those that came between an edit and its activation.
NEW = {"waiting": {"days": 1}, "where": [{"field": "email", "contains": "new"}]}
GOING = ("queued", "scheduled", "claimed", "deferred", "handed over")


def edited(tenant: Tenant, priority: int) -> bool:
    """Edits the default campaign and activates it; whether it could be edited already: what came before is taken."""
    with tenant_scope(tenant) as tenant_id:
        row = Campaign.objects.get(tenant_id=tenant_id, is_default=True)
        try:
            drafts.change(row, COMMAND, {"priority": priority, "sender": office.SENDER})
        except StateError:
            return False
        token = plans.plan(row, COMMAND).token
        plans.start(tenant_id, row, token, COMMAND)
        return True


class Arriving(threading.Thread):
    """Survey records that come at a constant rate, each answered once it is durable."""

    def __init__(self, world: World, tenant: Tenant, name: str, records: int) -> None:
        super().__init__()
        self._settings, self._tenant, self._name, self._records = world.database.settings, tenant, name, records
        self.answered, self.seconds = 0, 0.0

    def run(self) -> None:
        asyncio.run(self._run())

    async def _run(self) -> None:
        store = Store(self._settings, 1)
        writer, started = Writer(store, store, 1), time.monotonic()

        async def answer(number: int) -> None:
            record = {"": "survey", "Email": f"{self._name}{number}@example.com"}
            await writer.submit(self._tenant.pk, submission(UUID(int=7), record))
            self.answered += 1

        async with asyncio.TaskGroup() as answers:
            for number in range(self._records):
                await asyncio.sleep(max(0, started + number / RATE - time.monotonic()))
                answers.create_task(answer(number))
        self.seconds = time.monotonic() - started
        await writer.drain()


def disturb(tenant: Tenant, running: Running, arriving: Arriving) -> Campaign:
    """As they come, senders and mail servers are killed and the campaign is paused, resumed, paused and edited."""
    chance = random.Random(24)  # noqa: S311 (nothing secret)
    with tenant_scope(tenant) as tenant_id:
        campaign = Campaign.objects.get(tenant_id=tenant_id, is_default=True)
    for kill in range(KILLS):
        goal = (kill + chance.random()) * RECORDS / (KILLS + 1)
        until(lambda goal=goal: arriving.answered >= goal or not arriving.is_alive(), f"{goal:.0f} came", PATIENCE)
        running.kill(chance.choice(("sender", "mail server")), chance)
        office.act(tenant, acts.pause, campaign)
        office.act(tenant, acts.resume, campaign)
        office.act(tenant, acts.pause, campaign)
        until(lambda kill=kill: edited(tenant, kill + 1), "what came before is taken", PATIENCE)
    return campaign


def test_each_survey_record_is_mailed_once_while_senders_are_killed(
    world: World, tmp_path: Path, told: Callable[[str], None]
) -> None:
    with django_on(world.database):
        tenant = new_tenant()
        before = Arriving(world, tenant, "old", OLD)
        before.start()
        before.join()
        running, arriving = Running(world, tenant, tmp_path), Arriving(world, tenant, "new", RECORDS)
        try:
            with office.serving(world.database, running.port):
                assert edited(tenant, 1)
                arriving.start()
                campaign = disturb(tenant, running, arriving)
                arriving.join()
                until(lambda: taken(tenant) + waiting(tenant) == RECORDS + OLD, "what came is taken or waits", PATIENCE)
                between = waiting(tenant) - OLD
                office.started(tenant, recipients=NEW)
            until(lambda: is_over(tenant), "everything is over", PATIENCE + RECORDS / 20)
        finally:
            running.stop()
        states, counts = Counter(office.states(tenant).values()), mails.counted(running.file)
        kept, there = office.counted(tenant, campaign)
    rate = f"{RECORDS / arriving.seconds:.0f} a second"
    told(f"{RECORDS} beside {OLD} at {rate}: {dict(states)}, {between} of them by hand")
    assert kept == there
    assert sum(states.values()) == RECORDS
    assert set(states) <= {"sent", "in doubt"}
    assert max(counts.values()) == 1
    assert not any(address.startswith("old") for address in counts)
    assert len(counts) >= states["sent"]


def waiting(tenant: Tenant) -> int:
    """How many survey records wait unsent, all for one reason."""
    with tenant_scope(tenant) as tenant_id:
        [found] = taking.waiting(tenant_id)
    return found.number


def taken(tenant: Tenant) -> int:
    with tenant_scope(tenant) as tenant_id:
        return SurveyRecord.objects.filter(tenant_id=tenant_id, campaign_id__isnull=False).count()


def is_over(tenant: Tenant) -> bool:
    """Whether every survey record was taken, and every delivery is over."""
    with tenant_scope(tenant) as tenant_id:
        going = Delivery.objects.filter(tenant_id=tenant_id, state__in=GOING).exists()
    return not going and taken(tenant) == RECORDS
