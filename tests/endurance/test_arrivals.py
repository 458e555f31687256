"""Survey records that arrive while an automated campaign is on and senders are killed; counted at the sink."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from rapport.campaigns import acts, drafts, plans, taking
from rapport.campaigns.errors import StateError
from rapport.campaigns.models import Campaign, Delivery
from rapport.surveys.models import SurveyRecord
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope
from tests.cast import new_tenant
from tests.conftest import django_on
from tests.directory.feed import feed
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
RECORDS, TOGETHER, RATE, KILLS = int(os.environ.get("ARRIVALS", "100000")), 250, 500, 10
#: Survey records that are there before the campaign is activated.
OLD = RECORDS // 2 // TOGETHER * TOGETHER

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


def arrive(world: World, tenant: Tenant) -> float:
    """Survey records come at a constant rate; the seconds that it took."""
    started = time.monotonic()
    for batch in range(RECORDS // TOGETHER):
        due = started + batch * TOGETHER / RATE
        time.sleep(max(0, due - time.monotonic()))
        send(world, tenant, "c", batch)
    return time.monotonic() - started


def disturb(tenant: Tenant, running: Running, arriving: Future[float]) -> None:
    """As they come, senders and mail servers are killed and the campaign is paused, resumed, paused and edited."""
    chance = random.Random(24)  # noqa: S311 (nothing secret)
    with tenant_scope(tenant) as tenant_id:
        campaign = Campaign.objects.get(tenant_id=tenant_id, is_default=True)
    for kill in range(KILLS):
        goal = (kill + chance.random()) * RECORDS / (KILLS + 1)
        until(lambda goal=goal: arriving.done() or came(tenant) >= goal, f"{goal:.0f} came", PATIENCE)
        running.kill(chance.choice(("sender", "mail server")), chance)
        office.act(tenant, acts.pause, campaign)
        office.act(tenant, acts.resume, campaign)
        office.act(tenant, acts.pause, campaign)
        until(lambda kill=kill: edited(tenant, kill + 1), "what came before is taken", PATIENCE)


def came(tenant: Tenant) -> int:
    """How many survey records have come while the campaign was on."""
    with tenant_scope(tenant) as tenant_id:
        return SurveyRecord.objects.filter(tenant_id=tenant_id).count() - OLD


def send(world: World, tenant: Tenant, name: str, batch: int) -> None:
    numbers = range(batch * TOGETHER, (batch + 1) * TOGETHER)
    records = ({"": "survey", "Email": f"{name}{number}@example.com"} for number in numbers)
    feed(world.database.settings, tenant.pk, UUID(int=7), *records)


def test_each_survey_record_is_mailed_once_while_senders_are_killed(
    world: World, tmp_path: Path, told: Callable[[str], None]
) -> None:
    with django_on(world.database):
        tenant = new_tenant()
        for batch in range(OLD // TOGETHER):
            send(world, tenant, "old", batch)
        running = Running(world, tenant, tmp_path)
        try:
            with office.serving(world.database, running.port), ThreadPoolExecutor(1) as feeder:
                assert edited(tenant, 1)
                arriving = feeder.submit(arrive, world, tenant)
                disturb(tenant, running, arriving)
                fed = arriving.result()
            until(lambda: is_over(tenant), "everything is over", PATIENCE + RECORDS / 20)
        finally:
            running.stop()
        states, counts = Counter(office.states(tenant).values()), mails.counted(running.file)
        with tenant_scope(tenant) as tenant_id:
            campaign = Campaign.objects.get(tenant_id=tenant_id, is_default=True)
            between = waiting(tenant_id) - OLD
        kept, there = office.counted(tenant, campaign)
    rate = f"{RECORDS / fed:.0f} a second"
    told(f"{RECORDS} beside {OLD} at {rate}: {dict(states)}, {between} between an edit and its activation")
    assert kept == there
    assert sum(states.values()) == RECORDS - between, "those that came between an edit and its activation wait"
    assert between < KILLS * RATE * 5
    assert set(states) <= {"sent", "in doubt"}
    assert max(counts.values()) == 1
    assert not any(address.startswith("old") for address in counts)
    assert len(counts) >= states["sent"]


def waiting(tenant_id: int) -> int:
    """How many survey records wait unsent, all for one reason; in the scope."""
    [found] = taking.waiting(tenant_id)
    return found.number


def is_over(tenant: Tenant) -> bool:
    """Whether every survey record was taken or waits, and every delivery is over."""
    with tenant_scope(tenant) as tenant_id:
        taken = SurveyRecord.objects.filter(tenant_id=tenant_id, campaign_id__isnull=False).count()
        going = Delivery.objects.filter(tenant_id=tenant_id, state__in=GOING)
        return taken + waiting(tenant_id) == RECORDS + OLD and not going.exists()
