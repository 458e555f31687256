"""Custom fields made on the spot, and headings proposed from a sample."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from rapport.configurations.models import CustomField
from rapport.tenants.scope import tenant_scope
from tests.configurations.reading import CONTACT, FIELD, Form, address, beside, stored, text
from tests.console.visitor import visitor

if TYPE_CHECKING:
    from django.test import Client

    from tests.cast import Cast


@pytest.fixture
def alice(cast: Cast) -> Client:
    return visitor(cast.alice)


def test_a_custom_field_is_made_on_the_spot_and_mapped(cast: Cast, alice: Client) -> None:
    answer = alice.post(address(cast.alice, "/new"), CONTACT | FIELD | {"act": "field"})
    assert answer.status_code == 200
    assert "The custom field Customer tier is made, and mapped above." in text(answer)
    form = Form(answer)
    assert form.mapped == {"email": "E-Mail", "contact.customer_tier": "Customer tier"}
    assert (form.data["name"], form.data["own-label"]) == ("Nightly", "")
    with tenant_scope(cast.alice.tenant) as tenant_id:
        field = CustomField.objects.get(tenant_id=tenant_id)
    assert (field.name, field.type, field.choices) == ("customer_tier", "choice", ["A", "B"])
    saved = alice.post(address(cast.alice, "/new"), form.data | {"reference": "nightly"})
    assert saved.status_code == 302
    assert stored(cast, "nightly").mapping[1] == {"heading": "Customer tier", "field": "contact.customer_tier"}


def test_a_faulty_custom_field_is_told_beside_its_inputs(cast: Cast, alice: Client) -> None:
    sent = CONTACT | FIELD | {"act": "field", "own-label": "", "own-choices": ""}
    answer = alice.post(address(cast.alice, "/new"), sent)
    assert answer.status_code == 422
    assert beside(answer, "own-label") == [
        "The label must have 1 to 128 printable characters, with no space at either end."
    ]
    assert beside(answer, "own-choices")[0].startswith("The choices must be 1 to 100 different texts")
    form = Form(answer)
    assert form.mapped == {"email": "E-Mail"}


def test_a_sample_proposes_headings_and_lists_what_fits_nothing(cast: Cast, alice: Client) -> None:
    sample = '{"e-mail": "ada@example.com", "FirstName": "Ada", "Loyalty points": "12", "Internal": "x"}'
    sent = {"data_type": "contact", "name": "Nightly", "sample": sample}
    answer = alice.post(address(cast.alice, "/new"), sent | {"act": "propose"})
    form = Form(answer)
    assert form.mapped == {"email": "e-mail", "first_name": "FirstName"}
    assert "2 fields found for 4 headings" in text(answer)
    assert form.data["sample"] == sample
    assert unknown(answer) == ["Loyalty points", "Internal"]
    ignored = alice.post(address(cast.alice, "/new"), form.data | {"act": "ignore:Internal"})
    assert unknown(ignored) == ["Loyalty points"]
    begun = Form(alice.post(address(cast.alice, "/new"), Form(ignored).data | {"act": "own:Loyalty points"}))
    assert (begun.data["own-label"], begun.data["own-type"]) == ("Loyalty points", "integer")
    done = alice.post(address(cast.alice, "/new"), begun.data | {"act": "field", "own-label": "Points"})
    assert Form(done).mapped["contact.points"] == "Loyalty points"
    assert unknown(done) == []


def unknown(answer: Any) -> list[str]:
    return re.findall(r'value="own:([^"]+)"', answer.content.decode())


def test_a_proposal_leaves_alone_what_is_mapped_already(cast: Cast, alice: Client) -> None:
    sent = CONTACT | {"sample": "E-Mail,Email,Phone", "act": "propose"}
    answer = alice.post(address(cast.alice, "/new"), sent)
    assert Form(answer).mapped == {"email": "E-Mail", "phone": "Phone"}
    assert unknown(answer) == ["Email"]


def test_a_heading_that_is_mapped_already_is_not_proposed_for_another_field(cast: Cast, alice: Client) -> None:
    sent = CONTACT | {"email-heading": "Phone", "sample": "Phone", "act": "propose"}
    assert Form(alice.post(address(cast.alice, "/new"), sent)).mapped == {"email": "Phone"}


def test_a_sample_that_cannot_be_read_says_why(cast: Cast, alice: Client) -> None:
    answer = alice.post(address(cast.alice, "/new"), CONTACT | {"sample": '{"a": ', "act": "propose"})
    assert answer.status_code == 422
    assert "must be valid JSON" in text(answer)
    assert Form(answer).mapped == {"email": "E-Mail"}
    saved = alice.post(address(cast.alice, "/new"), CONTACT | {"sample": '{"a": '})
    assert saved.status_code == 302
