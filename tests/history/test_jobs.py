"""Jobs run as the worker runs them: as the application role, over the queue in PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from uuid_utils.compat import uuid7

from rapport.connected_apps import jobs as connected_apps
from rapport.connected_apps.models import AccessToken, AppSecret
from rapport.history import jobs, partitions
from rapport.history.models import HourlyCount, IdempotencyKey, SentRecord, UnmappedHeading, UnmappedValue
from rapport.tenants import registry
from rapport.tenants.scope import tenant_scope
from tests.cast import new_cast, new_token
from tests.conftest import django_on

if TYPE_CHECKING:
    from collections.abc import Iterator

    from procrastinate.tasks import Task

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
    cast = new_cast()
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


def test_expired_credentials_go(served: Database) -> None:
    alice = new_cast().alice
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
    assert {name for name in ours if name.partition(".jobs.")[2].startswith("send_")} == ours - periodic
    assert periodic == {
        "rapport.history.jobs.maintain_partitions",
        "rapport.history.jobs.purge",
        "rapport.history.jobs.recount",
        "rapport.connected_apps.jobs.purge",
        "rapport.members.jobs.purge",
        "rapport.tenants.jobs.forget_jobs",
    }  # fmt: skip
