"""Survey records that arrive while an automated campaign is on and senders are killed; counted at the sink."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from typing import TYPE_CHECKING, Any
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
RECORDS, TOGETHER, KILLS = int(os.environ.get("ARRIVALS", "100000")), 500, 10
#: Survey records that are there before the campaign is activated.
OLD = RECORDS // 2 // TOGETHER * TOGETHER

GOING = ("queued", "scheduled", "claimed", "deferred", "handed over")


def activated(tenant: Tenant, **given: Any) -> Campaign:
    """The default campaign, edited."""
    with tenant_scope(tenant) as tenant_id:
        row = Campaign.objects.get(tenant_id=tenant_id, is_default=True)
        drafts.change(row, COMMAND, given)
        token = plans.plan(row, COMMAND).token
        return plans.start(tenant_id, row, token, COMMAND)


def arrive(world: World, tenant: Tenant, running: Running, campaign: Campaign) -> float:
    """Survey records come, the campaign is edited, paused and resumed, senders are killed; the seconds that it took."""
    chance, started = random.Random(24), time.monotonic()  # noqa: S311 (nothing secret)
    batches = RECORDS // TOGETHER
    for batch in range(batches):
        send(world, tenant, "c", batch)
        if batch % max(1, batches // KILLS) == 0:
            running.kill(chance.choice(("sender", "mail server")), chance)
            office.act(tenant, acts.pause, campaign)
            office.act(tenant, acts.resume, campaign)
            office.act(tenant, acts.pause, campaign)
            edit(tenant, batch)
    return time.monotonic() - started


def edit(tenant: Tenant, batch: int) -> None:
    """Edited as soon as it may be; what came before is taken."""

    def edited() -> bool:
        try:
            activated(tenant, priority=batch + 1)
        except StateError:
            return False
        return True

    until(edited, "what came before is taken", PATIENCE)


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
            with office.serving(world.database, running.port):
                campaign = activated(tenant, sender=office.SENDER)
                fed = arrive(world, tenant, running, campaign)
            started = time.monotonic()
            until(lambda: is_over(tenant), "everything is over", PATIENCE + RECORDS / 20)
            took = time.monotonic() - started
        finally:
            running.stop()
        states, counts = Counter(office.states(tenant).values()), mails.counted(running.file)
        kept, there = office.counted(tenant, campaign)
        with tenant_scope(tenant) as tenant_id:
            [waiting] = taking.waiting(tenant_id)
    told(f"{RECORDS} beside {OLD} in {fed:.0f} s, {took:.0f} s more: {dict(states)}, taken {sum(counts.values())}")
    assert kept == there
    assert waiting.number == OLD, "what was there before waits"
    assert sum(states.values()) == RECORDS
    assert set(states) <= {"sent", "in doubt"}
    assert max(counts.values()) == 1
    assert not any(address.startswith("old") for address in counts)
    assert len(counts) >= states["sent"]


def is_over(tenant: Tenant) -> bool:
    """Whether every survey record was taken, and every delivery is over."""
    with tenant_scope(tenant) as tenant_id:
        taken = SurveyRecord.objects.filter(tenant_id=tenant_id, campaign_id__isnull=False).count()
        going = Delivery.objects.filter(tenant_id=tenant_id, state__in=GOING)
        return taken == RECORDS and not going.exists()
