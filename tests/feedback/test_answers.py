"""A survey that somebody answers: what is stored, and what is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rapport.history.models import Change
from rapport.surveys.models import Entry, Fetch
from rapport.tenants.scope import tenant_scope
from tests.feedback.respondent import Respondent, ask, link, pages, record, responses

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
