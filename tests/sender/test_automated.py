"""Automated campaigns: survey records are taken as they arrive, each once, and mailed or skipped with a reason."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
import pytest

from rapport.campaigns import acts, automation, drafts, plans, rules, taking
from rapport.campaigns.errors import FaultsError, MovedError, StateError
from rapport.campaigns.models import Campaign, Delivery
from rapport.surveys.models import SurveyRecord
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope
from tests.directory.feed import feed
from tests.ingest.serving import until
from tests.sender import office
from tests.sender.sink import sink

if TYPE_CHECKING:
    from rapport.tenants.models import Tenant
    from tests.conftest import Database


def arrive(database: Database, tenant: Tenant, *records: dict[str, str]) -> None:
    """Survey records come by API."""
    feed(database.settings, tenant.pk, UUID(int=7), *({"": "survey", **record} for record in records))


def default(tenant: Tenant) -> Campaign:
    """The one that every system is made with."""
    with tenant_scope(tenant) as tenant_id:
        return Campaign.objects.get(tenant_id=tenant_id, is_default=True)


def automated(tenant: Tenant, *where: dict[str, Any], **given: Any) -> Campaign:
    """A draft with a filter."""
    return office.draft(tenant, **{"mode": "automated", "recipients": {"where": list(where)}, **given})


def activated(tenant: Tenant, campaign: Campaign, **change: Any) -> Campaign:
    """Active by the token of a rehearsal."""
    if change or not campaign.sender_address:
        office.act(tenant, drafts.change, campaign, {"sender": office.SENDER, **change})
    token = office.planned(tenant, campaign).token
    with tenant_scope(tenant) as tenant_id:
        return plans.start(tenant_id, campaign, token, COMMAND)


def offered(tenant: Tenant) -> int:
    """Everything that has come is offered."""
    return taking.take(tenant.pk, 3)


def by_campaign(tenant: Tenant) -> dict[str, list[str]]:
    """Name of a campaign -> addresses of its first wave."""
    with tenant_scope(tenant) as tenant_id:
        names = dict(Campaign.objects.filter(tenant_id=tenant_id).values_list("id", "name"))
        found: dict[str, list[str]] = {}
        for row in Delivery.objects.filter(tenant_id=tenant_id, wave=0).order_by("id"):
            found.setdefault(names[row.campaign_id], []).append(row.address or "")
        return found


@pytest.fixture
def serving(database: Database) -> Any:
    with office.serving(database, 25):
        yield


def test_a_system_is_made_with_a_default_one_inactive_and_ready(database: Database, tenant: Tenant) -> None:
    row = default(tenant)
    assert (row.mode, row.state, row.recipients) == ("automated", "draft", {"all": True})
    with tenant_scope(tenant) as tenant_id:
        automation.give(tenant)
        assert Campaign.objects.filter(tenant_id=tenant_id).count() == 1


def test_a_survey_record_is_mailed_once_and_one_contact_with_two_twice(database: Database, tenant: Tenant) -> None:
    with tenant_scope(tenant) as tenant_id:
        rules.change(rules.of(tenant_id), COMMAND, {"rest_on": False})
    with sink() as server, office.serving(database, server.port), office.sending(database, tenant, 2):
        campaign = activated(tenant, default(tenant))
        arrive(database, tenant, {"Email": "ada@example.com"}, {"Email": "bob@example.com"})
        arrive(database, tenant, {"Email": "ada@example.com"}, {"Phone": "+442079460000"})
        until(lambda: len(server.taken) == 3 and not office.waiting(tenant), "three are mailed", 30)
        assert server.counts == {"ada@example.com": 2, "bob@example.com": 1}
    kept, there = office.counted(tenant, campaign)
    assert kept == there == {("sent", ""): 3, ("skipped", "no_email"): 1}
    with tenant_scope(tenant) as tenant_id:
        rows = SurveyRecord.objects.filter(tenant_id=tenant_id)
        assert sorted(rows.values_list("state", flat=True)) == ["queued", "sent", "sent", "sent"]
        assert {row.campaign_id for row in rows} == {campaign.id}
        links = {mail["X-Rapport-Delivery"] for mail in server.messages()}
        assert links == {str(row.id) for row in Delivery.objects.filter(tenant_id=tenant_id, state="sent")}


def test_the_rest_rule_holds_for_survey_records(database: Database, tenant: Tenant) -> None:
    with sink() as server, office.serving(database, server.port), office.sending(database, tenant):
        campaign = activated(tenant, default(tenant))
        arrive(database, tenant, {"Email": "ada@example.com"})
        until(lambda: len(server.taken) == 1, "the first is mailed", 30)
        arrive(database, tenant, {"Email": "ada@example.com"})
        until(lambda: ("skipped", "resting") in office.counted(tenant, campaign)[0], "the second is skipped", 30)
    assert len(server.taken) == 1


def test_only_what_was_made_after_its_activation_is_taken(database: Database, tenant: Tenant, serving: None) -> None:
    arrive(database, tenant, *({"Email": f"old{n}@example.com"} for n in range(5)))
    activated(tenant, default(tenant))
    assert offered(tenant) == 0
    arrive(database, tenant, {"Email": "new@example.com"})
    assert offered(tenant) == 1
    assert offered(tenant) == 0
    assert by_campaign(tenant) == {"Default": ["new@example.com"]}
    with tenant_scope(tenant) as tenant_id:
        [told] = taking.waiting(tenant_id)
    assert told.sentence.startswith("5 survey records wait unsent: no active campaign took them")


def test_what_came_before_an_edit_is_taken_as_the_campaign_was(
    database: Database, tenant: Tenant, serving: None
) -> None:
    campaign = activated(tenant, default(tenant))
    arrive(database, tenant, *({"Email": f"before{n}@example.com"} for n in range(3)))
    office.act(tenant, acts.pause, campaign)
    office.act(tenant, drafts.change, campaign, {"reminders": [3]})
    arrive(database, tenant, {"Email": "meanwhile@example.com"})
    activated(tenant, campaign)
    arrive(database, tenant, {"Email": "after@example.com"})
    offered(tenant)
    assert by_campaign(tenant) == {"Default": [*(f"before{n}@example.com" for n in range(3)), "after@example.com"]}
    assert sum(name.endswith(" 1") for name in office.states(tenant)) == 1, "only the last has the reminder"


def test_an_edit_does_not_take_for_a_campaign_that_somebody_changes_meanwhile(
    database: Database, tenant: Tenant, serving: None
) -> None:
    ada = {"field": "email", "is": "ada@example.com"}
    campaign, other = activated(tenant, default(tenant)), activated(tenant, automated(tenant, ada, name="Other"))
    arrive(database, tenant, {"Email": "ada@example.com"})
    office.act(tenant, acts.pause, campaign)
    with psycopg.connect(database.owner) as owner:
        owner.execute(f"set local rapport.tenant_id = '{tenant.pk:d}'")
        owner.execute("update campaigns set state = 'cancelled' where id = %s", [other.id])
        with pytest.raises(StateError, match="is being changed"):
            office.act(tenant, drafts.change, campaign, {"reminders": [3]})
    office.act(tenant, drafts.change, campaign, {"reminders": [3]})
    assert by_campaign(tenant) == {"Default": ["ada@example.com"]}


def test_an_edit_waits_until_little_is_left_to_take(
    database: Database, tenant: Tenant, serving: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "TOGETHER", 1)
    monkeypatch.setattr(taking, "CATCHING_UP", 2)
    campaign = activated(tenant, default(tenant))
    arrive(database, tenant, *({"Email": f"c{n}@example.com"} for n in range(3)))
    office.act(tenant, acts.pause, campaign)
    with pytest.raises(StateError, match="are still being taken as the campaign was"):
        office.act(tenant, drafts.change, campaign, {"reminders": [3]})
    while offered(tenant):
        pass
    office.act(tenant, drafts.change, campaign, {"reminders": [3]})
    assert by_campaign(tenant) == {"Default": [f"c{n}@example.com" for n in range(3)]}


def test_the_first_that_matches_takes_it_and_the_default_one_what_is_left(
    database: Database, tenant: Tenant, serving: None
) -> None:
    activated(tenant, default(tenant))
    late = {"field": "survey.order_date", "after": "2026-06-01"}
    activated(tenant, automated(tenant, late, name="Second", priority=20))
    activated(tenant, automated(tenant, late, {"field": "job_level", "is": "C-level"}, name="First", priority=10))
    both = {"Order Date": "2026-07-01", "Job Level": "C-level"}
    arrive(
        database, tenant,
        {"Email": "ann@example.com", **both}, {"Email": "ben@example.com", "Order Date": "2026-07-01"},
        {"Email": "cy@example.com"},
    )  # fmt: skip
    offered(tenant)
    assert by_campaign(tenant) == {
        "First": ["ann@example.com"], "Second": ["ben@example.com"], "Default": ["cy@example.com"]
    }  # fmt: skip


def test_a_paused_one_takes_and_sends_when_it_is_resumed_and_an_edited_one_must_be_rehearsed_again(
    database: Database, tenant: Tenant
) -> None:
    with sink() as server, office.serving(database, server.port), office.sending(database, tenant):
        campaign = activated(tenant, default(tenant))
        with pytest.raises(StateError, match="or is paused can be edited"):
            office.act(tenant, drafts.change, campaign, {"name": "New"})
        office.act(tenant, acts.pause, campaign)
        arrive(database, tenant, {"Email": "ada@example.com"})
        until(lambda: office.states(tenant) == {"ada@example.com": "queued"}, "it is taken", 30)
        office.act(tenant, acts.resume, campaign)
        until(lambda: server.counts == {"ada@example.com": 1}, "it is mailed", 30)
        office.act(tenant, acts.pause, campaign)
        token = office.refreshed(tenant, campaign)
        office.act(tenant, drafts.change, token, {"name": "New"})
        arrive(database, tenant, {"Email": "between@example.com"})
        token = office.planned(tenant, campaign).token
        office.act(tenant, drafts.change, office.refreshed(tenant, campaign), {"name": "Newer"})
        with tenant_scope(tenant) as tenant_id, pytest.raises(MovedError):
            plans.start(tenant_id, campaign, token, COMMAND)
        activated(tenant, office.refreshed(tenant, campaign))
        arrive(database, tenant, {"Email": "bob@example.com"})
        until(lambda: server.counts["bob@example.com"] == 1, "the next is mailed", 30)
        assert server.counts == {"ada@example.com": 1, "bob@example.com": 1}
    with pytest.raises(StateError, match="cannot be cancelled"):
        office.act(tenant, acts.cancel, office.refreshed(tenant, campaign))


def test_a_rehearsal_says_what_it_would_have_done_and_leaves_nothing(
    database: Database, tenant: Tenant, serving: None
) -> None:
    arrive(database, tenant, {"Email": "ada@example.com"}, {"Email": "bob@example.com"}, {"Phone": "+442079460000"})
    office.unsubscribe(database, tenant, "e:bob@example.com")
    row = default(tenant)
    office.act(tenant, drafts.change, row, {"sender": office.SENDER})
    made = office.planned(tenant, row)
    assert (made.plan.looked, made.plan.chosen, made.plan.send) == (3, 3, 1)
    assert made.plan.skip == {"unsubscribed": 1, "no_email": 1}
    assert [each["address"] for each in made.plan.examples] == ["ada@example.com"]
    assert office.rows(tenant) == {}


def test_a_delay_and_an_order_date_say_when(database: Database, tenant: Tenant, serving: None) -> None:
    activated(tenant, default(tenant), delay_hours=24, by_order_date=True, reminders=[7])
    soon = (office.now() + timedelta(days=3)).replace(microsecond=0)
    arrive(
        database, tenant,
        {"Email": "now@example.com"}, {"Email": "later@example.com", "Order Date": soon.isoformat()},
        {"Email": "past@example.com", "Order Date": "2020-01-01 00:00:00"},
    )  # fmt: skip
    offered(tenant)
    rows = office.rows(tenant)
    assert rows["later@example.com"].due_at == soon + timedelta(days=1)
    assert timedelta(hours=23) < rows["now@example.com"].due_at - office.now() < timedelta(hours=25)
    assert (rows["past@example.com"].state, rows["later@example.com"].state) == ("queued", "scheduled")
    assert rows["later@example.com 1"].due_at == soon + timedelta(days=8)


def test_a_reminder_goes_days_after_the_invitation_that_went_and_not_to_who_answered(
    database: Database, tenant: Tenant
) -> None:
    with sink() as server, office.serving(database, server.port), office.sending(database, tenant):
        campaign = activated(tenant, default(tenant), reminders=[2])
        arrive(database, tenant, {"Email": "ada@example.com"}, {"Email": "bob@example.com"})
        until(lambda: len(server.taken) == 2 and not {"queued", "claimed"} & set(office.states(tenant).values()),
              "both are mailed", 30)  # fmt: skip
        until(lambda: office.rows(tenant)["bob@example.com"].state == "sent", "it is written down", 30)
        rows = office.rows(tenant)
        assert rows["bob@example.com 1"].due_at - rows["bob@example.com"].sent_at == timedelta(days=2)
        with tenant_scope(tenant) as tenant_id:
            own = SurveyRecord.objects.filter(tenant_id=tenant_id, id=rows["ada@example.com"].survey_record_id)
            own.update(state="answered", answered_at=office.now())
        office.due_now(tenant)
        until(lambda: server.counts["bob@example.com"] == 2, "the reminder is mailed", 30)
        until(lambda: office.states(tenant)["ada@example.com 1"] == "skipped", "who answered is skipped", 30)
        until(lambda: office.states(tenant)["bob@example.com 1"] == "sent", "it is written down", 30)
    kept, there = office.counted(tenant, campaign)
    assert kept == there == {("sent", ""): 3, ("skipped", "answered"): 1}
    assert office.refreshed(tenant, campaign).state == "running"


def test_those_who_wait_are_sent_to_by_an_act_of_its_own(database: Database, tenant: Tenant) -> None:
    arrive(database, tenant, {"Email": "ada@example.com", "Job Level": "C-level"}, {"Email": "bob@example.com"})
    with psycopg.connect(database.app) as app:
        app.execute(f"set local rapport.tenant_id = '{tenant.pk:d}'")
        app.execute("update survey_records set created_at = created_at - interval '40 days' where tenant_id = %s"
                    " and contact_id = (select contact_id from contact_keys where tenant_id = %s and key = %s)",
                    [tenant.pk, tenant.pk, "e:bob@example.com"])  # fmt: skip
    with sink() as server, office.serving(database, server.port), office.sending(database, tenant):
        old = {"waiting": {"days": 60}, "where": [{"field": "job_level", "empty": True}]}
        assert office.planned(tenant, office.draft(tenant, recipients=old)).plan.send == 1
        campaign = office.started(tenant, recipients={"waiting": {"days": 30}})
        until(lambda: office.refreshed(tenant, campaign).state == "done", "it is done", 30)
        assert server.counts == {"ada@example.com": 1}
    with tenant_scope(tenant) as tenant_id:
        states = SurveyRecord.objects.filter(tenant_id=tenant_id).values_list("state", "campaign_id")
        assert sorted(states, key=str) == [("queued", None), ("sent", campaign.id)]


def test_what_another_campaign_took_meanwhile_is_skipped_and_what_is_cancelled_waits_again(
    database: Database, tenant: Tenant
) -> None:
    arrive(database, tenant, {"Email": "ada@example.com"})
    with sink() as server, office.serving(database, server.port):
        first = office.draft(tenant, name="A", recipients={"waiting": {"days": 30}})
        second = office.draft(tenant, name="B", recipients={"waiting": {"days": 30}})
        tokens = [office.planned(tenant, each).token for each in (first, second)]
        for campaign, token in zip((first, second), tokens, strict=True):
            with tenant_scope(tenant) as tenant_id:
                plans.start(tenant_id, campaign, token, COMMAND)
        with office.sending(database, tenant):
            until(lambda: not office.waiting(tenant), "nobody waits", 30)
    assert len(server.taken) == 1
    assert office.counted(tenant, second)[0] == {("skipped", "taken"): 1}
    arrive(database, tenant, {"Email": "bob@example.com"})
    with office.serving(database, 25):
        third = office.started(tenant, name="C", recipients={"waiting": {"days": 30}})
        office.act(tenant, acts.cancel, third)
        fourth = office.planned(tenant, office.draft(tenant, name="D", recipients={"waiting": {"days": 30}}))
    assert fourth.plan.send == 1


#: What is wrong with an automated campaign -> where it is said.
FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"recipients": {"all": True}}, "recipients"),
    ({"recipients": {"emails": ["ada@example.com"]}}, "recipients"),
    ({"kind": "general"}, "kind"),
    ({"priority": 0}, "priority"),
    ({"delay_hours": -1}, "delay_hours"),
    ({"by_order_date": "yes"}, "by_order_date"),
    ({"spread_hours": 3}, "spread_hours"),
    ({"mode": "sometimes"}, "mode"),
    ({"mode": "manual", "priority": 3}, "priority"),
    ({"mode": "manual", "kind": "general", "recipients": {"waiting": {"days": 3}}}, "recipients"),
    ({"mode": "manual", "recipients": {"waiting": {"days": 0}}}, "recipients.waiting"),
]


@pytest.mark.parametrize(("fault", "place"), FAULTS)
def test_each_fault_is_named(tenant: Tenant, fault: dict[str, Any], place: str) -> None:
    with pytest.raises(FaultsError) as raised:
        automated(tenant, **{"recipients": {"where": [{"field": "job_level", "empty": True}]}, **fault})
    assert place in raised.value.errors


def test_the_default_one_has_no_filter(tenant: Tenant) -> None:
    with pytest.raises(FaultsError, match="has no filter"):
        office.act(tenant, drafts.change, default(tenant), {"recipients": {"where": []}})
