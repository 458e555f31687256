"""Configurations in use: who may use which, how soon a change counts, and what a tenant adds to the fields."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from rapport.configurations.models import Configuration
from rapport.connected_apps import issue
from rapport.records.types import ALL
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope
from tests.cast import new_token
from tests.ingest.conftest import Caller, Look
from tests.ingest.serving import Server, until

if TYPE_CHECKING:
    from tests.cast import Cast

NOTED = "select * from requests where status = 403 order by request_id"
FORBIDDEN = {"message": "The Connected App may not send records for this configuration."}


@pytest.fixture
def manage(cast: Cast) -> Any:
    """Alice changes `/api/{path}`; fails unless that goes well."""
    client = Client(headers=cast.alice.bearer)

    def send(method: str, path: str, body: Any = None, match: int | None = None) -> dict[str, Any]:
        headers = {} if match is None else {"If-Match": f'"{match}"'}
        raw = b"" if body is None else json.dumps(body).encode()
        answer = client.generic(method, f"/api/{path}", raw, content_type="application/json", headers=headers)
        assert answer.status_code < 300, answer.content
        return answer.json()

    return send


def limited(cast: Cast, ingest: Server, *references: str) -> Caller:
    """A caller whose app may send records for these configurations only."""
    made = issue.create_app(cast.alice.tenant, COMMAND, "Limited", configurations=references)
    caller = Caller(ingest.url, cast.alice)
    caller.headers["Authorization"] = f"Bearer {new_token(cast.alice.tenant, made.client_id)}"
    return caller


def test_a_limited_app_sends_records_for_its_configurations_only(cast: Cast, ingest: Server, look: Look) -> None:
    with limited(cast, ingest, "contact") as caller:
        assert caller.record({"Email": "ada@example.com"}).status_code == 200
        refused = caller.record({"Account Name": "Acme"}, "account", headers={"X-Request-Id": "single"})
        assert (refused.status_code, refused.json()) == (403, FORBIDDEN)
        batch = caller.batch([{"Account Name": "Acme"}], "account", headers={"X-Request-Id": "batch"})
        assert (batch.status_code, batch.json()) == (403, FORBIDDEN)
        assert caller.record({"x": "y"}, "nothing").status_code == 422
    assert look(cast.alice, "select * from accounts") == []
    noted = until(lambda: len(found := look(cast.alice, NOTED)) == 2 and found, "the refusals are noted")
    with tenant_scope(cast.alice.tenant) as tenant_id:
        account = Configuration.objects.get(tenant_id=tenant_id, reference="account").id
    assert [(row["request_id"], row["configuration_id"], row["errors"]) for row in noted] == [
        ("batch", account, {"configuration": [FORBIDDEN["message"]]}),
        ("single", account, {"configuration": [FORBIDDEN["message"]]}),
    ]
    assert [row["sent"] for row in noted] == [None, None]


def test_a_change_counts_within_two_seconds_on_every_worker(cast: Cast, ingest: Server, manage: Any) -> None:
    manage("POST", "configurations/contact/copy", {"reference": "ours", "name": "Ours"})
    with Caller(ingest.url, cast.alice) as alice:
        assert alice.record({"Email": "ada@example.com"}, "ours").status_code == 200
        entries = [{"heading": "Mail", "field": "email"}]
        manage("PUT", "configurations/ours", {"name": "Ours", "mapping": entries}, match=1)
        changed = asked = last_old = time.monotonic()
        while asked < changed + 2.5:
            asked = time.monotonic()  # what a busy machine is late with is the answer
            with Caller(ingest.url, cast.alice) as another:
                old = another.record({"Email": "ada@example.com"}, "ours", params={"dry_run": "true"})
            if old.status_code == 200:
                last_old = asked
        assert last_old - changed < 2
        manage("POST", "configurations/ours/deactivate")
        gone = until(
            lambda: (answer := alice.record({"Mail": "a@b"}, "ours")).status_code == 422 and answer, "it is gone"
        )
        assert gone.json()["errors"] == {"configuration": ["The selected configuration is invalid."]}


def test_what_the_tenant_added_is_stored(cast: Cast, ingest: Server, manage: Any, look: Look) -> None:
    field = {"object": "contact", "name": "seats", "label": "Seats", "type": "integer"}
    manage("POST", "fields", field)
    entries = [
        {"heading": "Email", "field": "email"},
        {"heading": "Seats", "field": "contact.seats", "empty_clears": True},
    ]
    content = {"name": "Ours", "kind": "api", "data_type": "contact", "mapping": entries, "reference": "ours"}
    manage("POST", "configurations", content)
    with Caller(ingest.url, cast.alice) as alice:
        made = alice.record({"Email": "ada@example.com", "Seats": "12"}, "ours").json()
        assert made["objects"][0]["changes"]["custom.seats"] == [None, 12]
        wrong = alice.record({"Email": "ada@example.com", "Seats": "many"}, "ours")
        assert wrong.json()["errors"] == {"record.Seats": ["The Seats must be a whole number."]}
        assert look(cast.alice, "select attributes from contacts") == [{"attributes": {"seats": 12}}]
        alice.record({"Email": "ada@example.com", "Seats": ""}, "ours")
    assert look(cast.alice, "select attributes from contacts") == [{"attributes": {}}]


@pytest.mark.parametrize(
    ("data_type", "owner", "record", "table"),
    [
        ("account", "account", {"Account Name": "Acme"}, "accounts"),
        ("multi-object", "account", {"Email": "a@b", "Account Name": "Acme"}, "accounts"),
        ("multi-object", "contact", {"Email": "a@b"}, "contacts"),
        ("survey", "survey", {"Email": "a@b"}, "survey_records"),
        (
            "activity",
            "activity",
            {
                "Account Name": "Acme",
                "Reference": "1",
                "Source": "s",
                "Type": "t",
                "Happened At": "2026-01-31 14:30:00",
            },
            "activities",
        ),
    ],
)
def test_custom_fields_of_every_object_are_stored(
    cast: Cast, ingest: Server, manage: Any, look: Look, *, data_type: str, owner: str, record: Any, table: str
) -> None:
    manage("POST", "fields", {"object": owner, "name": "since", "label": "Since", "type": "date"})
    default = manage("GET", f"configurations/{data_type}")
    entries = [*default["mapping"], {"heading": "Since", "field": f"{owner}.since"}]
    content = {"name": "Ours", "kind": "api", "data_type": data_type, "mapping": entries, "reference": "ours"}
    manage("POST", "configurations", content)
    with Caller(ingest.url, cast.alice) as alice:
        answer = alice.record(record | {"Since": "2026-01-31"}, "ours")
        assert answer.status_code == 200, answer.content
    assert look(cast.alice, f"select attributes from {table}") == [{"attributes": {"since": "2026-01-31"}}]


def test_every_default_is_found(cast: Cast, ingest: Server) -> None:
    with Caller(ingest.url, cast.alice) as alice:
        for reference in ALL:
            errors = alice.record({"nothing": "x"}, reference).json()["errors"]
            assert "configuration" not in errors, reference
            assert errors


ACTIVITY = {"account": "Acme", "type": "t", "source": "s", "happened_at": "2026-01-02 03:04:05", "reference": "R1"}


@pytest.mark.parametrize("has_one", [True, False])
def test_a_limited_app_needs_the_configuration_for_activities(cast: Cast, ingest: Server, has_one: bool) -> None:
    """Also where the tenant has none, as those from before September 2021."""
    if not has_one:
        with tenant_scope(cast.alice.tenant) as tenant_id:
            Configuration.objects.filter(tenant_id=tenant_id, reference="activity").delete()
    with limited(cast, ingest, "contact") as caller:
        refused = caller.put("/activities", json=ACTIVITY)
        assert (refused.status_code, refused.json()) == (403, FORBIDDEN)
