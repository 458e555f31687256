"""Responses, dashboard, accounts' scores and alerts as people see them."""

from __future__ import annotations

import dataclasses
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from django.conf import settings as django_settings
from django.core import mail
from django.test import Client, override_settings
from procrastinate.contrib.django.models import ProcrastinateJob

from rapport.configurations.models import CustomField
from rapport.directory.models import AccountKey
from rapport.feedback import account_scores, alerts, counting, jobs
from rapport.feedback.documents import starters
from rapport.feedback.figures import Wanted
from rapport.feedback.statistics import Score
from rapport.surveys.models import AlertRule
from rapport.tenants.scope import tenant_scope
from tests.directory.browsing import Browser
from tests.feedback.respondent import Respondent, ask, link
from tests.feedback.stock import NOON, correct, put_external, put_response, put_survey, put_survey_record
from tests.stock import put_account, put_contact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cast import Cast
    from tests.conftest import Database

NOW = datetime.now(UTC) - timedelta(minutes=5)
CONTEXT = SimpleNamespace(job=SimpleNamespace(attempts=0))
PAGES = ("feedback/responses", "feedback/dashboard", "feedback/accounts", "feedback/alerts")


@pytest.fixture
def alice(cast: Cast) -> Browser:
    """Alice's browser."""
    return Browser(cast.alice)


def scores(browser: Browser, **query: Any) -> list[str]:
    """The scores in the list."""
    html = browser.get("feedback/responses", query).content.decode()
    return re.findall(r'class="badge[^"]*">(\d+) (?:Promoter|Passive|Detractor)', html)


@pytest.mark.parametrize("path", PAGES)
def test_empty_pages_say_what_will_be_there(alice: Browser, cast: Cast, path: str) -> None:
    assert re.search("yet|As soon as", alice.text(path))
    assert Browser(cast.bob).get(path).status_code == (403 if path.endswith("alerts") else 200)
    assert Browser(cast.charlie, cast.alice.tenant.slug).get(path).status_code == 404


@pytest.mark.parametrize(
    ("path", "query", "told"),
    [
        ("feedback/dashboard", {}, "Last 90 days"),
        ("feedback/dashboard", {"period": "?"}, "Last 90 days"),
        ("feedback/dashboard", {"period": "30"}, "Last 30 days"),
        ("feedback/accounts", {}, "Last 365 days"),
    ],
)
def test_the_period_that_is_looked_at_is_the_one_that_is_shown(
    alice: Browser, path: str, query: dict[str, str], told: str
) -> None:
    html = alice.get(path, query).content.decode()
    assert re.findall(r'<option value="(?:\d+|all)" selected>([^<]*)', html) == [told]


def test_the_list_has_answers_from_here_and_elsewhere(cast: Cast, alice: Browser) -> None:
    tenant, survey = cast.alice.tenant, put_survey(cast.alice.tenant)
    ada = put_contact(tenant, first_name="Ada")
    for number in range(11):
        put_response(tenant, survey, number, contact_id=ada, at=NOW)
    put_external(tenant, 4, contact=ada, comment="Slow", at=NOW)
    put_response(tenant, survey, 7, entered=False)
    assert scores(alice) == ["4", *(str(number) for number in reversed(range(11)))]
    assert scores(alice, group="promoter") == ["10", "9"]
    assert scores(alice, type="external_response") == ["4"]
    assert scores(alice, start="2020-01-01", end="2020-02-01") == []
    assert "No response fits" in alice.text("feedback/responses", touchpoint="", end="2020-01-01")
    counting.step(tenant.pk)
    assert scores(alice, follow_up="open") == scores(alice)
    assert "Slow" in alice.text("feedback/responses")


def test_an_answer_on_another_scale_is_seen_wherever_answers_are(cast: Cast, alice: Browser) -> None:
    tenant = cast.alice.tenant
    survey, nps = put_survey(tenant, "csat", starters.CSAT.document), put_survey(tenant)
    navy = put_account(tenant, "Navy")
    ada = put_contact(tenant, first_name="Ada", account_id=navy)
    put_survey_record(tenant, ada, account_id=navy, at=NOW)
    for mark in (1, 4):
        owners = {"contact_id": ada, "account_id": navy, "answers": {"csat": mark}}
        worst = put_response(tenant, survey, None, at=NOW, **owners)
    assert re.findall(r"Satisfaction \d of \d", alice.text("feedback/responses")) == [
        "Satisfaction 4 of 5",
        "Satisfaction 1 of 5",
    ]
    assert "Satisfaction 4 of 5" in alice.text(f"feedback/responses/{worst}")
    assert "Customer satisfaction : Satisfaction 2.5 of 5 on average 2 answers" in alice.text(
        "feedback/dashboard", more=1
    )
    text = alice.text("feedback/accounts")
    assert "Nobody has given a score from 0 to 10 in this time. 1 of 1 contact who were asked have answered." in text
    assert "0 accounts are silent" in text
    put_response(tenant, nps, 9, at=NOW)
    assert "1 answer: too few for a score" in alice.text("feedback/dashboard")
    looked = Respondent(link(tenant, put_survey_record(tenant, ada, at=NOW, survey_id=survey))).open("?score=4")
    assert 'value="4" checked' in looked.html


def test_pages_of_the_list_and_the_new_ones(cast: Cast, alice: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rapport.feedback.pages.responses.SIZE", 2)
    tenant, survey = cast.alice.tenant, put_survey(cast.alice.tenant)
    for number in range(5):
        put_response(tenant, survey, number)
    seen, query = [], {}
    for _ in range(3):
        seen.append(scores(alice, **query))
        html = alice.get("feedback/responses", query).content.decode()
        found = re.search(r'href="\?before=(\d+)" rel="next"', html)
        newer = re.search(r'href="\?after=(\d+)" rel="prev"', html)
        query = {"before": found[1]} if found else {}
    assert seen == [["4", "3"], ["2", "1"], ["0"]]
    assert newer
    assert scores(alice, after=newer[1]) == ["2", "1"]
    html = alice.get("feedback/responses").content.decode()
    since = re.search(r"since=(\d+)", html)
    assert since
    put_response(tenant, survey, 9)
    assert "1 new" in re.sub(r"<[^>]+>", "", alice.get("feedback/responses", {"since": since[1]}).content.decode())


def test_a_response_tells_its_whole_story(database: Database, cast: Cast, alice: Browser) -> None:
    tenant = cast.alice.tenant
    record = ask(database, tenant)
    person = Respondent(link(tenant, record)).open("?score=3")
    person.send(nps="3", drivers="price", comment="Too slow")
    person.open("?change=1").send(nps="9", comment="Better")
    html = alice.get("feedback/responses").content.decode()
    [id] = set(re.findall(r"feedback/responses/([0-9a-f-]{36})", html))
    text = alice.text(f"feedback/responses/{id}")
    assert "Response of Ada 9 Promoter" in text
    assert "Comment Better" in text
    for part in ("survey record was made", "fetched once, with the score 3", "Answered", "Corrected", "in English, "):
        assert part in text
    assert "Too slow" in text.partition("How it came")[2]
    assert Browser(cast.bob).get(f"feedback/responses/{id}").status_code == 200
    assert Browser(cast.charlie, tenant.slug).get(f"feedback/responses/{id}").status_code == 404
    assert Browser(cast.charlie).get(f"feedback/responses/{id}").status_code == 404
    assert Browser(cast.charlie).post(f"feedback/responses/{id}/follow-up", {"state": "closed"}).status_code == 404


@pytest.mark.parametrize("query", ["end=9999-12-31", "start=0001-01-01", "start=9999-12-31", "end=0001-01-01"])
def test_the_ends_of_the_calendar_break_no_page(cast: Cast, alice: Browser, query: str) -> None:
    put_external(cast.alice.tenant, 3)
    for path in ("feedback/responses", "feedback/dashboard"):
        assert alice.get(f"{path}?{query}").status_code == 200


def test_bob_follows_up(cast: Cast, alice: Browser) -> None:
    tenant = cast.alice.tenant
    id = put_external(tenant, 2, contact=put_contact(tenant, first_name="Ada"))
    bob = Browser(cast.bob)
    given = {"state": "in_progress", "assignee": str(cast.bob.user.id), "note": "Called her"}
    assert bob.post(f"feedback/responses/{id}/follow-up", given).status_code == 302
    text = alice.text(f"feedback/responses/{id}")
    assert "Bob moved it to In Progress, gave it to Bob just now Called her" in text
    assert scores(alice, follow_up="in_progress", assignee=str(cast.bob.user.id)) == ["2"]
    assert scores(alice, follow_up="open") == []
    assert bob.post(f"feedback/responses/{id}/follow-up", {"state": "won"}).status_code == 302
    assert "The state must be one of" in bob.text(f"feedback/responses/{id}")


def test_a_file_of_what_the_list_shows(cast: Cast, alice: Browser) -> None:
    put_external(cast.alice.tenant, 2)
    put_external(cast.alice.tenant, 9)
    answer = Browser(cast.bob).get("feedback/responses/export.csv", {"group": "promoter"})
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert [line.split(",")[2] for line in lines] == ["NPS Score", "9"]
    assert Browser(cast.charlie, cast.alice.tenant.slug).get("feedback/responses/export.csv").status_code == 404


def test_few_answers_stand_instead_of_a_score(cast: Cast, alice: Browser) -> None:
    tenant, survey = cast.alice.tenant, put_survey(cast.alice.tenant)
    ada = put_contact(tenant, first_name="Ada")
    for _ in range(9):
        put_response(tenant, survey, 10, contact_id=ada, at=NOW, comment="Fine")
    text = alice.text("feedback/dashboard")
    assert "9 answers: too few for a score" in text
    assert text.count("10 Promoter Ada Fine") == 9
    put_response(tenant, survey, 0, at=NOW, answers={"nps": 0, "drivers": ["price"]})
    text = alice.text("feedback/dashboard", more=1)
    assert "80 NPS, from 23 to 100 with 95 % certainty, of 10 answers" in text
    assert "Price 0 0 1" in text
    assert "none" in text.partition("By Touchpoint")[2]


@pytest.mark.parametrize("counted", [False, True])
def test_the_period_before_and_groups(cast: Cast, alice: Browser, counted: bool) -> None:
    tenant, survey = cast.alice.tenant, put_survey(cast.alice.tenant)
    ada = put_contact(tenant, language="de")
    for _ in range(10):
        put_response(tenant, survey, 9, at=NOW, touchpoint="Sales", contact_id=ada)
        put_response(tenant, survey, 8, at=NOW - timedelta(days=8))
    if counted:
        counting.step(tenant.pk)
    text = alice.text("feedback/dashboard", period="7")
    assert "Up from 0 in the period before ( 10 answers )" in text.replace("(10 answers)", "( 10 answers )")
    assert "Sales" in text.partition("By Touchpoint")[2]
    text = alice.text("feedback/dashboard", period="7", by="contact.language")
    assert "de" in text.partition("By Contact: Language")[2]
    text = alice.text("feedback/dashboard", period="30", field="contact.language", value="-")
    assert "0 NPS" in text
    assert alice.get("feedback/dashboard", {"period": "x", "by": "y", "start": "z", "account": "?"}).status_code == 200


def test_the_rate_of_answers(cast: Cast, alice: Browser) -> None:
    tenant = cast.alice.tenant
    ada = put_contact(tenant)
    records = [put_survey_record(tenant, ada, at=NOW, touchpoint="Sales") for _ in range(4)]
    put_survey_record(tenant, ada, at=NOW, state="cancelled")
    put_response(tenant, put_survey(tenant), 9, record=records[0], at=NOW)
    assert "25 % of 4 survey records made in this time are answered" in alice.text("feedback/dashboard", more=1)


def test_the_scores_of_accounts_by_hand(cast: Cast, alice: Browser) -> None:
    """Navy: 10 twice from one contact and 0 from another -> 0; Army: 9 -> 100; Silent: asked, nobody answered."""
    tenant, survey = cast.alice.tenant, put_survey(cast.alice.tenant)
    with tenant_scope(tenant) as tenant_id:
        CustomField.objects.create(tenant_id=tenant_id, object="account", name="arr", label="Revenue", type="decimal")
    navy, army, silent, fleet = (
        put_account(tenant, name, parent_account=parent, attributes=attributes)
        for name, parent, attributes in (
            ("Navy", "fleet", {"arr": "300"}),
            ("Army", None, {"arr": 100}),
            ("Silent", None, {}),
            ("Fleet", None, {}),
        )
    )
    ada, bob, eve, joe, sue = (put_contact(tenant, account_id=id) for id in (navy, navy, army, silent, fleet))
    for contact, account, score, days in (
        (ada, navy, 1, 3),
        (ada, navy, 10, 1),
        (bob, navy, 0, 2),
        (eve, army, 9, 20),
        (sue, fleet, 9, 5),
    ):
        put_response(tenant, survey, score, contact_id=contact, account_id=account, at=NOW - timedelta(days=days))
    put_survey_record(tenant, joe, account_id=silent, at=NOW)
    put_survey_record(tenant, ada, account_id=navy, at=NOW)
    with tenant_scope(tenant) as tenant_id:
        rows = {row.name: row for row in account_scores.of(tenant_id, Wanted(), "arr")}
        parents = account_scores.parents(tenant_id, list(rows.values()))
    assert {name: row.score for name, row in rows.items()} == {
        "Army": Score(1, 0, 0),
        "Fleet": Score(1, 0, 0),
        "Navy": Score(1, 0, 1),
        "Silent": Score(0, 0, 0),
    }
    told = account_scores.overall(rows.values())
    assert (told.accounts, told.score) == (3, pytest.approx(200 / 3))
    assert told.weighted == pytest.approx((0 * 300 + 100 * 100) / 400)
    assert rows["Navy"].weight == Decimal(300)
    assert (rows["Navy"].contacts, rows["Navy"].asked, rows["Navy"].answered) == (2, 1, 2)
    assert [name for name, row in rows.items() if row.is_silent] == ["Silent"]
    assert (rows["Army"].quiet_days(), rows["Silent"].quiet_days()) == (20, None)
    assert [(name, id, told.score) for name, id, told in parents] == [("Fleet", fleet, 50)]
    text = alice.text("feedback/accounts", weight="arr", order="silent")
    assert "67 is the mean of 3 accounts, which are few; weighted, 25 ." in text.replace("25.", "25 .")
    assert "1 account is silent" in text
    assert "score 0 of 2 contacts in a year, which are few" in alice.text(f"accounts/{navy}")
    assert "10 of 10" in alice.text(f"contacts/{ada}")


def rule(**more: Any) -> dict[str, Any]:
    """What an alert is made of."""
    return {"name": "Unhappy", "score_groups": ["detractor"], **more}


@pytest.fixture
def mailed() -> Iterator[None]:
    """A deployment that sends mail, which stays in `mail.outbox`."""
    rapport = dataclasses.replace(django_settings.RAPPORT, mail_url="smtp://127.0.0.1:1")
    with override_settings(RAPPORT=rapport, EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend"):
        mail.outbox = []
        yield


@pytest.fixture
def told(mailed: None, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[UUID]]]:
    """(user, answers) of the mails that were deferred, instead of the queue."""
    found: list[tuple[str, list[UUID]]] = []

    class Queue:
        def defer(self, *, user_id: str, answer_ids: list[str], **_: Any) -> None:
            found.append((user_id, [UUID(id) for id in answer_ids]))

    monkeypatch.setattr(alerts.app, "with_connector", lambda _: alerts.app)
    monkeypatch.setattr(alerts.app, "configure_task", lambda *_, **__: Queue())
    return found


def make(cast: Cast, **more: Any) -> dict[str, Any]:
    """An alert by the API."""
    given = rule(users=[str(cast.bob.user.id)]) | more
    answer = Client(headers=cast.alice.bearer).post("/api/alerts", given, "application/json")
    assert answer.status_code == 201, answer.content
    made: dict[str, Any] = answer.json()
    return made


def test_an_alert_tells_once_of_what_fits(cast: Cast, told: list[tuple[str, list[UUID]]]) -> None:
    tenant, survey = cast.alice.tenant, put_survey(cast.alice.tenant)
    navy = put_account(tenant, "Navy", industry="Ships")
    make(cast)
    make(cast, name="Ships", score_groups=[], field="account.industry", value="Ships")
    make(cast, name="Call", score_groups=[], follow_up_request=True)
    make(cast, name="Off", score_groups=[], active=False)
    later = datetime.now(UTC) + timedelta(seconds=1)
    unhappy = put_response(tenant, survey, 3, at=later)
    ships = put_external(tenant, 9, account_id=navy, at=later)
    call = put_external(tenant, 9, follow_up_request="Y", at=later)
    put_external(tenant, 1, at=later - timedelta(days=100))
    counting.step(tenant.pk)
    bob = str(cast.bob.user.id)
    assert sorted(told) == sorted([(bob, [unhappy]), (bob, [ships]), (bob, [call])])
    correct(tenant, unhappy, nps_score=0)
    counting.step(tenant.pk)
    assert len(told) == 3, "a correction tells nothing"


def test_the_mail_is_queued_with_the_step_and_says_what_was_said(cast: Cast, mailed: None) -> None:
    tenant = cast.alice.tenant
    made = make(cast)
    later = datetime.now(UTC) + timedelta(seconds=1)
    id = put_response(tenant, put_survey(tenant), 2, at=later, comment="Too slow")
    counting.step(tenant.pk)
    queued = ProcrastinateJob.objects.filter(task_name=alerts.MAIL, args__rule_id=made["id"])
    [job] = queued
    assert job.args["answer_ids"] == [str(id)]
    jobs.send_alert.func(CONTEXT, **job.args)
    [letter] = mail.outbox
    assert letter.to == [cast.bob.user.email]
    assert letter.subject == "Somebody answered: 2 of 10 (Unhappy)"
    assert '"Too slow"' in letter.body
    assert f"/feedback/responses/{id}" in letter.body
    with tenant_scope(tenant) as tenant_id:
        AlertRule.objects.filter(tenant_id=tenant_id).delete()
    jobs.send_alert.func(CONTEXT, **job.args)
    assert len(mail.outbox) == 1, "the rule is gone"


def test_alerts_by_api(cast: Cast) -> None:
    made = make(cast)
    client, path = Client(headers=cast.alice.bearer), f"/api/alerts/{made['id']}"
    assert [row["id"] for row in client.get("/api/alerts").json()["data"]] == [made["id"]]
    assert client.patch(path, {"active": False}, "application/json").status_code == 428
    tag = {"If-Match": client.get(path)["ETag"]}
    changed = client.patch(path, {"active": False, "name": "Sad"}, "application/json", headers=tag).json()
    assert (changed["active"], changed["name"], changed["version"]) == (False, "Sad", 2)
    assert client.patch(path, {}, "application/json", headers=tag).status_code == 412
    bad = {
        "name": "",
        "score_groups": "all",
        "users": [str(cast.charlie.user.id)],
        "field": "shoe",
        "huh": 1,
        "active": 1,
    }
    faults = client.post("/api/alerts", bad | {"account": "x", "touchpoint": 7, "huh": 1}, "application/json").json()[
        "errors"
    ]
    assert faults.keys() == bad.keys() | {"account", "touchpoint", "huh"}
    bob = [str(cast.bob.user.id)]
    stranger = {"account": str(UUID(int=7)), "value": "Ships"}
    faults = client.post("/api/alerts", rule(users=bob, **stranger), "application/json").json()["errors"]
    assert faults.keys() == {"account", "value"}
    again = client.post("/api/alerts", rule(name="Sad", users=[str(cast.bob.user.id)]), "application/json")
    assert again.json()["errors"].keys() == {"name"}
    charlie = Client(headers=cast.charlie.bearer)
    assert charlie.get("/api/alerts").json()["data"] == []
    for method in (charlie.get, charlie.patch, charlie.delete):
        assert method(path, content_type="application/json", headers={"If-Match": "*"}).status_code == 404
    assert client.delete(path, headers={"If-Match": '"2"'}).status_code == 204
    assert client.get(path).status_code == 404


def test_alerts_by_hand(cast: Cast, alice: Browser) -> None:
    bob = str(cast.bob.user.id)
    where = {"field": "division", "value": "North"}
    given = {"name": "Unhappy", "active": "on", "score_groups": ["detractor"], "users": [bob]} | where
    assert alice.post("feedback/alerts/new", given | {"users": []}).status_code == 422
    assert alice.post("feedback/alerts/new", given).status_code == 302
    assert "Unhappy Detractor Division: North Bob Active" in alice.text("feedback/alerts")
    assert alice.post("feedback/alerts/new", given).status_code == 422
    with tenant_scope(cast.alice.tenant) as tenant_id:
        row = AlertRule.objects.get(tenant_id=tenant_id)
    path = f"feedback/alerts/{row.id}"
    assert "Unhappy" in alice.get(path).content.decode()
    assert alice.post(path, given | {"name": "Sad"}).status_code == 302
    navy = put_account(cast.alice.tenant, "Navy", deleted_at=NOON)
    with tenant_scope(cast.alice.tenant) as tenant_id:
        AlertRule.objects.filter(tenant_id=tenant_id, id=row.id).update(account_id=navy)
        AccountKey.objects.filter(tenant_id=tenant_id, account_id=navy).delete()
    assert 'value="Navy"' in alice.get(path).content.decode()
    assert alice.post(path, given | {"name": "Sad", "account": "Navy"}).status_code == 422, "it is there no more"
    for stranger in (Browser(cast.charlie, cast.alice.tenant.slug), Browser(cast.charlie)):
        assert stranger.get(path).status_code == 404
        assert stranger.post(f"{path}/remove", {}).status_code == 404
    assert Browser(cast.bob).post(f"{path}/remove", {}).status_code == 403
    assert "Remove Sad?" in alice.text(f"{path}/remove")
    assert alice.post(f"{path}/remove", {}).status_code == 302
    assert "No alerts yet" in alice.text("feedback/alerts")
