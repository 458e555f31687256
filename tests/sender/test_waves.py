"""Reminders, the rest rule and skips: who gets what later, and what is said to those who get nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import psycopg

from rapport.campaigns import reasons
from rapport.surveys.models import SurveyRecord
from rapport.tenants.scope import tenant_scope
from tests.ingest.serving import until
from tests.sender import office
from tests.sender.sink import sink

if TYPE_CHECKING:
    from rapport.tenants.models import Tenant
    from tests.conftest import Database

UTC = ZoneInfo("UTC")


def days_pass(database: Database, tenant: Tenant, days: int) -> None:
    """Everything of the campaigns happened so many days earlier."""
    with psycopg.connect(database.app) as app:
        app.execute(f"set local rapport.tenant_id = '{tenant.pk:d}'")
        for table, column in (("campaigns", "start_at"), ("deliveries", "sent_at"), ("deliveries", "due_at")):
            app.execute(
                f"update {table} set {column} = {column} - make_interval(days => %s) where tenant_id = %s",
                [days, tenant.pk],
            )


def answer(tenant: Tenant, address: str) -> None:
    """Somebody has answered."""
    id = office.rows(tenant)[address].survey_record_id
    with tenant_scope(tenant) as tenant_id:
        rows = SurveyRecord.objects.filter(tenant_id=tenant_id, id=id)
        assert rows.update(state="answered", answered_at=office.now()) == 1


def test_a_reminder_goes_to_who_has_not_answered_and_says_so_of_the_others(database: Database, tenant: Tenant) -> None:
    office.contacts(database, tenant, "ada@example.com", "bob@example.com", "cy@example.com")
    bounce = "550 5.1.1 who?"
    with (
        sink(lambda step, to: bounce if step == "rcpt" and to.startswith("cy") else None) as server,
        office.serving(database, server.port),
        office.sending(database, tenant),
    ):
        campaign = office.started(tenant, reminders=[7])
        until(lambda: not office.waiting(tenant) and len(server.taken) == 2, "the first wave is out", 30)
        assert office.refreshed(tenant, campaign).state == "running"
        answer(tenant, "ada@example.com")
        days_pass(database, tenant, 8)
        until(lambda: office.refreshed(tenant, campaign).state == "done", "the reminder is out", 40)
        assert server.counts == {"ada@example.com": 1, "bob@example.com": 2}
    rows = office.rows(tenant)
    assert {name: rows[f"{name}@example.com 1"].state for name in ("ada", "bob", "cy")} == {
        "ada": "skipped",
        "bob": "sent",
        "cy": "skipped",
    }
    told = {name: rows[f"{name}@example.com 1"] for name in ("ada", "cy")}
    assert reasons.sentence(told["ada"].reason, told["ada"].fact, UTC).startswith("Answered on")
    assert "550 5.1.1 who?" in reasons.sentence(told["cy"].reason, told["cy"].fact, UTC)
    first, second = rows["bob@example.com"], rows["bob@example.com 1"]
    assert first.survey_record_id == second.survey_record_id
    kept, there = office.counted(tenant, campaign)
    assert kept == there
    assert sum(str(mail["Subject"]).startswith("A reminder") for mail in server.messages()) == 1


def test_who_was_asked_lately_rests_and_the_skip_names_campaign_and_date(database: Database, tenant: Tenant) -> None:
    office.contacts(database, tenant, "ada@example.com")
    with sink() as server, office.serving(database, server.port), office.sending(database, tenant):
        first = office.started(tenant, name="Q3")
        until(lambda: office.refreshed(tenant, first).state == "done", "Q3 is done", 30)
        made = office.planned(tenant, office.draft(tenant, name="Q4"))
        assert made.plan.skip == {"resting": 1}
        general = office.started(tenant, name="Thanks", kind="general")
        until(lambda: office.refreshed(tenant, general).state == "done", "thanks are out", 30)
        assert server.counts == {"ada@example.com": 2}
        days_pass(database, tenant, 31)
        second = office.started(tenant, name="Q4 again")
        until(lambda: office.refreshed(tenant, second).state == "done", "Q4 is done", 30)
        assert server.counts == {"ada@example.com": 3}
    assert office.states(tenant, second) == {"ada@example.com": "sent"}


def test_a_campaign_that_starts_later_waits_and_one_that_is_spread_takes_its_time(
    database: Database, tenant: Tenant
) -> None:

    office.many(database, tenant, 4)
    with office.serving(database, 25):
        campaign = office.started(tenant, office.now() + timedelta(hours=1), spread_hours=4)
    rows = sorted(row.due_at for row in office.rows(tenant, campaign).values())
    assert [round((later - rows[0]).total_seconds() / 3600) for later in rows] == [0, 1, 2, 3]
    assert {row.state for row in office.rows(tenant, campaign).values()} == {"scheduled"}
    kept, there = office.counted(tenant, campaign)
    assert kept == there


def test_a_campaign_that_starts_at_a_time_says_when_each_is_due(database: Database, tenant: Tenant) -> None:
    office.contacts(database, tenant, "ada@example.com")
    at = office.now() + timedelta(hours=1)
    with office.serving(database, 25):
        campaign = office.started(tenant, at)
        at_once = office.started(tenant, office.now() - timedelta(hours=1), name="Late", kind="general")
    [row] = office.rows(tenant, campaign).values()
    assert (row.state, row.due_at) == ("scheduled", at)
    kept, there = office.counted(tenant, campaign)
    assert kept == there == {("scheduled", ""): 1}
    assert set(office.states(tenant, at_once).values()) == {"queued"}


def test_a_scheduled_campaign_goes_out_when_its_time_has_come(database: Database, tenant: Tenant) -> None:
    office.contacts(database, tenant, "ada@example.com")
    with sink() as server, office.serving(database, server.port), office.sending(database, tenant):
        campaign = office.started(tenant, office.now() + timedelta(seconds=1))
        until(lambda: office.refreshed(tenant, campaign).state == "done", "it is done", 30)
        assert server.counts == {"ada@example.com": 1}


def test_a_reminder_skips_whom_the_earlier_campaign_did_not_ask(database: Database, tenant: Tenant) -> None:
    office.contacts(database, tenant, "ada@example.com")
    with sink() as server, office.serving(database, server.port), office.sending(database, tenant):
        sent = {kind: office.started(tenant, name=kind, kind=kind) for kind in ("general", "invitation")}
        until(lambda: all(office.refreshed(tenant, each).state == "done" for each in sent.values()), "both are out", 30)
        made = {
            kind: office.planned(
                tenant,
                office.draft(tenant, kind="reminder", recipients={"campaign": str(row.id), "answered": False}),
            ).plan
            for kind, row in sent.items()
        }
    assert (made["general"].send, made["general"].skip) == (0, {"not_asked": 1})
    assert (made["invitation"].send, made["invitation"].skip) == (1, {})
