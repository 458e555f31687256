"""Somebody tries a record in the console: through the same engine, rehearsed or for real, for their own system only."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from rapport.db.write import Actor
from rapport.directory.models import Activity, Contact
from rapport.handbook import reader
from rapport.handbook.trial import Trial
from rapport.history.models import Change, HourlyCount, SentRecord, UnmappedHeading
from rapport.surveys.models import ExternalResponse, SurveyRecord
from rapport.tenants.scope import tenant_scope
from tests.console.visitor import visitor
from tests.handbook.test_pages import configure, reference

if TYPE_CHECKING:
    from django.http import HttpResponse

    from tests.cast import Cast, Person

EMAIL, NAME, ACCOUNT = "value-0", "value-2", "value-4"


def post(person: Person, act: str, configuration: str = "contact", **values: str) -> HttpResponse:
    """The answer to a form that a person sends."""
    return visitor(person).post(
        f"/s/{person.tenant.slug}/docs/try?configuration={configuration}", {"act": act, **values}
    )


def count(person: Person, model: type) -> int:
    """How many rows their system has."""
    with tenant_scope(person.tenant) as tenant_id:
        return model.objects.filter(tenant_id=tenant_id).count()


def test_a_rehearsal_shows_the_receipt_and_writes_nothing(cast: Cast) -> None:
    answer = post(cast.alice, "rehearse", **{EMAIL: "ada@example.com", NAME: "Ada"})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "What would become of it" in page
    assert "Created" in page
    assert [count(cast.alice, model) for model in (Contact, Change, SentRecord)] == [0, 0, 0]


def test_what_is_sent_is_written_with_ledger_and_history_under_the_persons_name(cast: Cast) -> None:
    page = post(cast.alice, "send", **{EMAIL: "ada@example.com", NAME: "Ada"}).content.decode()
    assert "What became of it" in page
    with tenant_scope(cast.alice.tenant) as tenant_id:
        contact = Contact.objects.get(tenant_id=tenant_id)
        request = SentRecord.objects.get(tenant_id=tenant_id)
        change = Change.objects.get(tenant_id=tenant_id)
    assert (contact.email, contact.first_name) == ("ada@example.com", "Ada")
    assert (request.actor_type, request.actor_id, request.outcome) == ("user", cast.alice.user.id, "created")
    assert request.sent == {"Email": "ada@example.com", "First Name": "Ada"}
    assert (change.actor_type, change.actor_id, change.request_id) == ("user", cast.alice.user.id, request.request_id)
    assert f"/s/{cast.alice.tenant.slug}/contacts/{contact.id}" in page


def test_what_is_sent_is_counted_and_its_unmapped_headings_are_heard(cast: Cast) -> None:
    named = next(each for each in reader.named(cast.alice.tenant) if each.outline.reference == "contact")
    for rehearsed in (True, False):
        record = {"Email": "ada@example.com", "Frist Name": "Ada"}
        Trial(cast.alice.tenant, Actor("user", cast.alice.user.id), "r", named, record, rehearsed).run()
    with tenant_scope(cast.alice.tenant) as tenant_id:
        counts = HourlyCount.objects.filter(tenant_id=tenant_id)
        assert list(counts.values_list("outcome", "records", "records_ignored")) == [("created", 1, 1)]
        heard = UnmappedHeading.objects.filter(tenant_id=tenant_id)
        assert list(heard.values_list("heading", "count")) == [("Frist Name", 1)]


def test_who_is_found_is_updated_and_named(cast: Cast) -> None:
    post(cast.alice, "send", **{EMAIL: "ada@example.com", NAME: "Ada"})
    page = post(cast.alice, "send", **{EMAIL: "ADA@example.com", NAME: "Augusta"}).content.decode()
    assert "found by its e-mail address" in page
    assert count(cast.alice, Contact) == 1


def test_a_fault_stands_beside_its_field_and_what_was_typed_stays(cast: Cast) -> None:
    answer = post(cast.alice, "send", **{EMAIL: "nobody", NAME: "Ada"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "The Email must be a valid email address." in page
    assert 'value="Ada"' in page
    assert count(cast.alice, Contact) == 0


@pytest.mark.parametrize(
    ("configuration", "model"),
    [
        ("survey", SurveyRecord),
        ("external-response", ExternalResponse),
        ("activity", Activity),
        ("multi-object", SurveyRecord),
    ],
)
def test_every_data_type_can_be_tried_with_its_sample(cast: Cast, configuration: str, model: type) -> None:
    address = f"/s/{cast.alice.tenant.slug}/docs/try?configuration={configuration}"
    form = visitor(cast.alice).get(address).content.decode()
    filled = dict(re.findall(r'name="(value-\d+)" value="([^"]*)"', form))
    assert post(cast.alice, "send", configuration, **filled).status_code == 200
    assert count(cast.alice, model) == 1


def test_a_survey_is_filled_from_what_is_stored(cast: Cast) -> None:
    post(cast.alice, "send", **{EMAIL: "ada@example.com", NAME: "Ada", ACCOUNT: "Navy"})
    post(cast.alice, "send", "survey", **{EMAIL: "ada@example.com"})
    with tenant_scope(cast.alice.tenant) as tenant_id:
        filled = SurveyRecord.objects.get(tenant_id=tenant_id).fields
    assert (filled["first_name"], filled["account_name"]) == ("Ada", "Navy")


def test_the_configurations_of_another_system_cannot_be_chosen(cast: Cast) -> None:
    configure(cast.alice, {"email": "Veiled Heading"}, "Veiled Name")
    address = f"/s/{cast.charlie.tenant.slug}/docs/try?configuration={reference(cast.alice)}"
    assert "Veiled" not in visitor(cast.charlie).get(address).content.decode()
    theirs = visitor(cast.charlie).get(f"/s/{cast.alice.tenant.slug}/docs/try")
    assert theirs.status_code == 404


def test_whoever_may_not_send_finds_no_way_there(cast: Cast) -> None:
    assert post(cast.bob, "send", **{EMAIL: "ada@example.com"}).status_code == 403
    assert "docs/try" not in visitor(cast.bob).get("/docs/put-records/contact").content.decode()
    assert "docs/try" in visitor(cast.alice).get("/docs/put-records/contact").content.decode()


def test_an_api_token_opens_no_page(cast: Cast) -> None:
    client = visitor(None)
    answer = client.post(f"/s/{cast.alice.tenant.slug}/docs/try", {EMAIL: "ada@example.com"}, headers=cast.alice.bearer)
    assert answer.status_code == 302
    assert count(cast.alice, Contact) == 0
