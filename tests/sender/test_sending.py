"""Senders against a real SMTP server: everybody gets it once, and the ledger says what became of each."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from rapport.campaigns import acts, reasons
from rapport.campaigns.servers import Endpoint
from rapport.sender import letters
from rapport.sender.conversation import Mail
from rapport.sender.ledger import LostError
from rapport.sender.pool import Pool
from rapport.surveys.models import SurveyRecord
from rapport.tenants import lifecycle
from rapport.tenants.scope import tenant_scope
from tests.ingest.serving import free_port, until
from tests.sender import office
from tests.sender.sink import DROP, Behaviour, sink

if TYPE_CHECKING:
    from rapport.tenants.models import Tenant
    from tests.conftest import Database

UTC = ZoneInfo("UTC")


def test_everybody_chosen_gets_the_message_once(database: Database, tenant: Tenant) -> None:
    addresses = office.many(database, tenant, 120)
    with sink() as server, office.serving(database, server.port), office.sending(database, tenant, 2):
        campaign = office.started(tenant)
        until(lambda: office.refreshed(tenant, campaign).state == "done", "it is done", 30)
        assert server.counts == dict.fromkeys(addresses, 1)
    assert set(office.states(tenant).values()) == {"sent"}
    with tenant_scope(tenant) as tenant_id:
        asked = list(SurveyRecord.objects.filter(tenant_id=tenant_id))
        assert [[each["state"] for each in lifecycle.deliveries(row)] for row in asked] == [["sent"]] * 120
    kept, there = office.counted(tenant, campaign)
    assert kept == there == {("sent", ""): 120}


def test_a_system_at_rest_is_not_asked_again_and_again(database: Database, tenant: Tenant) -> None:
    office.contacts(database, tenant, "ada@example.com")
    assert tenant.pk not in letters.tenants()
    with office.serving(database, 25):
        campaign = office.started(tenant)
    assert tenant.pk in letters.tenants()
    office.act(tenant, acts.cancel, campaign)
    assert tenant.pk not in letters.tenants()


def test_no_mail_follows_an_envelope_that_the_ledger_left_open() -> None:
    """Servers that take a second MAIL may keep the recipients of the first."""

    async def lost() -> float:
        raise LostError("the database is away")

    async def taken() -> float:
        return monotonic() + 10

    async def run() -> None:
        pool = Pool(Endpoint("127.0.0.1", server.port, "smtp", connections=1))
        ada, bob = (
            Mail("from@example.com", f"{name}@example.com", b"Subject: x\r\n\r\nx\r\n") for name in ("ada", "bob")
        )
        with pytest.raises(LostError):
            await pool.deliver(ada, lost)
        await pool.deliver(bob, taken)
        await pool.close()

    with sink() as server:
        asyncio.run(run())
        assert server.counts == {"bob@example.com": 1}


def told(step: str, answer: str) -> Behaviour:
    """A server that gives one answer to one step for Ada."""
    return lambda at, recipient: answer if at == step and recipient.startswith("ada@") else None


#: What the server does -> what becomes of Ada's mail, how it is said, and whether `DATA` may have been asked for.
CASES = {
    "4xx at the recipient": (told("rcpt", "450 4.2.1 later"), "deferred", "450 4.2.1 later", 0),
    "4xx at DATA": (told("data", "451 4.3.0 later"), "deferred", "451 4.3.0 later", 1),
    "4xx behind the message": (told("message", "452 4.3.1 full"), "deferred", "452 4.3.1 full", 1),
    "5xx at the recipient": (told("rcpt", "550 5.7.1 no"), "failed", "550 5.7.1 no", 0),
    "5xx behind the message": (told("message", "554 5.6.0 no"), "failed", "554 5.6.0 no", 1),
    "nobody there": (told("rcpt", "550 5.1.1 who?"), "bounced", "550 5.1.1 who?", 0),
    "lost at the recipient": (told("rcpt", DROP), "deferred", "lost before", 0),
    "lost before 354": (told("data", DROP), "deferred", "lost before", 1),
    "lost behind 354": (told("begun", DROP), "in doubt", "did not say", 1),
    "lost behind the message": (told("message", DROP), "in doubt", "did not say", 1),
}


@pytest.mark.parametrize("case", CASES)
def test_each_answer_has_its_outcome_and_others_get_theirs(database: Database, tenant: Tenant, case: str) -> None:
    behaviour, state, said, asked = CASES[case]
    office.contacts(database, tenant, "ada@example.com", "bob@example.com")
    with sink(behaviour) as server, office.serving(database, server.port), office.sending(database, tenant):
        campaign = office.started(tenant)
        over = {"ada@example.com": state, "bob@example.com": "sent"}
        until(lambda: office.states(tenant) == over, f"ada is {state}", 30)
        assert server.asked["ada@example.com"] == asked
        assert server.counts["bob@example.com"] == 1
    row = office.rows(tenant)["ada@example.com"]
    assert said in reasons.sentence(row.reason, row.fact, UTC)
    kept, there = office.counted(tenant, campaign)
    assert kept == there


def test_what_was_deferred_is_tried_again_and_sent_once(database: Database, tenant: Tenant) -> None:
    answers = iter(["450 4.2.1 later"])
    office.contacts(database, tenant, "ada@example.com")
    with (
        sink(lambda step, _: next(answers, None) if step == "rcpt" else None) as server,
        office.serving(database, server.port),
        office.sending(database, tenant),
    ):
        office.started(tenant)
        until(lambda: office.states(tenant) == {"ada@example.com": "deferred"}, "it is deferred", 30)
        due = office.rows(tenant)["ada@example.com"].due_at
        assert timedelta(seconds=50) < due - office.now() < timedelta(seconds=61)
        office.due_now(tenant)
        until(lambda: office.states(tenant) == {"ada@example.com": "sent"}, "it is sent", 30)
        assert server.counts == {"ada@example.com": 1}
    assert office.rows(tenant)["ada@example.com"].tries == 2


def test_a_bad_address_is_suppressed_and_skipped_by_the_next_campaign(database: Database, tenant: Tenant) -> None:
    office.contacts(database, tenant, "ada@example.com")
    with (
        sink(told("rcpt", "550 5.1.1 who?")) as server,
        office.serving(database, server.port),
        office.sending(database, tenant),
    ):
        office.started(tenant)
        until(lambda: office.states(tenant) == {"ada@example.com": "bounced"}, "it bounced", 30)
    made = office.planned(tenant, office.draft(tenant, name="Next"))
    assert (made.plan.send, made.plan.skip) == (0, {"bounced_before": 1})


def test_a_mail_has_the_headers_that_receivers_ask_for(database: Database, tenant: Tenant) -> None:
    office.contacts(database, tenant, "ada@example.com", **{"First Name": "Ada"})
    with sink() as server, office.serving(database, server.port), office.sending(database, tenant):
        office.started(tenant)
        until(lambda: server.taken, "it is there", 30)
        until(lambda: office.states(tenant) == {"ada@example.com": "sent"}, "it is sent", 30)
    [mail], row = server.messages(), office.rows(tenant)["ada@example.com"]
    assert mail["Message-ID"] == f"<{row.id.hex}@sender.example>"
    assert mail["X-Rapport-Delivery"] == str(row.id)
    assert mail["List-Unsubscribe"].startswith("<https://ask.example.com/u/")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert {"List-Id", "Feedback-ID", "Date"} <= set(mail.keys())
    assert mail["Auto-Submitted"] == "auto-generated"
    html, text = (mail.get_body((kind,)).get_content() for kind in ("html", "plain"))
    assert "Hello Ada" in html
    assert "Hello Ada" in text
    assert html.count("?score=") == 11
    assert max(map(len, bytes(server.taken[0].original_content).split(b"\r\n"))) <= 990
    assert re.fullmatch(r"ada\+[0-9a-z]+@sender\.example", server.taken[0].mail_from)


def test_a_paused_campaign_hands_nothing_over_and_a_resumed_one_goes_on(database: Database, tenant: Tenant) -> None:
    addresses = office.many(database, tenant, 60)
    with sink(seconds=0.05) as server, office.serving(database, server.port), office.sending(database, tenant):
        campaign = office.started(tenant)
        until(lambda: len(server.taken) > 5, "it has begun", 30)
        office.act(tenant, acts.pause, campaign)
        until(lambda: not {"claimed", "handed over"} & set(office.states(tenant).values()), "nothing is held", 30)
        sent = sum(state == "sent" for state in office.states(tenant).values())
        assert sent == len(server.taken) < 60
        office.act(tenant, acts.resume, campaign)
        until(lambda: office.refreshed(tenant, campaign).state == "done", "it is done", 30)
        assert server.counts == dict.fromkeys(addresses, 1)


def test_a_cancelled_campaign_leaves_nobody_waiting(database: Database, tenant: Tenant) -> None:
    office.many(database, tenant, 60)
    with sink(seconds=0.05) as server, office.serving(database, server.port), office.sending(database, tenant):
        campaign = office.started(tenant)
        until(lambda: len(server.taken) > 5, "it has begun", 30)
        office.act(tenant, acts.cancel, campaign)
        over = {"sent", "cancelled"}
        until(lambda: set(office.states(tenant).values()) == over, "nothing waits", 30)
        assert sum(state == "sent" for state in office.states(tenant).values()) == len(server.taken)
    kept, there = office.counted(tenant, campaign)
    assert kept == there


def test_a_server_that_refuses_us_pauses_the_campaign_with_its_sentence(database: Database, tenant: Tenant) -> None:
    office.contacts(database, tenant, "ada@example.com")
    with (
        sink(lambda step, _: "550 5.7.1 not from you" if step == "mail" else None) as server,
        office.serving(database, server.port),
        office.sending(database, tenant),
    ):
        campaign = office.started(tenant)
        until(lambda: office.refreshed(tenant, campaign).state == "paused", "it is paused", 30)
        until(lambda: office.states(tenant) == {"ada@example.com": "queued"}, "it waits", 30)
    row = office.refreshed(tenant, campaign)
    assert "550 5.7.1 not from you" in reasons.sentence(row.reason, row.fact, UTC)


def test_a_server_that_is_away_pauses_nothing_and_is_tried_again(database: Database, tenant: Tenant) -> None:
    office.contacts(database, tenant, "ada@example.com")
    port = free_port()
    with office.serving(database, port), office.sending(database, tenant) as [sender]:
        campaign = office.started(tenant)
        until(lambda: any(not pool.ready for pool in sender._pools._pools.values()), "it was tried", 30)
        with sink(port=port) as server:
            until(lambda: office.states(tenant) == {"ada@example.com": "sent"}, "it is sent", 30)
            assert server.counts == {"ada@example.com": 1}
    assert office.refreshed(tenant, campaign).reason is None


def test_ten_errors_of_one_kind_in_a_row_pause_the_campaign(database: Database, tenant: Tenant) -> None:
    office.many(database, tenant, 80)
    with (
        sink(lambda step, _: "550 5.7.1 spam" if step == "message" else None) as server,
        office.serving(database, server.port),
        office.sending(database, tenant),
    ):
        campaign = office.started(tenant)
        until(lambda: office.refreshed(tenant, campaign).state == "paused", "it is paused", 30)
        until(lambda: set(office.states(tenant).values()) == {"failed", "queued"}, "nothing is held", 30)
    row = office.refreshed(tenant, campaign)
    assert (row.reason, row.fact["said"]) == ("errors", "550 5.7.1 spam")
    failed = sum(state == "failed" for state in office.states(tenant).values())
    assert failed == sum(server.asked.values()) <= 60


def test_one_who_unsubscribes_while_the_server_takes_its_time_gets_nothing(database: Database, tenant: Tenant) -> None:
    office.contacts(database, tenant, "ada@example.com")
    office.contacts(database, tenant, "bob@example.com")

    def unsubscribing(step: str, recipient: str) -> None:
        if step == "rcpt" and recipient == "ada@example.com":
            office.unsubscribe(database, tenant, "e:ada@example.com")

    with sink(unsubscribing) as server, office.serving(database, server.port), office.sending(database, tenant):
        office.started(tenant)
        over = {"ada@example.com": "skipped", "bob@example.com": "sent"}
        until(lambda: office.states(tenant) == over, "it is over", 30)
        assert server.asked == {"bob@example.com": 1}
    row = office.rows(tenant)["ada@example.com"]
    assert reasons.sentence(row.reason, row.fact, UTC).startswith("Unsubscribed on")


def test_in_doubt_is_sent_again_only_by_a_person(database: Database, tenant: Tenant) -> None:
    doubts = iter([DROP])
    office.contacts(database, tenant, "ada@example.com")
    with (
        sink(lambda step, _: next(doubts, None) if step == "message" else None) as server,
        office.serving(database, server.port),
        office.sending(database, tenant),
    ):
        campaign = office.started(tenant)
        until(lambda: office.states(tenant) == {"ada@example.com": "in doubt"}, "it is in doubt", 30)
        until(lambda: office.refreshed(tenant, campaign).state == "done", "it is done", 30)
        assert office.act(tenant, acts.send_again, campaign, "in doubt") == 1
        until(lambda: office.states(tenant) == {"ada@example.com": "sent"}, "it is sent", 30)
    first, second = server.messages()
    assert first["Message-ID"] == second["Message-ID"]
