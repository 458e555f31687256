"""The Data Transport Report: every delivery in one bucket, and the sums are counts of rows."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from rapport.campaigns import acts, reasons, transport
from rapport.campaigns.models import Delivery
from tests.campaigns.bounces.test_receiving import HARD, back, hand_in
from tests.campaigns.test_pages import Desk
from tests.feedback.respondent import Respondent, link
from tests.ingest.serving import until
from tests.sender import office
from tests.sender.sink import sink
from tests.sender.test_waves import days_pass

if TYPE_CHECKING:
    from tests.cast import Cast
    from tests.conftest import Database


@pytest.mark.parametrize("state", Delivery.State.values)
@pytest.mark.parametrize("reason", [None, *reasons.SHORT])
def test_every_state_and_reason_has_a_bucket(state: str, reason: str | None) -> None:
    assert transport.bucket(state, reason, spam=False) in transport.BUCKETS


def test_the_sums_add_up_whatever_became_of_them(database: Database, cast: Cast) -> None:
    alice = cast.alice
    tenant = alice.tenant
    office.contacts(database, tenant, *(f"{name}@example.com" for name in ("ada", "bob", "cy", "dan", "eve")))
    office.feed(database.settings, tenant.pk, office.UUID(int=7), {"Phone": "+442079460001"})
    office.unsubscribe(database, tenant, "e:bob@example.com")
    refusal = {"cy": "550 5.1.1 who?", "dan": "554 5.6.0 no"}
    with (
        sink(lambda step, to: refusal.get(to.partition("@")[0]) if step == "rcpt" else None) as server,
        office.serving(database, server.port),
        office.sending(database, tenant),
    ):
        campaign = office.started(tenant, reminders=[7])
        until(lambda: not office.waiting(tenant), "it is out", 30)
    assert hand_in(alice, back(HARD, office.rows(tenant)["eve@example.com"])).json()["kind"] == "hard"
    second = office.draft(tenant, name="Second")
    office.planned(tenant, second)
    office.act(tenant, acts.cancel, campaign)
    client = Client(headers={"host": "127.0.0.1:8000", **alice.bearer})
    told = client.get(f"/api/statistics/deliveries?campaign={campaign.id}").json()
    assert told["totals"].pop("skipped") == {"no_email": 1, "unsubscribed": 1}
    wanted = {
        "uploaded": 6,
        "delivered": 1,
        "failed": 5,
        "bounce": 2,
        "error_general": 1,
        "unsubscribe": 1,
        "error_data": 1,
    }
    assert {name: number for name, number in told["totals"].items() if number} == wanted
    assert {line["message"] for line in told["data"]} == {"primary"}
    add_up(client)
    page = Desk(alice).get(f"/campaigns/{campaign.id}/report").content.decode()
    assert "Successfully uploaded" in page
    assert "Primary" in page
    assert Desk(cast.charlie).get(f"/campaigns/{campaign.id}/report").status_code == 404
    theirs = Client(headers={"host": "127.0.0.1:8000", **cast.charlie.bearer})
    assert theirs.get(f"/api/statistics/deliveries?campaign={campaign.id}").json()["totals"]["uploaded"] == 0
    assert client.get("/api/statistics/deliveries?from=2020-01-01&to=2020-01-02").json()["totals"]["uploaded"] == 0
    assert client.get("/api/statistics/deliveries?from=soon").status_code == 422


def test_what_was_fetched_and_answered_counts_with_the_message_before(database: Database, cast: Cast) -> None:
    tenant = cast.alice.tenant
    office.contacts(database, tenant, *(f"{name}@example.com" for name in ("ada", "bob", "cy", "dan")))
    office.unsubscribe(database, tenant, "e:dan@example.com")

    def look(name: str) -> Respondent:
        return Respondent(link(tenant, office.rows(tenant)[f"{name}@example.com"].survey_record_id)).open()

    with sink() as server, office.serving(database, server.port), office.sending(database, tenant):
        campaign = office.started(tenant, reminders=[7])
        until(lambda: not office.waiting(tenant), "it is out", 30)
        look("ada").send(nps="9")
        look("cy")
        days_pass(database, tenant, 8)
        until(lambda: office.refreshed(tenant, campaign).state == "done", "the reminder is out", 40)
    for name in ("bob", "cy"):
        look(name).send(nps="9")
    client = Client(headers={"host": "127.0.0.1:8000", **cast.alice.bearer})
    told = client.get(f"/api/statistics/deliveries?campaign={campaign.id}").json()
    known, skips = Counter(), Counter()
    for line in (told["totals"], *told["data"]):
        message = line.get("message", "all")
        assert sum(line["skipped"].values()) + line["delivered"] == line["uploaded"]
        known.update({(message, name): line[name] for name in ("delivered", "fetched", "answered")})
        skips.update({(message, reason): number for reason, number in line["skipped"].items()})
    names = ("delivered", "fetched", "answered")
    assert [known["primary", name] for name in names] == [3, 2, 1]
    assert [known["reminder 1", name] for name in names] == [2, 1, 2]
    assert [known["all", name] for name in names] == [5, 3, 3]
    skipped = [row for row in office.rows(tenant).values() if row.state == "skipped"]
    assert skips == Counter(("reminder 1" if row.wave else "primary", row.reason) for row in skipped) + Counter(
        ("all", row.reason) for row in skipped
    )
    assert {"unsubscribed", "answered"} <= {row.reason for row in skipped}
    assert "Answered already." in Desk(cast.alice).get(f"/campaigns/{campaign.id}/report").content.decode()


def test_an_answer_counts_once_where_a_campaign_of_its_own_reminds(database: Database, cast: Cast) -> None:
    tenant = cast.alice.tenant
    office.contacts(database, tenant, *(f"{name}@example.com" for name in ("ada", "bob", "cy")))
    with sink() as server, office.serving(database, server.port), office.sending(database, tenant):
        first = office.started(tenant)
        until(lambda: not office.waiting(tenant), "it is out", 30)
        asked = {name: row.survey_record_id for name, row in office.rows(tenant, first).items()}
        Respondent(link(tenant, asked["ada@example.com"])).open().send(nps="9")
        second = office.started(tenant, kind="reminder", recipients={"campaign": str(first.id), "answered": False})
        until(lambda: office.refreshed(tenant, second).state == "done", "the reminder is out", 30)
    Respondent(link(tenant, asked["bob@example.com"])).open().send(nps="9")
    client = Client(headers={"host": "127.0.0.1:8000", **cast.alice.bearer})
    told = client.get("/api/statistics/deliveries").json()
    by_campaign = {line["campaign"]: (line["fetched"], line["answered"]) for line in told["data"]}
    assert by_campaign == {str(first.id): (1, 1), str(second.id): (1, 1)}
    assert (told["totals"]["fetched"], told["totals"]["answered"]) == (2, 2)
    for campaign in (first, second):
        page = " ".join(
            re.sub("<[^>]*>", " ", Desk(cast.alice).get(f"/campaigns/{campaign.id}").content.decode()).split()
        )
        assert "Page fetched, scanners included 1 Answered 1" in page


def add_up(client: Client) -> None:
    """All campaigns together, without the one that was only planned, and each line of them."""
    everything = client.get("/api/statistics/deliveries").json()
    assert everything["totals"]["uploaded"] == 6 == sum(line["uploaded"] for line in everything["data"])
    for line in [everything["totals"], *everything["data"]]:
        assert line["failed"] == sum(line[name] for name in transport.FAILED)
        others = ("waiting", "failed", *transport.OTHERS, "delivered")
        assert line["uploaded"] == sum(line[name] for name in others)
