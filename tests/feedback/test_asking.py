"""Survey records that no record asks for: by the API, by hand; and the links of touchpoints."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from django.test import Client

from rapport.configurations import touchpoints
from rapport.configurations.locks import editing
from rapport.directory.models import Contact
from rapport.feedback import surveys, visitors
from rapport.feedback.documents.starters import STARTERS
from rapport.history.models import Change
from rapport.surveys.models import Survey, SurveyRecord
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope
from tests.directory.browsing import Browser
from tests.feedback.respondent import Respondent, pages, record, responses
from tests.stock import put_contact

if TYPE_CHECKING:
    from tests.cast import Cast, Person


def post(person: Person, body: Any, status: int = 201) -> dict[str, Any]:
    """What the API answers."""
    answer = Client(headers=person.bearer).post("/api/survey-records", body, content_type="application/json")
    assert answer.status_code == status, answer.content
    if status == 201:
        assert answer["Location"] == f"/api/survey-records/{answer.json()['survey_record']}"
    return answer.json()


def get(person: Person, id: str, status: int = 200) -> dict[str, Any]:
    """One survey record as the API shows it."""
    answer = Client(headers=person.bearer).get(f"/api/survey-records/{id}")
    assert answer.status_code == status
    return answer.json()


def test_a_contact_is_asked_by_a_key_and_answers_behind_the_link(cast: Cast) -> None:
    made = post(cast.alice, {"contact": {"email": "ada@example.com"}})
    assert made["link"].startswith("http://testserver/a/")
    told = get(cast.alice, made["survey_record"])
    assert (told["state"], told["survey"], told["link"]) == ("queued", "relationship-nps", made["link"])
    assert (told["origin"], told["response"], told["number_customergauge"]) == ("api", None, 1)
    assert (told["contact"]["email"], told["answers"]) == ("ada@example.com", None)
    Respondent(made["link"].removeprefix("http://testserver")).open().send(nps="9", comment="Fine")
    told = get(cast.alice, made["survey_record"])
    assert (told["state"], told["response"]["nps"], told["response"]["comment"]) == ("answered", 9, "Fine")


def test_the_same_contact_is_found_again_and_by_its_id(cast: Cast) -> None:
    id = put_contact(cast.alice.tenant, email="ada@example.com", first_name="Ada", language="German")
    first = post(cast.alice, {"contact": {"email": "ADA@example.com"}})
    second = post(cast.alice, {"contact": {"id": str(id)}})
    assert [get(cast.alice, each["survey_record"])["contact"]["id"] for each in (first, second)] == [str(id)] * 2
    row = record(cast.alice.tenant, UUID(second["survey_record"]))
    assert row.fields["first_name"] == "Ada"
    page = Respondent(second["link"].removeprefix("http://testserver")).open()
    assert "Wie wahrscheinlich ist es" in page.text
    assert '<html lang="de" dir="ltr">' in page.html


def test_the_ledger_has_who_asked(cast: Cast) -> None:
    made = post(cast.alice, {"contact": {"phone": "+44 20 7946 0018"}})
    with tenant_scope(cast.alice.tenant) as tenant_id:
        entry = Change.objects.get(tenant_id=tenant_id, object_id=made["survey_record"])
    assert (entry.actor_type, entry.kind, entry.diff["origin"]) == ("app", "created", [None, "api"])


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, {"contact": ["The contact must be an object with one of email, phone and id."]}),
        ({"contact": {}}, {"contact"}),
        ({"contact": {"email": "a@b", "phone": "12345"}}, {"contact"}),
        ({"contact": {"id": "x"}}, {"contact"}),
        ({"contact": {"email": 7}}, {"contact"}),
        ({"contact": {"email": "ada"}}, {"contact.email"}),
        ({"contact": {"id": "01a208d7-cfc5-72da-a6a5-e1d8534c4927"}}, {"contact.id"}),
        ({"contact": {"email": "a@b"}, "survey": "none"}, {"survey"}),
        ({"contact": "a", "survey": "none", "x": 1}, {"contact", "survey", "x"}),
    ],
)
def test_every_fault_is_said_and_nothing_is_written(cast: Cast, body: Any, errors: Any) -> None:
    told = post(cast.alice, body, 422)
    assert told["errors"].keys() == set(errors)
    with tenant_scope(cast.alice.tenant) as tenant_id:
        assert not SurveyRecord.objects.filter(tenant_id=tenant_id).exists()
        assert not Contact.objects.filter(tenant_id=tenant_id).exists()


def test_a_survey_that_is_named_is_the_one_that_is_asked(cast: Cast) -> None:
    with tenant_scope(cast.alice.tenant) as tenant_id:
        survey = surveys.create(tenant_id, COMMAND, "ces", STARTERS["ces"].document)
    assert post(cast.alice, {"contact": {"email": "a@b"}, "survey": "ces"}, 422)["errors"] == {
        "survey": ["The survey ces is not live."]
    }
    with tenant_scope(cast.alice.tenant):
        surveys.put_live(survey, COMMAND)
    made = post(cast.alice, {"contact": {"email": "a@b"}, "survey": "ces"})
    page = Respondent(made["link"].removeprefix("http://testserver")).open()
    assert "made it easy" in page.text
    page.send(ces="7")
    [response] = responses(cast.alice.tenant)
    assert (response.nps_score, response.answers) == (None, {"ces": 7})


def test_a_score_that_nobody_has_sent_is_accepted_by_a_person_and_the_history_says_so(cast: Cast) -> None:
    made = post(cast.alice, {"contact": {"email": "ada@example.com"}})
    alice, path = Browser(cast.alice), f"survey-records/{made['survey_record']}"
    ada = Respondent(made["link"].removeprefix("http://testserver")).open("?score=4")
    assert "Accept 4 as the answer?" in alice.text(f"{path}/accept?score=4")
    alice.post(f"{path}/accept", {"score": "5"}, status=404)
    Browser(cast.bob).post(f"{path}/accept", {"score": "4"}, status=403)
    alice.post(f"{path}/accept", {"score": "4"}, status=302)
    alice.post(f"{path}/accept", {"score": "4"}, status=302)
    [response] = responses(cast.alice.tenant)
    assert (response.nps_score, response.entered_seq is not None) == (4, True)
    with tenant_scope(cast.alice.tenant) as tenant_id:
        told = Change.objects.filter(tenant_id=tenant_id, record=response.last_record)
        assert {(change.actor_type, change.actor_id) for change in told} == {("user", cast.alice.user.id)}
    assert "Accept as the answer" not in alice.text(path)
    ada.open("?change=1").send(nps="9")
    assert [each.nps_score for each in responses(cast.alice.tenant)] == [9]


def test_charlie_sees_no_survey_record_of_alices(cast: Cast) -> None:
    made = post(cast.alice, {"contact": {"email": "ada@example.com"}})
    get(cast.charlie, made["survey_record"], 404)


def test_a_contact_is_asked_by_hand_and_the_page_tells_the_whole_story(cast: Cast) -> None:
    alice = Browser(cast.alice)
    contact = put_contact(cast.alice.tenant, email="ada@example.com", first_name="Ada")
    assert "Ask" in alice.text(f"contacts/{contact}")
    answer = alice.post(f"contacts/{contact}/ask", {"survey": ""}, status=302)
    path = answer["Location"].partition(f"/s/{cast.alice.tenant.slug}/")[2]
    html = alice.get(path).content.decode()
    [address] = set(re.findall(r"/a/[0-9A-Za-z]+", html))
    ada = Respondent(address).open("?score=4")
    assert "4 stood in the address of 1 look" in alice.text(path)
    [receipt] = set(re.findall(r"[^/]+/of-change/[0-9]+", html))
    record = alice.get(f"data/{receipt}")["Location"].partition("/data/")[2]
    assert "Ada Created" in alice.text(f"data/{record}")
    ada.send(comment="Slow")
    text = alice.text(path)
    assert "Survey of Ada Answered" in text
    assert "Made By hand" in text
    assert "Page fetched 1 time, scanners included" in text
    assert "recommend us to a friend or colleague? 4" in text
    assert "page1 1 phone" in text
    alice.post(f"{path}/close", {}, status=302)
    assert "It takes no more answers; it closed" in alice.text(path)
    assert alice.get(path).content.decode().count("/of-change/") == 1
    changes = alice.text("data/changes")
    assert "Response Ada Created" in changes
    assert "Made By hand" in changes
    alice.post(f"{path}/revoke", {}, status=302)
    ada.open(status=404)
    bob = Browser(cast.bob)
    for act in (f"contacts/{contact}/ask", f"{path}/close", f"{path}/revoke"):
        bob.post(act, {}, status=403)


@pytest.fixture
def counter(cast: Cast) -> str:
    """The path of the link of Alice's counter."""
    with editing(cast.alice.tenant) as tenant_id:
        row = touchpoints.create(tenant_id, COMMAND, {"name": "Counter <1>"})
    alice = Browser(cast.alice)
    path = f"feedback/touchpoint-links/{row.id}"
    assert "Counter <1> none yet" in alice.text("feedback/touchpoint-links")
    alice.post(path, {"survey": "", "act": "open"}, status=302)
    html = alice.get(path).content.decode()
    assert "<svg" in html
    assert "&lt;iframe src=&quot;http://testserver/t/" in html
    [address] = set(re.findall(r"/t/[0-9A-Za-z]+", html))
    return address


def test_somebody_unknown_answers_at_a_touchpoint_each_for_themselves(cast: Cast, counter: str) -> None:
    one, two = Respondent(counter).open(), Respondent(counter).open()
    assert "frame-ancestors *" in one.page["Content-Security-Policy"]
    assert "X-Frame-Options" not in one.page
    form = one.form() | {"q-nps": "9"}
    one.post(form).post(form)
    two.send(nps="2", comment="Queue")
    assert "Change my answer" not in two.text
    found = responses(cast.alice.tenant)
    assert sorted((each.nps_score, each.touchpoint, each.channel) for each in found) == [
        (2, "Counter <1>", "touchpoint"),
        (9, "Counter <1>", "touchpoint"),
    ]
    assert {each.contact_id for each in found} == {None}
    assert {each.number for each in found} == {1, 2}
    assert len(pages(cast.alice.tenant)) == 2
    assert "Thank you!" not in Respondent(counter).open().text


def test_a_touchpoint_is_closed_and_revoked(cast: Cast, counter: str) -> None:
    alice = Browser(cast.alice)
    with tenant_scope(cast.alice.tenant) as tenant_id:
        survey = Survey.objects.get(tenant_id=tenant_id, is_default=True)
    assert survey.state == "live"
    [path] = re.findall(
        r"feedback/touchpoint-links/[0-9a-f-]{36}", alice.get("feedback/touchpoint-links").content.decode()
    )[:1]
    guest = Respondent(counter).open()
    alice.post(path, {"survey": "", "act": "close"}, status=302)
    Respondent(counter).open(status=410)
    guest.send(nps="9")
    assert len(responses(cast.alice.tenant)) == 1
    alice.post(path, {"survey": "", "act": "open"}, status=302)
    Respondent(counter).open()
    alice.post(f"{path}/revoke", {}, status=302)
    Respondent(counter).open(status=404)


def test_one_caller_cannot_use_up_a_link(cast: Cast, counter: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitors, "COUNTERS", visitors.Counters())
    greedy = Respondent(counter)
    for _ in range(visitors.LIMITS["address"]):
        greedy.open()
    page = greedy.open(status=429).page
    assert page["Retry-After"] == "60"
    other = Respondent(counter)
    other.client.defaults["REMOTE_ADDR"] = "192.0.2.7"
    other.open()


def test_looks_keep_nobody_from_answering_at_a_touchpoint(
    cast: Cast, counter: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visitors, "COUNTERS", visitors.Counters())
    guest = Respondent(counter).open()
    for _ in range(visitors.LIMITS["address"]):
        Respondent(counter).client.get(counter)
    Respondent(counter).open(status=429)
    guest.send(nps="9")
    assert len(responses(cast.alice.tenant)) == 1
