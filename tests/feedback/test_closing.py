"""What was opened before a survey was closed is taken; the version that was shown is the one that counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
import pytest

from rapport.db.write import Actor
from rapport.feedback import asking, jobs, older, surveys
from rapport.feedback.documents.starters import RELATIONSHIP
from rapport.surveys.models import Entry, Response, Survey, SurveyRecord
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope
from tests.feedback.respondent import Respondent, ask, link, pages, record, responses

if TYPE_CHECKING:
    from rapport.tenants.models import Tenant
    from tests.conftest import Database

BOB = Actor("user", UUID(int=9))


@pytest.fixture
def asked(database: Database, tenant: Tenant) -> UUID:
    """A survey record of Ada's."""
    return ask(database, tenant)


@pytest.fixture
def ada(tenant: Tenant, asked: UUID) -> Respondent:
    """Ada, who has the link."""
    return Respondent(link(tenant, asked))


def moved(database: Database, tenant: Tenant, table: str, **columns: Any) -> None:
    """Time that has passed: columns of all rows of a table are as they would be then."""
    with psycopg.connect(database.owner) as owner:
        owner.execute(f"set local rapport.tenant_id = '{tenant.pk}'")
        for name, value in columns.items():
            owner.execute(f"update {table} set {name} = %s", [value])


def save(tenant: Tenant, change: Any, *, live: bool = True) -> Survey:
    """A new version of the default survey, changed by `change(document)`."""
    with tenant_scope(tenant) as tenant_id:
        survey = Survey.objects.get(tenant_id=tenant_id, is_default=True)
        document = surveys.document(survey)
        change(document)
        assert surveys.save(survey, COMMAND, document)
        return survey


def test_what_was_opened_before_closing_is_taken_and_nothing_later(
    tenant: Tenant, asked: UUID, ada: Respondent
) -> None:
    form = ada.open().form() | {"q-nps": "9"}
    assert asking.close(tenant.pk, asked, BOB)
    assert not asking.close(tenant.pk, asked, BOB)
    assert record(tenant, asked).state == "closed"
    ada.open(status=410)
    assert "This survey is closed" in ada.text
    assert "ada" not in ada.text.lower()
    ada.post(form)
    assert "Thank you!" in ada.text
    assert [response.nps_score for response in responses(tenant)] == [9]
    assert record(tenant, asked).state == "answered"


def test_after_ninety_days_it_is_closed(database: Database, tenant: Tenant, asked: UUID, ada: Respondent) -> None:
    row = record(tenant, asked)
    assert row.closes_at == row.created_at + timedelta(days=90)
    form = ada.open().form() | {"q-nps": "9"}
    moved(database, tenant, "survey_records", closes_at=datetime.now(UTC) - timedelta(minutes=1))
    assert asking.state_now(record(tenant, asked)) == "closed"
    ada.open(status=410)
    ada.post(form, 410)
    assert responses(tenant) == []


def test_for_seven_days_an_answer_can_be_corrected(
    database: Database, tenant: Tenant, asked: UUID, ada: Respondent
) -> None:
    ada.open().send(nps="9")
    moved(database, tenant, "survey_records", closes_at=datetime.now(UTC) - timedelta(minutes=1))
    ada.open("?change=1").send(nps="8")
    form = ada.open("?change=1").form()
    moved(database, tenant, "survey_records", started_at=datetime.now(UTC) - timedelta(days=7, minutes=1))
    ada.open(status=410)
    ada.post(form | {"q-nps": "7"}, 410)
    assert [response.nps_score for response in responses(tenant)] == [8]


def test_the_version_that_was_shown_is_answered_whatever_was_saved_since(
    tenant: Tenant, asked: UUID, ada: Respondent
) -> None:
    ada.open()
    save(tenant, lambda document: document["pages"][0]["questions"][0]["text"].update(en="How likely now?"))
    ada.send(nps="9")
    assert record(tenant, asked).survey_version == 1
    [response] = responses(tenant)
    assert response.survey_version == 1
    ada.open("?change=1")
    assert "How likely now?" not in ada.text


def test_later_openers_see_the_new_version_and_an_older_form_is_kept_with_its_own(
    tenant: Tenant, asked: UUID, ada: Respondent
) -> None:
    old = ada.open().form() | {"q-nps": "4", "q-drivers": "price"}
    save(tenant, lambda document: document["pages"][0]["questions"].pop(1))
    ada.open().send(nps="9")
    ada.post(old)
    [response] = responses(tenant)
    assert (response.nps_score, response.answers["drivers"]) == (4, ["price"])
    assert [page.survey_version for page in pages(tenant)] == [2, 1]


def two_pages(document: dict[str, Any]) -> None:
    """The score first, all else on a second page."""
    first, *rest = document["pages"][0]["questions"]
    document["pages"] = [{"id": "score", "questions": [first]}, {"id": "why", "questions": rest}]


def test_a_second_device_goes_on_where_the_answers_are(tenant: Tenant, asked: UUID, ada: Respondent) -> None:
    save(tenant, two_pages)
    ada.open()
    assert "Page 1 of 2" in ada.text
    ada.send(nps="9")
    assert "Page 2 of 2" in ada.text
    assert record(tenant, asked).state == "started"
    with tenant_scope(tenant) as tenant_id:
        assert not Entry.objects.filter(tenant_id=tenant_id, feed="responses").exists()
    desk = Respondent(ada.path).open()
    assert "Page 2 of 2" in desk.text
    desk.send(comment="Because")
    assert record(tenant, asked).state == "answered"
    ada.send(comment="Because of you")
    [response] = responses(tenant)
    assert (response.nps_score, response.comment, response.corrections) == (9, "Because of you", 1)
    with tenant_scope(tenant) as tenant_id:
        assert Entry.objects.filter(tenant_id=tenant_id, feed="responses").count() == 1


def test_what_nobody_finishes_enters_after_half_an_hour_once(tenant: Tenant, asked: UUID, ada: Respondent) -> None:
    save(tenant, two_pages)
    ada.open().send(nps="9")
    now = datetime.now(UTC)
    assert jobs.enter(tenant.pk, now - timedelta(minutes=30)) == 0
    before = responses(tenant)[0]
    assert jobs.enter(tenant.pk, now + timedelta(seconds=1)) == 1
    assert jobs.enter(tenant.pk, now + timedelta(seconds=1)) == 0
    [response] = responses(tenant)
    assert response.entered_seq is not None
    assert response.paged_at == before.paged_at
    assert response.last_record != before.last_record
    assert record(tenant, asked).state == "answered"
    ada.send(comment="Late")
    [response] = responses(tenant)
    assert (response.comment, response.corrections) == ("Late", 1)
    with tenant_scope(tenant) as tenant_id:
        [entry] = Entry.objects.filter(tenant_id=tenant_id, feed="responses")
        assert entry.seq == response.entered_seq
        assert Response.objects.filter(tenant_id=tenant_id).count() == 1


def test_older_systems_get_the_survey_that_new_ones_start_with_once(database: Database, tenant: Tenant) -> None:
    with psycopg.connect(database.owner, autocommit=True) as owner:
        with owner.transaction():
            owner.execute(f"set local rapport.tenant_id = '{tenant.pk}'")
            owner.execute("delete from survey_versions")
            owner.execute("delete from surveys")
        older.give(owner)
        older.give(owner)
    with tenant_scope(tenant) as tenant_id:
        [survey] = Survey.objects.filter(tenant_id=tenant_id)
        assert (survey.state, survey.is_default, survey.version) == ("live", True, 1)
        assert surveys.document(survey) == RELATIONSHIP.document


def test_a_deleted_survey_record_is_closed_also_for_who_had_opened_it(
    tenant: Tenant, asked: UUID, ada: Respondent
) -> None:
    ada.open()
    with tenant_scope(tenant) as tenant_id:
        SurveyRecord.objects.filter(tenant_id=tenant_id, id=asked).update(deleted_at=datetime.now(UTC))
    ada.send(status=410, nps="9")
    ada.open(status=410)
    assert not responses(tenant)
