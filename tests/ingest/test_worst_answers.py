"""No small request makes a huge answer: each door gets the request with the worst answer that the limits allow."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from rapport.configurations import edits
from rapport.configurations.models import CustomField
from rapport.connected_apps import webhooks
from rapport.records.errors import sentence
from rapport.records.mapping import FIELDS_LIMIT
from rapport.settings import Settings
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope
from tests.ingest.test_hooks import Hook

if TYPE_CHECKING:
    from tests.cast import Person
    from tests.ingest.conftest import Caller
    from tests.ingest.serving import Server

CHOICES = [f"{number:0128}" for number in range(100)]
#: One character as a value of every field, none of which may be it.
WRONG = {f"c{number:02}": "-" for number in range(FIELDS_LIMIT - 1)}
#: What an answer may have besides four times its request: 200 bytes for each of 10,000 records, or all faults of one.
BESIDES = 2 * 1024 * 1024
OF_ONE = 256 * 1024


def put_choices(person: Person) -> None:
    """Configuration `worst`: as many fields as it can have, each with as many long choices."""
    mapping = [{"heading": "Email", "field": "email"}]
    with tenant_scope(person.tenant) as tenant_id:
        for name in WRONG:
            field = {"object": "contact", "name": name, "label": name, "type": "choice", "choices": CHOICES}
            CustomField.objects.create(tenant_id=tenant_id, **field)
            mapping.append({"heading": name, "field": f"contact.{name}"})
        given = {"reference": "worst", "name": "Worst", "kind": "api", "data_type": "contact", "mapping": mapping}
        edits.create(tenant_id, COMMAND, given)


@pytest.fixture
def worst(alice: Caller) -> Caller:
    """Alice, with `put_choices`."""
    put_choices(alice.person)
    return alice


@pytest.mark.parametrize("records", [[WRONG] * 1_000, [{}] * 10_000, [0] * 10_000, [{"Email": ""}] * 10_000])
@pytest.mark.parametrize("media_type", ["application/json", "application/x-ndjson"])
def test_of_a_batch(worst: Caller, records: list[Any], media_type: str) -> None:
    lines = [json.dumps(record, separators=(",", ":")) for record in records]
    body = "[" + ",".join(lines) + "]" if media_type == "application/json" else "\n".join(lines)
    headers = {"Content-Type": media_type, "Prefer": "return=representation"}
    answer = worst.post("/records/batch?configuration=worst", content=body, headers=headers)
    assert answer.status_code == 200
    assert answer.json()["rejected"] == len(records)
    assert len(answer.content) < 4 * len(body) + BESIDES


def test_faults_beyond_what_is_told_are_said_to_be_there(worst: Caller) -> None:
    results = worst.batch([WRONG] * 100 + [{"Email": "ada@example.com"}], "worst").json()["results"]
    assert len(results[0]["errors"]) == FIELDS_LIMIT
    assert results[99]["errors"] == {"record": [sentence("untold")]}
    assert results[100]["outcome"] == "created"


def test_of_one_record(worst: Caller) -> None:
    answer = worst.record(WRONG, "worst")
    assert answer.status_code == 422
    assert len(answer.content) < OF_ONE


def test_of_a_webhook(worst: Caller, ingest: Server) -> None:
    with Hook(webhooks.create(worst.person.tenant, COMMAND, "worst", Settings(port=ingest.port))) as hook:
        answer = hook.put(hook.made.url, json=WRONG)
    assert answer.status_code == 422
    assert len(answer.content) < OF_ONE


def test_of_an_activity(worst: Caller) -> None:
    answer = worst.put("/activities", json={f"k{number}": [] for number in range(60_000)})
    assert answer.status_code == 422
    assert len(answer.content) < OF_ONE
