"""Jobs run as the worker runs them: as the application role, over the queue in PostgreSQL."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from django.db import OperationalError
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from uuid_utils.compat import uuid7

from rapport.cli import worker
from rapport.connected_apps import jobs as connected_apps
from rapport.connected_apps.models import AccessToken, AppSecret
from rapport.history import jobs, partitions
from rapport.history.models import HourlyCount, IdempotencyKey, SentRecord, UnmappedHeading, UnmappedValue
from rapport.tenants import queue, registry, upkeep
from rapport.tenants.scope import tenant_scope
from tests.cast import Cast, new_token
from tests.conftest import django_on
from tests.ingest.serving import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from procrastinate import App
    from procrastinate.tasks import Task

    from rapport.tenants.models import Tenant
    from tests.conftest import Database

NOW = datetime.now(UTC)


@pytest.fixture
def served(fresh_database: Database) -> Iterator[Database]:
    with django_on(fresh_database):
        yield fresh_database


def run(task: Task) -> None:
    """Defers the job and lets a worker do it; nothing must be left."""
    task.defer(timestamp=0)
    with app.replace_connector(app.connector.get_worker_connector()) as queue:
        queue.run_worker(wait=False, listen_notify=False, install_signal_handlers=False)
    assert list(ProcrastinateJob.objects.values_list("task_name", "status")) == []


def test_the_worker_makes_the_days_ahead(served: Database) -> None:
    with psycopg.connect(served.owner, autocommit=True) as owner:
        owner.execute(f"drop table requests_{NOW + timedelta(days=5):%Y%m%d}")
        run(jobs.maintain_partitions)
        assert len(partitions.days(owner)) == partitions.DAYS_AHEAD + 2


def test_idempotency_keys_go_after_a_day(served: Database) -> None:
    cast = Cast()
    for person in (cast.alice, cast.charlie):
        with tenant_scope(person.tenant) as tenant_id:
            for key, age in (("old", 24.1), ("new", 23.9)):
                IdempotencyKey.objects.create(
                    tenant_id=tenant_id,
                    actor_id=uuid7(),
                    key=key,
                    fingerprint=b"",
                    receipt={},
                    created_at=datetime.now(UTC) - timedelta(hours=age),
                )
    run(jobs.purge)
    for person in (cast.alice, cast.charlie):
        with tenant_scope(person.tenant) as tenant_id:
            assert list(IdempotencyKey.objects.filter(tenant_id=tenant_id).values_list("key", flat=True)) == ["new"]


def test_counts_go_after_ninety_days(served: Database) -> None:
    with tenant_scope(registry.create("counts")) as tenant_id:
        for days in (91, 89):
            at = NOW - timedelta(days=days)
            place = {"actor_type": "app", "actor_id": uuid7(), "configuration_id": uuid7(), "outcome": "created"}
            HourlyCount.objects.create(
                tenant_id=tenant_id, hour=at, **place, records=days, records_ignored=0, last_at=at
            )
    run(jobs.purge)
    with tenant_scope(tenant_id):
        assert list(HourlyCount.objects.filter(tenant_id=tenant_id).values_list("records", flat=True)) == [89]


@pytest.mark.parametrize("minute", [2, 30])
def test_what_killed_workers_never_counted_is_counted_anew(
    served: Database, monkeypatch: pytest.MonkeyPatch, minute: int
) -> None:
    """Of five records in the hour before and in this one two were counted; nine, where a worker waits to tell more."""
    now = datetime.now(UTC).replace(minute=minute, second=0)

    class Clock(datetime):
        @classmethod
        def now(cls, zone: Any = None) -> datetime:
            return now

    monkeypatch.setattr(jobs, "datetime", Clock)
    app, configuration = uuid7(), uuid7()
    shared = {"actor_type": "app", "outcome": "created"}
    with tenant_scope(registry.create(f"recounted{minute}")) as tenant_id:
        for ago in (0, 1):
            hour = now.replace(minute=0, microsecond=0) - timedelta(hours=ago)
            for number in range(5):
                SentRecord.objects.create(
                    tenant_id=tenant_id, at=hour + timedelta(seconds=number), id=uuid7(), request_id="r", position=0,
                    status=200, objects_written=[], actor_id=app, configuration_id=configuration, **shared
                )  # fmt: skip
            for known, records in ((configuration, 2), (uuid7(), 9)):
                place = {"tenant_id": tenant_id, "hour": hour, "actor_id": app, "configuration_id": known}
                HourlyCount.objects.create(**place, **shared, records=records, records_ignored=0, last_at=hour)
    run(jobs.recount)
    run(jobs.recount)
    with tenant_scope(tenant_id):
        counts = HourlyCount.objects.filter(tenant_id=tenant_id).order_by("hour", "records")
        assert list(counts.values_list("records", flat=True)) == [5, 9, 5, 9]
        HourlyCount.objects.filter(tenant_id=tenant_id).update(records=7)
    run(jobs.recount)
    with tenant_scope(tenant_id):
        counts = HourlyCount.objects.filter(tenant_id=tenant_id, configuration_id=configuration).order_by("hour")
        assert list(counts.values_list("records", flat=True)) == [5 if minute == 30 else 7, 7]


def test_unmapped_headings_go_after_ninety_days_with_their_values(served: Database) -> None:
    tenant = registry.create("headings")
    tenant.sent_days = 1000
    tenant.save(update_fields=["sent_days"])
    with tenant_scope(tenant) as tenant_id:
        for days in (91, 89):
            place = {"tenant_id": tenant_id, "configuration_id": uuid7(), "heading": str(days)}
            at = NOW - timedelta(days=days)
            UnmappedHeading.objects.create(**place, count=1, first_seen=NOW - timedelta(days=200), last_seen=at)
            UnmappedValue.objects.create(**place, id=uuid7(), at=at, value="x")
    run(jobs.purge)
    with tenant_scope(tenant_id):
        for model in (UnmappedHeading, UnmappedValue):
            assert list(model.objects.filter(tenant_id=tenant_id).values_list("heading", flat=True)) == ["89"]


def test_what_was_sent_goes_when_the_tenant_says(served: Database) -> None:
    keeps = registry.create("keeps")
    forgets = registry.create("forgets")
    forgets.sent_days = 7
    forgets.save(update_fields=["sent_days"])
    for tenant in (keeps, forgets):
        with tenant_scope(tenant) as tenant_id:
            for days in (1, 8, 31):
                SentRecord.objects.create(
                    tenant_id=tenant_id,
                    at=NOW - timedelta(days=days),
                    id=uuid7(),
                    request_id=str(days),
                    position=0,
                    actor_type="app",
                    status=200,
                    outcome="created",
                    objects_written=[],
                    sent={"Email": "ada@example.com"},
                )
                place = {"tenant_id": tenant_id, "configuration_id": uuid7(), "heading": "Odd"}
                UnmappedValue.objects.create(**place, id=uuid7(), at=NOW - timedelta(days=days), value=str(days))
    run(jobs.purge)
    for tenant, left in ((keeps, {"1", "8"}), (forgets, {"1"})):
        with tenant_scope(tenant) as tenant_id:
            rows = SentRecord.objects.filter(tenant_id=tenant_id)
            assert rows.count() == 3
            assert set(rows.filter(sent__isnull=False).values_list("request_id", flat=True)) == left
            assert set(UnmappedValue.objects.filter(tenant_id=tenant_id).values_list("value", flat=True)) == left


@pytest.fixture
def sent(served: Database) -> Callable[..., dict[str, bool]]:
    """Stores records of a tenant that came so many days ago; tells of each whether what was sent is still there."""

    def store(tenant: Tenant, *days: float) -> dict[str, bool]:
        place = {"position": 0, "actor_type": "app", "status": 200, "outcome": "created", "objects_written": []}
        now = datetime.now(UTC)
        with tenant_scope(tenant) as tenant_id:
            for each in days:
                at = now - timedelta(days=each)
                row = SentRecord(tenant_id=tenant_id, at=at, id=uuid7(), request_id=str(each), sent={"a": "b"}, **place)
                row.save(force_insert=True)
            rows = SentRecord.objects.filter(tenant_id=tenant_id).order_by("at", "id")
            return {row.request_id: row.sent is not None for row in rows}

    return store


def test_what_was_sent_is_emptied_in_steps_and_never_looked_at_again(
    sent: Callable[..., dict[str, bool]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "STEP", 2)
    tenant = registry.create("steps")
    sent(tenant, 60, 50, 50, 50, 50, 40, 31, 29)  # four of a group have one moment
    run(jobs.purge)
    assert sent(tenant) == dict.fromkeys(("60", "50", "40", "31"), False) | {"29": True}
    tenant.refresh_from_db()
    assert tenant.emptied_until <= datetime.now(UTC) - timedelta(days=30, minutes=5)
    sent(tenant, 45)
    run(jobs.purge)
    assert sent(tenant)["45"], "nobody looked"


def test_what_is_committed_late_is_emptied_the_next_time(sent: Callable[..., dict[str, bool]]) -> None:
    tenant = registry.create("late")
    run(jobs.purge)
    sent(tenant, 30 + 2 / 24 / 60)
    run(jobs.purge)
    assert sent(tenant) == {str(30 + 2 / 24 / 60): False}


def test_a_tenant_that_keeps_less_from_now_on_is_emptied_up_to_there(sent: Callable[..., dict[str, bool]]) -> None:
    tenant = registry.create("less")
    sent(tenant, 29, 8, 6)
    run(jobs.purge)
    tenant.refresh_from_db()
    tenant.sent_days = 7
    tenant.save(update_fields=["sent_days"])
    run(jobs.purge)
    assert sent(tenant) == {"29": False, "8": False, "6": True}


def test_a_tenant_that_fails_stops_no_other(
    sent: Callable[..., dict[str, bool]], monkeypatch: pytest.MonkeyPatch
) -> None:
    failing, other = registry.create("failing"), registry.create("other")
    for tenant in (failing, other):
        sent(tenant, 31)
    empty = jobs._empty

    def fail(tenant: Tenant, since: datetime) -> None:
        if tenant == failing:
            raise OperationalError
        empty(tenant, since)

    monkeypatch.setattr(jobs, "_empty", fail)
    with pytest.raises(upkeep.UpkeepError, match=r"^1 of 2 tenants could not be looked after$"):
        jobs.purge(0)
    assert (sent(failing), sent(other)) == ({"31": True}, {"31": False})


def test_rows_are_deleted_in_steps(served: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "STEP", 2)
    with tenant_scope(registry.create("keys")) as tenant_id:
        for number in range(5):
            IdempotencyKey.objects.create(
                tenant_id=tenant_id, actor_id=uuid7(), key=str(number), fingerprint=b"", receipt={},
                created_at=NOW - timedelta(days=2),
            )  # fmt: skip
    run(jobs.purge)
    with tenant_scope(tenant_id):
        assert not IdempotencyKey.objects.filter(tenant_id=tenant_id).exists()


def test_every_job_is_in_a_queue_that_is_worked_at() -> None:
    ours = {name: task for name, task in app.tasks.items() if name.startswith("rapport.")}
    assert {task.queue for task in ours.values()} == set(queue.QUEUES)
    assert {name for name, task in ours.items() if task.queue == queue.LONG} == {
        "rapport.history.jobs.purge",
        "rapport.connected_apps.jobs.purge",
        "rapport.members.jobs.purge",
        "rapport.imports.jobs.check",
        "rapport.imports.jobs.run",
        "rapport.imports.jobs.forget",
        "rapport.campaigns.jobs.fetch_bounces",
        "rapport.directory.jobs.empty_deleted",
        "rapport.directory.jobs.move_merged",
        "rapport.evidence.jobs.run",
        "rapport.evidence.jobs.replay",
        "rapport.evidence.jobs.forget",
    }


def test_long_jobs_hold_up_no_others(served: Database) -> None:
    """Neither those under way nor those that wait."""
    begun, release, done = threading.Semaphore(0), threading.Event(), threading.Event()

    def lasts() -> None:
        begun.release()
        release.wait(PATIENCE)

    long, short = app.task(name="lasts", queue=queue.LONG)(lasts), app.task(name="short")(done.set)
    for _ in range(queue.QUEUES[queue.LONG] + 1):
        long.defer()

    async def look(worked: App) -> None:
        working = asyncio.ensure_future(worker._work(worked))
        for _ in range(queue.QUEUES[queue.LONG]):
            assert await asyncio.to_thread(begun.acquire, timeout=PATIENCE)
        await short.defer_async()
        assert await asyncio.to_thread(done.wait, PATIENCE)
        release.set()
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working

    async def whole() -> None:
        with app.replace_connector(app.connector.get_worker_connector()) as worked:
            async with worked.open_async():
                await look(worked)

    try:
        asyncio.run(whole())
    finally:
        release.set()
        del app.tasks["lasts"], app.tasks["short"]


def test_expired_credentials_go(served: Database) -> None:
    alice = Cast().alice
    new_token(alice.tenant, alice.client_id, expires_in=timedelta(seconds=-1))
    with tenant_scope(alice.tenant) as tenant_id:
        assert AccessToken.objects.filter(tenant_id=tenant_id).count() == 3
        owner = AccessToken.objects.filter(tenant_id=tenant_id).first().app_id
        AppSecret.objects.create(tenant_id=tenant_id, app_id=owner, hash=b"", expires_at=NOW)
    run(connected_apps.purge)
    with tenant_scope(alice.tenant) as tenant_id:
        assert AccessToken.objects.filter(tenant_id=tenant_id).count() == 2
        assert AppSecret.objects.filter(tenant_id=tenant_id).count() == 2


def test_every_job_says_why_twice_does_no_harm() -> None:
    ours = [task for name, task in app.tasks.items() if name.startswith("rapport.")]
    assert [task.name for task in ours if "Twice does no harm: " not in " ".join(task.func.__doc__.split())] == []


def test_every_job_has_its_hour() -> None:
    ours = {name for name in app.tasks if name.startswith("rapport.")}
    periodic = {task.task.name for task in app.periodic_registry.periodic_tasks.values()}
    asked_for = {name for name in ours if name.partition(".jobs.")[2].startswith("send_")}
    assert ours - periodic - asked_for == {
        "rapport.directory.jobs.move_merged",
        "rapport.evidence.jobs.run",
        "rapport.evidence.jobs.replay",
        "rapport.imports.jobs.check",
        "rapport.imports.jobs.run",
        "rapport.imports.jobs.tell",
    }
    assert periodic == {
        "rapport.feedback.jobs.enter_begun",
        "rapport.history.jobs.maintain_partitions",
        "rapport.history.jobs.purge",
        "rapport.history.jobs.recount",
        "rapport.connected_apps.jobs.purge",
        "rapport.members.jobs.purge",
        "rapport.evidence.jobs.forget",
        "rapport.imports.jobs.forget",
        "rapport.imports.jobs.revive",
        "rapport.campaigns.jobs.fetch_bounces",
        "rapport.directory.jobs.empty_deleted",
        "rapport.tenants.jobs.forget_jobs",
    }  # fmt: skip
