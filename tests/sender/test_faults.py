"""What goes wrong with one delivery ends with it, and what was taken back since is said, not sent."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import sql

from rapport.campaigns import acts, drafts, taking
from rapport.campaigns.errors import StateError
from rapport.campaigns.models import Campaign, Delivery
from rapport.db.write import Actor
from rapport.directory.models import Contact
from rapport.feedback import asking
from rapport.sender import outcomes
from rapport.sender.conversation import RefusedError, Reply
from rapport.surveys.models import Survey, SurveyRecord
from rapport.tenants.scope import tenant_scope
from tests.ingest.serving import until
from tests.sender import office
from tests.sender.sink import sink
from tests.sender.test_automated import activated, arrive, default, offered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rapport.tenants.models import Tenant
    from tests.cast import Cast
    from tests.conftest import Database

WAITING = {"waiting": {"days": 30}}


@contextmanager
def refusing(database: Database, condition: str, *values: Any) -> Iterator[None]:
    """The database takes only deliveries of which this is true."""
    with psycopg.connect(database.owner, autocommit=True) as owner:
        text = "alter table deliveries add constraint refusing check ({}) not valid"
        check = sql.SQL(condition).format(*map(sql.Literal, values))
        owner.execute(sql.SQL(text).format(check))
        try:
            yield
        finally:
            owner.execute("alter table deliveries drop constraint refusing")


@pytest.mark.parametrize("left", [[3], []])
def test_reminders_that_an_edit_took_away_are_skipped_and_nothing_stands_still(
    database: Database, tenant: Tenant, left: list[int]
) -> None:
    with sink() as server, office.serving(database, server.port):
        campaign = activated(tenant, default(tenant), reminders=[3, 7])
        arrive(database, tenant, {"Email": "ada@example.com"})
        offered(tenant)
        office.act(tenant, acts.pause, campaign)
        activated(tenant, office.refreshed(tenant, campaign), reminders=left)
        with office.sending(database, tenant):
            until(lambda: office.states(tenant)["ada@example.com"] == "sent", "the invitation is written down", 30)
            office.due_now(tenant)
            until(lambda: not office.waiting(tenant), "nothing waits", 30)
    rows = office.rows(tenant)
    told = [(rows[f"ada@example.com {wave}"].state, rows[f"ada@example.com {wave}"].reason) for wave in (1, 2)]
    gone = ("skipped", "no_reminder")
    assert told == ([("sent", None), gone] if left else [gone, gone])
    assert office.refreshed(tenant, campaign).state == "running"
    kept, there = office.counted(tenant, campaign)
    assert kept == there


def test_what_the_ledger_refuses_ends_its_own_delivery_alone(database: Database, tenant: Tenant) -> None:
    office.contacts(database, tenant, "ada@example.com", "bob@example.com")
    with (
        refusing(database, "address <> 'bob@example.com' or state <> 'sent'"),
        sink() as server,
        office.serving(database, server.port),
        office.sending(database, tenant),
    ):
        campaign = office.started(tenant)
        until(lambda: office.refreshed(tenant, campaign).state == "done", "it is done", 30)
    rows = office.rows(tenant)
    assert rows["ada@example.com"].state == "sent"
    assert (rows["bob@example.com"].state, rows["bob@example.com"].reason) == ("in doubt", "unwritten")


@pytest.mark.parametrize("state", ["claimed", "handed over"])
def test_a_campaign_whose_step_is_refused_holds_up_no_other(database: Database, tenant: Tenant, state: str) -> None:
    office.contacts(database, tenant, "ada@example.com")
    with sink() as server, office.serving(database, server.port):
        bad = office.started(tenant, kind="general", name="Bad")
        with (
            refusing(database, "campaign_id <> {} or state <> {}", bad.id, state),
            office.sending(database, tenant),
        ):
            good = office.started(tenant, kind="general", name="Good")
            until(lambda: office.refreshed(tenant, good).state == "done", "the other is done", 30)
            until(lambda: office.refreshed(tenant, bad).state in ("paused", "done"), "it ends", 30)
    [row] = office.rows(tenant, bad).values()
    told = {"claimed": ("paused", "ledger", "queued", None), "handed over": ("done", None, "failed", "unwritten")}
    found = office.refreshed(tenant, bad)
    assert (found.state, found.reason, row.state, row.reason) == told[state]


def test_an_edit_that_races_with_the_start_is_refused(database: Database, tenant: Tenant) -> None:
    office.contacts(database, tenant, "ada@example.com")
    with sink() as server, office.serving(database, server.port), office.sending(database, tenant):
        campaign = office.started(tenant, kind="general")
        stale = office.refreshed(tenant, campaign)
        stale.state = Campaign.State.PLANNED
        until(lambda: office.refreshed(tenant, campaign).state == "done", "it is done", 30)
        with pytest.raises(StateError, match="not started"):
            office.act(tenant, drafts.change, stale, {"name": "New"})
        with tenant_scope(tenant) as tenant_id:
            Campaign.objects.filter(tenant_id=tenant_id, id=campaign.id).update(state="draft")
        with pytest.raises(StateError, match="sent something already"):
            office.planned(tenant, campaign)
    assert office.states(tenant) == {"ada@example.com": "sent"}


@pytest.mark.parametrize("had", [False, True])
def test_an_undone_survey_record_is_not_handed_over(database: Database, tenant: Tenant, had: bool) -> None:
    arrive(database, tenant, {"Email": "ada@example.com"})

    def undo() -> None:
        with psycopg.connect(database.app) as app:
            app.execute(f"set local rapport.tenant_id = '{tenant.pk:d}'")
            app.execute("update survey_records set deleted_at = now() where tenant_id = %s", [tenant.pk])

    def begun(step: str, _: str) -> None:
        if had and step == "rcpt":
            undo()

    with sink(begun) as server, office.serving(database, server.port):
        office.started(tenant, recipients=WAITING)
        if not had:
            undo()
        with office.sending(database, tenant):
            until(lambda: not office.waiting(tenant), "nobody waits", 30)
    row = office.rows(tenant)["ada@example.com"]
    assert (row.state, row.reason, len(server.taken)) == ("skipped", "undone", 0)


def test_a_cancelled_campaign_leaves_nothing_of_its_survey(database: Database, tenant: Tenant) -> None:
    arrive(database, tenant, {"Email": "ada@example.com"})
    with tenant_scope(tenant) as tenant_id:
        survey = Survey.objects.get(tenant_id=tenant_id, is_default=True)
    asked = lambda: SurveyRecord.objects.values_list("campaign_id", "survey_id").get(tenant_id=tenant.pk)  # noqa: E731
    with office.serving(database, 25):
        campaign = office.started(tenant, recipients=WAITING, survey=survey.reference)
        with tenant_scope(tenant):
            assert asked() == (campaign.id, survey.id)
        office.act(tenant, acts.cancel, campaign)
    with tenant_scope(tenant):
        assert asked() == (None, None)


@pytest.mark.parametrize("own", [False, True])
def test_a_survey_that_was_chosen_by_hand_stays(database: Database, cast: Cast, own: bool) -> None:
    tenant = cast.alice.tenant
    with tenant_scope(tenant) as tenant_id:
        survey = Survey.objects.get(tenant_id=tenant_id, is_default=True)
    wanted = asking.Wanted({"email": "ada@example.com"}, None, survey if own else None)
    asking.ask(tenant, Actor("user", cast.alice.user.id), "hand", wanted)
    with office.serving(database, 25):
        campaign = office.started(tenant, recipients=WAITING, survey=survey.reference)
        office.act(tenant, acts.cancel, campaign)
    with tenant_scope(tenant) as tenant_id:
        row = SurveyRecord.objects.get(tenant_id=tenant_id)
    assert (row.campaign_id, row.survey_id) == (None, survey.id if own else None)


def test_those_who_wait_are_those_whom_a_plan_chooses(database: Database, tenant: Tenant) -> None:
    arrive(database, tenant, *({"Email": f"c{n}@example.com"} for n in range(3)))
    with tenant_scope(tenant) as tenant_id:
        Contact.objects.filter(tenant_id=tenant_id, email="c0@example.com").update(deleted_at=office.now())
        own = Contact.objects.get(tenant_id=tenant_id, email="c1@example.com")
        SurveyRecord.objects.filter(tenant_id=tenant_id, contact_id=own.id).update(closes_at=None)
        [told] = taking.waiting(tenant_id)
    assert told.number == office.planned(tenant, office.draft(tenant, recipients=WAITING)).plan.chosen == 2


#: What a server answers to RCPT -> whether it is a bounce for good.
ANSWERS = [
    ("5.1.1 no such user", True),
    ("5.1.1 <policy@example.com>: who?", True),
    ("User unknown", True),
    ("5.1.1 <ada@example.com> blocked by policy", False),
    ("5.1.1 Message blocked due to spam content", False),
    ("5.7.1 user unknown", False),
    ("sender domain does not exist", False),
    ("5.1.1 try again later", False),
    ("10.5.1.1 is not welcome", False),
]


@pytest.mark.parametrize(("text", "hard"), ANSWERS)
def test_a_conversation_is_judged_as_a_report_is(text: str, hard: bool) -> None:
    outcome = outcomes.refused(RefusedError("rcpt", Reply(550, text)), 0)
    assert (outcome.state, outcome.suppress) == ("bounced" if hard else "failed", hard)


def test_nothing_of_what_is_written_bare_can_be_refused_for_its_text() -> None:
    assert outcomes.unwritten(outcomes.Outcome("bounced", "refused", "{}", None, "550", True)).suppress is False
    assert outcomes.unwritten(outcomes.Outcome("sent")).state == Delivery.State.IN_DOUBT
