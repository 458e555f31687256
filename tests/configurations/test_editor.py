"""The page on which configurations are made and changed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from rapport.configurations import fields, locks
from rapport.configurations.errors import BusyError
from rapport.configurations.models import ConfigurationEdit, CustomField
from rapport.tenants.actors import Author
from rapport.tenants.scope import tenant_scope
from tests.configurations.reading import CONTACT, FIELD, Form, address, beside, changed, made, stored, text
from tests.console.visitor import visitor

if TYPE_CHECKING:
    from django.test import Client

    from tests.cast import Cast

ENTRIES = [{"heading": "E-Mail", "field": "email"}, {"heading": "First", "field": "first_name"}]


@pytest.fixture
def alice(cast: Cast) -> Client:
    return visitor(cast.alice)


def test_a_data_type_is_chosen_first_and_its_fields_follow(cast: Cast, alice: Client) -> None:
    first = alice.get(address(cast.alice, "/new"))
    assert "Choose a data type first" in text(first)
    assert "email-mapped" not in first.content.decode()
    second = alice.post(address(cast.alice, "/new"), {"act": "type", "data_type": "contact", "name": "Typed"})
    assert second.status_code == 200
    form = Form(second)
    assert (form.data["name"], form.data["email-heading"], form.mapped) == ("Typed", "Email", {})
    page = text(second)
    assert "one of these: Email or Phone" in page
    assert "text, up to 128 characters" in page


def test_fields_stand_under_their_objects_custom_ones_with_them(cast: Cast, alice: Client) -> None:
    new_field(cast, object="account", name="tier", label="Tier", type="choice", choices=["Gold", "Silver"])
    page = alice.get(address(cast.alice, "/new?data_type=multi-object")).content.decode()
    assert re.findall(r'scope="rowgroup"[^>]*>([^<]+)<', page) == ["Contact", "Account", "Survey"]
    account = page[page.index(">Account</th>") : page.index(">Survey</th>")]
    assert 'name="account_name-mapped"' in account
    assert 'name="account.tier-mapped"' in account
    assert "choice: Gold, Silver" in account


@pytest.mark.parametrize(
    "data_type", ["account", "account-alias", "survey", "external-response", "activity", "nothing"]
)
def test_every_data_type_can_be_drawn(cast: Cast, alice: Client, data_type: str) -> None:
    assert alice.get(address(cast.alice, f"/new?data_type={data_type}&kind=file")).status_code == 200


def test_a_configuration_is_made_by_whoever_saves_it(cast: Cast, alice: Client) -> None:
    sent = CONTACT | {
        "reference": "nightly",
        "first_name-mapped": "on",
        "first_name-heading": " First ",
        "first_name-default": "Friend",
        "first_name-empty_clears": "on",
        "last_name-heading": "not ticked",
    }
    answer = alice.post(address(cast.alice, "/new"), sent)
    assert answer["Location"] == address(cast.alice, "/nightly")
    row = stored(cast, "nightly")
    assert (row.name, row.kind, row.data_type, row.options) == ("Nightly", "api", "contact", {})
    assert row.mapping == [
        {"heading": "E-Mail", "field": "email"},
        {"heading": "First", "field": "first_name", "default": "Friend", "empty_clears": True},
    ]
    with tenant_scope(cast.alice.tenant) as tenant_id:
        edit = ConfigurationEdit.objects.get(tenant_id=tenant_id, configuration_id=row.id)
    assert (edit.actor_type, edit.actor_id) == ("user", cast.alice.user.id)
    assert "Nightly is ready for callers." in text(alice.get(answer["Location"]))


def test_without_a_reference_one_is_made(cast: Cast, alice: Client) -> None:
    answer = alice.post(address(cast.alice, "/new"), CONTACT | {"act": "save"})
    assert re.search(r"/[0-9a-f]{8}-[0-9a-f-]{27}$", answer["Location"])


def test_options_are_kept_with_what_they_need(cast: Cast, alice: Client) -> None:
    sent = {**CONTACT, "kind": "file", "data_type": "multi-object", "account_required": "on", "delimiter": ";"}
    refused = alice.post(address(cast.alice, "/new"), sent | {"reference": "f"})
    assert refused.status_code == 422
    assert beside(refused, "account_name-mapped") == ["A configuration for Multi-object must map Account Name."]
    assert Form(refused).data["account_required"] == "on"
    alice.post(
        address(cast.alice, "/new"), sent | {"reference": "f", "account_name-mapped": "on", "account_name-heading": "A"}
    )
    assert stored(cast, "f").options == {"account_required": True, "delimiter": ";"}


def test_every_fault_is_told_beside_its_field_and_nothing_typed_is_lost(cast: Cast, alice: Client) -> None:
    made(cast.alice.tenant, reference="nightly")
    sent = {
        "data_type": "contact",
        "name": "Nightly",
        "reference": "Not So",
        "first_name-mapped": "on",
        "first_name-heading": "a]b",
        "last_name-mapped": "on",
        "last_name-heading": "",
        "language-mapped": "on",
        "language-heading": "L",
        "language-default": "x" * 129,
    }
    answer = alice.post(address(cast.alice, "/new"), sent)
    assert answer.status_code == 422
    assert beside(answer, "name") == ["The configuration name is taken already."]
    assert beside(answer, "reference")[0].startswith("The reference must have 1 to 64 lower-case letters")
    assert beside(answer, "email-mapped") == ["A configuration for Contact must map Email or Phone."]
    assert beside(answer, "first_name-mapped") == [
        "The heading a]b must not contain ], which would end it in an address."
    ]
    assert beside(answer, "last_name-mapped") == ["The heading field is required."]
    assert beside(answer, "language-mapped") == ["The default must not be greater than 128 characters."]
    assert "6 things need another look" in text(answer)
    again = Form(answer).data
    assert {name: again[name] for name in sent} == sent


def test_several_missing_groups_are_told_each_at_its_first_field(cast: Cast, alice: Client) -> None:
    answer = alice.post(address(cast.alice, "/new"), {"data_type": "external-response", "name": "X"})
    for name, label in (("email", "Email or Phone"), ("nps_score", "NPS Score"), ("sent_date", "Sent Date")):
        assert beside(answer, f"{name}-mapped") == [f"A configuration for External Response must map {label}."]


def test_without_anything_both_first_steps_are_asked_for(cast: Cast, alice: Client) -> None:
    answer = alice.post(address(cast.alice, "/new"), {})
    assert answer.status_code == 422
    assert beside(answer, "data_type") == ["Choose a data type."]
    assert beside(answer, "name") == ["Enter a configuration name."]


def test_the_page_of_an_existing_one_saves_what_it_shows(cast: Cast, alice: Client) -> None:
    mapping = [
        {"heading": "First", "field": "first_name", "empty_clears": False},
        {"heading": "Job", "field": "job_title", "default": "none yet", "empty_clears": True},
        {"heading": "E-Mail", "field": "email"},
    ]
    row = made(cast.alice.tenant, reference="nightly", mapping=mapping, options={})
    page = alice.get(address(cast.alice, "/nightly/edit"))
    answer = alice.post(address(cast.alice, "/nightly/edit"), Form(page).data, follow=True)
    assert "Nightly is as it was." in text(answer)
    assert stored(cast, "nightly").version == row.version


def test_a_change_keeps_the_order_and_adds_at_the_end(cast: Cast, alice: Client) -> None:
    made(cast.alice.tenant, reference="nightly", mapping=list(reversed(ENTRIES)))
    data = Form(alice.get(address(cast.alice, "/nightly/edit"))).data
    data |= {"name": "Daily", "phone-mapped": "on", "phone-heading": "Mobile", "email-heading": "Mail"}
    answer = alice.post(address(cast.alice, "/nightly/edit"), data, follow=True)
    assert "Daily is saved." in text(answer)
    row = stored(cast, "nightly")
    assert [entry["heading"] for entry in row.mapping] == ["First", "Mail", "Mobile"]
    assert (row.name, row.version) == ("Daily", 2)


def test_a_lost_update_is_refused_and_tells_who_changed_what(cast: Cast, alice: Client) -> None:
    row = made(cast.alice.tenant, reference="nightly", mapping=ENTRIES)
    data = Form(alice.get(address(cast.alice, "/nightly/edit"))).data | {"name": "Mine"}
    changed(row, Author("user", cast.bob.user.id, "Bob"), name="Theirs")
    answer = alice.post(address(cast.alice, "/nightly/edit"), data)
    assert answer.status_code == 409
    assert stored(cast, "nightly").name == "Theirs"
    page = text(answer)
    assert "Bob changed it just now" in page
    assert "Name Nightly Theirs" in page
    form = Form(answer)
    assert form.data["name"] == "Mine"
    alice.post(address(cast.alice, "/nightly/edit"), form.data)
    assert stored(cast, "nightly").name == "Mine"


def test_a_form_without_its_version_is_not_trusted(cast: Cast, alice: Client) -> None:
    made(cast.alice.tenant, reference="nightly")
    data = Form(alice.get(address(cast.alice, "/nightly/edit"))).data | {"version": "", "name": "Mine"}
    assert alice.post(address(cast.alice, "/nightly/edit"), data).status_code == 409


def test_who_waits_too_long_for_another_editor_loses_nothing(
    cast: Cast, alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(tenant_id: int) -> None:
        raise BusyError

    monkeypatch.setattr(locks, "_keep_others_out", busy)
    for sent in (CONTACT, CONTACT | FIELD | {"act": "field"}):
        answer = alice.post(address(cast.alice, "/new"), sent)
        assert answer.status_code == 409
        assert str(BusyError()) in text(answer)
        assert Form(answer).mapped == {"email": "E-Mail"}


def new_field(cast: Cast, **content: Any) -> None:
    with locks.editing(cast.alice.tenant) as tenant_id:
        fields.create(tenant_id, Author("user", cast.alice.user.id, "Alice"), content)


def test_an_archived_field_is_offered_only_where_it_is_mapped(cast: Cast, alice: Client) -> None:
    new_field(cast, object="contact", name="old", label="Old", type="text")
    mapping = [*ENTRIES, {"heading": "O", "field": "contact.old"}]
    made(cast.alice.tenant, reference="nightly", mapping=mapping)
    with locks.editing(cast.alice.tenant) as tenant_id:
        row = CustomField.objects.get(tenant_id=tenant_id)
        fields.change(row, Author("user", cast.alice.user.id, "Alice"), {"archived": True})
    assert Form(alice.get(address(cast.alice, "/nightly/edit"))).mapped["contact.old"] == "O"
    assert "contact.old" not in alice.get(address(cast.alice, "/new?data_type=contact")).content.decode()
    assert alice.get(address(cast.alice, "/nightly")).status_code == 200


def test_a_system_with_hundreds_of_custom_fields_can_map_them_all(cast: Cast, alice: Client) -> None:
    with tenant_scope(cast.alice.tenant) as tenant_id:
        CustomField.objects.bulk_create(
            CustomField(tenant_id=tenant_id, object="contact", name=f"f{number}", label=f"F{number}", type="text")
            for number in range(400)
        )
    data = Form(alice.get(address(cast.alice, "/new?data_type=contact"))).data | CONTACT | {"reference": "wide"}
    data |= {f"contact.f{number}-mapped": "on" for number in range(400)}
    assert alice.post(address(cast.alice, "/new"), data).status_code == 302
    assert len(stored(cast, "wide").mapping) == 401


def test_a_field_gets_further_headings(cast: Cast, alice: Client) -> None:
    sent = CONTACT | {"first_name-mapped": "on", "first_name-heading": "First"}
    more = alice.post(address(cast.alice, "/new"), sent | {"act": "heading:first_name"})
    assert 'name="first_name-also" value=""' in more.content.decode()
    alice.post(address(cast.alice, "/new"), sent | {"reference": "two", "first_name-also": [" Vorname ", ""]})
    first = [{"heading": "First", "field": "first_name"}, {"heading": "Vorname", "field": "first_name"}]
    assert [entry for entry in stored(cast, "two").mapping if entry["field"] == "first_name"] == first
    shown = Form(alice.get(address(cast.alice, "/two/edit")))
    alice.post(address(cast.alice, "/two/edit"), shown.data | {"first_name-also": ["Prénom", "Vorname"]})
    assert [entry["heading"] for entry in stored(cast, "two").mapping][-3:] == ["First", "Prénom", "Vorname"]
    assert "First, then Prénom, then Vorname" in text(alice.get(address(cast.alice, "/two/versions")))
