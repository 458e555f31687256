"""A survey that somebody answers: what is stored, and what is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from rapport.history.models import Change
from rapport.surveys.models import Entry, Fetch, Survey, SurveyVersion
from rapport.tenants.scope import tenant_scope
from tests.feedback.respondent import Respondent, ask, link, pages, record, responses
from tests.feedback.stock import put_survey

if TYPE_CHECKING:
    from uuid import UUID

    from rapport.tenants.models import Tenant
    from tests.conftest import Database


@pytest.fixture
def asked(database: Database, tenant: Tenant) -> UUID:
    """A survey record of Ada's."""
    return ask(database, tenant)


@pytest.fixture
def ada(tenant: Tenant, asked: UUID) -> Respondent:
    """Ada, who has the link."""
    return Respondent(link(tenant, asked))


def test_an_answer_is_kept_as_it_is_and_as_it_came(tenant: Tenant, asked: UUID, ada: Respondent) -> None:
    ada.open().send(nps="9", comment="Fine <b>machine</b>", drivers=["price", "product"])
    assert "Thank you!" in ada.text
    assert "What influenced your score most? Product, Price" in ada.text
    assert "Fine <b>machine</b>" in ada.text
    [response] = responses(tenant)
    assert (response.nps_score, response.comment) == (9, "Fine <b>machine</b>")
    assert response.answers == {"nps": 9, "drivers": ["product", "price"], "comment": "Fine <b>machine</b>"}
    assert (response.survey_record_id, response.number, response.language) == (asked, 1, "en")
    [page] = pages(tenant)
    assert page.content == {**response.answers, "follow_up": None}
    assert (page.page, page.device, page.record) == ("page1", "phone", response.last_record)
    row = record(tenant, asked)
    assert (row.state, row.survey_version, row.survey_id) == ("answered", 1, response.survey_id)
    assert row.started_at == row.answered_at == response.answered_at


def test_the_ledger_says_it_and_the_feed_has_it(tenant: Tenant, asked: UUID, ada: Respondent) -> None:
    ada.open().send(nps="9")
    with tenant_scope(tenant) as tenant_id:
        answered, moved = Change.objects.filter(tenant_id=tenant_id, actor_type="respondent").order_by("seq")
        [entry] = Entry.objects.filter(tenant_id=tenant_id, feed="responses")
    assert (answered.object_type, answered.kind, answered.version) == ("response", "created", 1)
    assert answered.diff == {"answer.nps": [None, 9], "nps_score": [None, 9], "state": [None, "answered"]}
    assert (moved.object_id, moved.diff) == (asked, {"state": ["queued", "answered"]})
    assert answered.record == moved.record
    assert moved.prev is not None
    [response] = responses(tenant)
    assert (entry.seq, entry.object_id) == (answered.seq, response.id)
    assert response.entered_seq == answered.seq


def test_looking_changes_nothing_but_the_count_of_looks(tenant: Tenant, asked: UUID, ada: Respondent) -> None:
    before = record(tenant, asked)
    ada.open().open("?score=9").open("?score=9").open("?score=11")
    assert responses(tenant) == []
    assert vars(record(tenant, asked)).keys() == vars(before).keys()
    assert record(tenant, asked).version == before.version
    with tenant_scope(tenant) as tenant_id:
        looks = Fetch.objects.filter(tenant_id=tenant_id).order_by("score")
        assert [(look.score, look.fetches, look.device) for look in looks] == [(-1, 2, "phone"), (9, 2, "phone")]


def test_a_score_in_the_address_waits_for_the_button(ada: Respondent, tenant: Tenant) -> None:
    ada.open("?score=3")
    assert "You chose 3. Press the button to send it." in ada.text
    assert ada.form()["q-nps"] == "3"
    ada.send()
    assert [response.nps_score for response in responses(tenant)] == [3]


def test_the_same_page_twice_is_one_answer(tenant: Tenant, ada: Respondent) -> None:
    form = ada.open().form() | {"q-nps": "9", "q-comment": "Fine"}
    ada.post(form)
    ada.post(form)
    assert "Thank you!" in ada.text
    assert [(response.version, response.corrections) for response in responses(tenant)] == [(1, 0)]
    assert len(pages(tenant)) == 1


def test_a_correction_replaces_and_both_are_kept(tenant: Tenant, asked: UUID, ada: Respondent) -> None:
    ada.open().send(nps="3", comment="Slow", follow_up="yes", **{"follow_up-details": "ada@example.com"})
    ada.open()
    assert "May we contact you about your answer? Yes: ada@example.com" in ada.text
    ada.open("?change=1")
    assert ada.form()["q-nps"] == "3"
    assert "Slow" in ada.html
    ada.send(nps="10", comment="Fast", follow_up="no")
    [response] = responses(tenant)
    assert (response.nps_score, response.comment, response.corrections) == (10, "Fast", 1)
    assert [page.content["nps"] for page in pages(tenant)] == [3, 10]
    with tenant_scope(tenant) as tenant_id:
        told = Change.objects.filter(tenant_id=tenant_id, object_id=response.id).order_by("seq")
        assert told[1].diff["nps_score"] == [3, 10]
        assert told[1].prev == told[0].record
        assert Entry.objects.filter(tenant_id=tenant_id, feed="responses").count() == 1
    assert record(tenant, asked).state == "answered"


def test_two_devices_each_with_a_page_of_its_own_lose_nothing(tenant: Tenant, asked: UUID) -> None:
    phone, desk = (Respondent(link(tenant, asked), agent) for agent in ("Mozilla (iPhone)", "Mozilla (X11)"))
    phone.open()
    desk.open()
    desk.send(nps="6", comment="From the desk")
    phone.send(nps="7", comment="From the phone")
    [response] = responses(tenant)
    assert (response.nps_score, response.comment) == (7, "From the phone")
    assert [(page.device, page.content["nps"]) for page in pages(tenant)] == [("computer", 6), ("phone", 7)]


def _publish(tenant: Tenant, *, other: bool, version: int, questions: list[dict[str, Any]]) -> None:
    """Makes a version what is asked by default: of another survey, or of the one that is."""
    document = {"name": "New", "languages": ["en"], "pages": [{"id": "page1", "questions": questions}]}
    new = put_survey(tenant, "other", document) if other else None
    with tenant_scope(tenant) as tenant_id:
        surveys = Survey.objects.filter(tenant_id=tenant_id)
        id = new or surveys.get(is_default=True).id
        SurveyVersion.objects.create(
            tenant_id=tenant_id, survey_id=id, version=version, document=document, actor_type="command", actor_name="x"
        )
        surveys.filter(is_default=True).update(is_default=False)
        surveys.filter(id=id).update(is_default=True, version=version)


NPS = {"id": "nps", "kind": "nps", "text": {"en": "How likely?"}}
SHOE = {"id": "shoe", "kind": "text", "text": {"en": "Which shoe?"}}


def test_a_page_of_an_older_version_leaves_what_it_does_not_ask(tenant: Tenant, asked: UUID) -> None:
    phone, desk = (Respondent(link(tenant, asked)) for _ in range(2))
    phone.open()
    _publish(tenant, other=False, version=2, questions=[NPS, SHOE])
    desk.open().send(nps="6", shoe="The left one")
    phone.send(nps="7")
    [response] = responses(tenant)
    assert response.answers == {"nps": 7, "shoe": "The left one"}
    assert (response.nps_score, response.survey_version) == (7, 1)


@pytest.mark.parametrize("begun", ["old", "new"])
def test_no_version_of_one_survey_stands_with_another(tenant: Tenant, asked: UUID, begun: str) -> None:
    old, new = (Respondent(link(tenant, asked)) for _ in range(2))
    old.open()
    _publish(tenant, other=True, version=5, questions=[SHOE])
    new.open()
    told: dict[str, tuple[Respondent, dict[str, Any]]] = {
        "old": (old, {"nps": "6"}),
        "new": (new, {"shoe": "The left one"}),
    }
    for browser, said in (told[begun], *(each for name, each in told.items() if name != begun)):
        browser.send(**said)
    [response] = responses(tenant)
    assert response.answers == {"nps": 6, "shoe": "The left one"}
    assert response.nps_score == 6
    with tenant_scope(tenant) as tenant_id:
        row = Survey.objects.get(tenant_id=tenant_id, id=response.survey_id)
    assert (row.reference == "other", response.survey_version) == ((False, 1) if begun == "old" else (True, 5))


def test_an_older_page_that_comes_late_is_a_correction_like_any_other(tenant: Tenant, ada: Respondent) -> None:
    first = ada.open().form() | {"q-nps": "2"}
    second = ada.open().form() | {"q-nps": "8"}
    ada.post(second)
    ada.post(first)
    ada.post(second)
    assert [response.nps_score for response in responses(tenant)] == [2]
    assert len(pages(tenant)) == 2


def test_what_is_missing_is_said_and_the_rest_is_kept(tenant: Tenant, asked: UUID, ada: Respondent) -> None:
    ada.open().send(422, comment="No score")
    assert "Something is missing. Your other answers are kept." in ada.text
    assert "Please answer this." in ada.text
    assert "No score" in ada.html
    assert record(tenant, asked).state == "started"
    ada.send(nps="8", comment="No score")
    [response] = responses(tenant)
    assert (response.nps_score, response.corrections) == (8, 0)
    assert record(tenant, asked).state == "answered"


def test_a_text_that_cannot_be_taken_is_there_to_be_mended(tenant: Tenant, ada: Respondent) -> None:
    ada.open().send(422, nps="8", comment="long" * 2_501)
    assert "longlonglong" in ada.html
    [page], [response] = pages(tenant), responses(tenant)
    assert page.content["comment"] == "long" * 2_501
    assert (response.answers, response.comment) == ({"nps": 8}, None)


def test_what_cannot_be_taken_is_kept_though_nothing_else_was_said(
    tenant: Tenant, asked: UUID, ada: Respondent
) -> None:
    ada.open().send(422, comment="long\x0b" * 5_001, follow_up="yes", **{"follow_up-details": "0" * 501})
    [page], [response] = pages(tenant), responses(tenant)
    assert page.content["comment"] == ("long" * 5_001)[:20_000]
    assert page.content["follow_up"] == {"wanted": True, "details": "0" * 501}
    assert (response.answers, response.answered_at, record(tenant, asked).state) == ({}, None, "started")
    ada.send(nps="8", comment="Short")
    assert responses(tenant)[0].comment == "Short"


@pytest.mark.parametrize("charset", ["hex", "rot13", "undefined", "none-such"])
def test_a_form_in_what_is_no_encoding_of_texts_is_read_all_the_same(ada: Respondent, charset: str) -> None:
    ada.open()
    told = f"application/x-www-form-urlencoded; charset={charset}"
    form = urlencode(ada.form() | {"q-nps": "9"})
    assert ada.client.generic("POST", ada.path, form, content_type=told).status_code == 200
    assert ada.client.generic("GET", ada.path, content_type=told).status_code == 200


def test_nothing_at_all_is_no_answer(tenant: Tenant, asked: UUID, ada: Respondent) -> None:
    ada.open().send(422)
    ada.send(422, nps="11")
    ada.send(422, nps="nine", drivers="luck")
    assert responses(tenant) == []
    assert record(tenant, asked).state == "queued"


@pytest.mark.parametrize("change", [("form", "x"), ("form", ""), ("form", None)])
def test_a_form_that_we_have_not_made_is_none(tenant: Tenant, ada: Respondent, change: tuple[str, str | None]) -> None:
    form = ada.open().form() | {"q-nps": "9"}
    form.pop(change[0])
    ada.post(form | ({} if change[1] is None else {change[0]: change[1]}), 404)
    assert responses(tenant) == []


def test_the_form_of_one_link_is_none_of_another(database: Database, tenant: Tenant, ada: Respondent) -> None:
    form = ada.open().form() | {"q-nps": "9"}
    grace = Respondent(link(tenant, ask(database, tenant, Email="grace@example.com")))
    grace.post(form, 404)
    assert responses(tenant) == []
