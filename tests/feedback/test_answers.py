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
