from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from rapport.cli.exports import WHAT
from rapport.connected_apps.scopes import SCOPES
from rapport.console.api import openapi
from rapport.console.api.openapi import records as documented
from rapport.directory.representation import ACCOUNT_FIELDS, CONTACT_FIELDS
from rapport.history.models import SentRecord
from rapport.ingest import batch, doors
from rapport.records import types
from rapport.tenants.exports import MEDIA_TYPES
from tests.stock import put_account, put_contact

if TYPE_CHECKING:
    from tests.cast import Cast
    from tests.conftest import Database

ORIGIN = {"auth": "http://127.0.0.1", "records": "http://127.0.0.1", "api": "http://127.0.0.1/api"}
PATHS = {
    "/records",
    "/records/batch",
    "/oauth2/token",
    "/oauth2/revoke",
    "/oauth2/introspect",
    "/.well-known/oauth-authorization-server",
    "/api/contacts",
    "/api/accounts",
    *(f"/api/{of}/{path}" for of in ("contacts", "accounts") for path in ("{id}", "{id}/restore", "deleted", "merge")),
    "/api/merges/{id}",
    "/api/twins",
    "/api/twins/{id}/dismiss",
    "/api/twins/{id}/restore",
    "/api/undo",
    "/api/undo/{id}",
    "/api/replay",
    "/api/replay/{id}",
    "/api/configurations",
    "/api/configurations/{reference}",
    "/api/configurations/{reference}/edits",
    "/api/configurations/{reference}/versions",
    "/api/configurations/{reference}/versions/{version}/restore",
    "/api/configurations/{reference}/draft",
    "/api/configurations/{reference}/draft/rehearse",
    "/api/configurations/{reference}/draft/publish",
    "/api/configurations/{reference}/copy",
    "/api/configurations/{reference}/activate",
    "/api/configurations/{reference}/deactivate",
    "/api/configurations/{reference}/curl",
    "/api/configurations/{reference}/openapi.json",
    "/api/configurations/{reference}/postman.json",
    "/api/configurations/{reference}/sample.csv",
    "/api/configurations/{reference}/schema.json",
    "/api/fields",
    "/api/fields/{id}",
    "/api/touchpoints",
    "/api/touchpoints/{id}",
    "/api/campaigns",
    "/api/campaigns/{id}",
    "/api/campaigns/{id}/plan",
    "/api/campaigns/{id}/start",
    "/api/campaigns/{id}/pause",
    "/api/campaigns/{id}/resume",
    "/api/campaigns/{id}/cancel",
    "/api/campaigns/{id}/send-again",
    "/api/bounces",
    "/api/statistics/deliveries",
    "/api/sender-domain",
    "/api/deliveries",
    "/api/recipients/count",
    "/api/segments",
    "/api/segments/{id}",
    "/api/suppressions",
    "/api/suppressions/{id}/lift",
    "/v4.1/lists/unsubscribe.json",
    "/v4.1/lists/bounce.json",
    "/api/requests",
    "/api/changes",
    "/api/audit",
    "/api/survey-records",
    "/api/survey-records/{id}",
    "/api/responses",
    "/api/responses/{id}",
    "/api/responses/{id}/follow-up",
    "/api/statistics/nps",
    "/api/surveys",
    "/api/surveys/{reference}",
    "/api/alerts",
    "/api/alerts/{id}",
    *(f"/api/exports/{what}.{kind}" for what in WHAT for kind in MEDIA_TYPES),
    "/v7/rest/sync/responses",
    "/v7/rest/sync/non-responses",
    "/api/imports",
    "/api/imports/{id}",
    "/api/imports/{id}/failed",
    "/api/imports/{id}/rows",
    "/api/imports/{id}/start",
    "/api/imports/{id}/pause",
    "/api/imports/{id}/resume",
    "/api/imports/{id}/cancel",
    "/api/unmapped",
    "/api/unmapped/dismiss",
    "/api/unmapped/forget",
    "/hooks/{id}",
    "/activities",
    "/healthz",
    "/readyz",
    "/metrics",
}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return openapi.generate(ORIGIN)


def test_it_is_served(database: Database) -> None:
    answer = Client(headers={"host": "127.0.0.1:8000"}).get("/openapi.json")
    assert answer["Content-Type"] == "application/json"
    assert answer.json()["servers"] == [{"url": "http://127.0.0.1:8000"}]


def test_it_has_every_path_with_its_host(document: dict[str, Any]) -> None:
    assert set(document["paths"]) == PATHS
    hosts = openapi.generate({"auth": "https://auth.x", "records": "https://imports.x", "api": "https://api.x"})
    assert hosts["paths"]["/records"]["servers"] == [{"url": "https://imports.x"}]
    assert hosts["paths"]["/api/contacts"]["servers"] == [{"url": "https://api.x"}]
    assert hosts["components"]["securitySchemes"]["token"]["flows"]["clientCredentials"]["tokenUrl"] == (
        "https://auth.x/oauth2/token"
    )


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    for part in text.split('"$ref": "#/')[1:]:
        target: Any = document
        for step in part.split('"', 1)[0].split("/"):
            target = target[step]


def test_limits_are_those_that_the_service_keeps() -> None:
    assert documented.BATCH_RECORDS == batch.RECORDS_LIMIT
    assert documented.IDEMPOTENCY_KEY_LENGTH == doors.KEY_LIMIT
    assert documented.SECURITY == [{"token": [doors.SCOPE]}]


def test_headings_and_scopes_come_from_their_definitions(document: dict[str, Any]) -> None:
    description = document["components"]["schemas"]["Record"]["description"]
    for data_type in types.ALL.values():
        assert all(field.label in description for field in data_type.fields)
    flows = document["components"]["securitySchemes"]["token"]["flows"]
    assert flows["clientCredentials"]["scopes"] == SCOPES


def test_every_operation_has_a_name_of_its_own_and_a_summary(document: dict[str, Any]) -> None:
    operations = [
        operation for item in document["paths"].values() for method, operation in item.items() if method != "servers"
    ]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    assert all(operation["summary"].endswith(".") for operation in operations)


@pytest.mark.parametrize(("collection", "schema"), [("contacts", "Contact"), ("accounts", "Account")])
def test_what_is_read_back_is_what_the_schema_says(
    cast: Cast, document: dict[str, Any], collection: str, schema: str
) -> None:
    account = put_account(cast.alice.tenant, "Analytical Engines")
    put_contact(cast.alice.tenant, email="ada@example.com", account_id=account)
    (row,) = Client(headers=cast.alice.bearer).get(f"/api/{collection}").json()["data"]
    properties = document["components"]["schemas"][schema]["properties"]
    assert list(properties) == list(row)
    assert set(CONTACT_FIELDS if schema == "Contact" else ACCOUNT_FIELDS) < set(properties)


@pytest.mark.parametrize(
    ("address", "schema"),
    [
        ("configurations", "Configuration"),
        ("fields?object=contact", "Field"),
        ("touchpoints", "Touchpoint"),
        ("changes", "Change"),
    ],
)
def test_what_is_managed_is_what_the_schema_says(
    cast: Cast, document: dict[str, Any], address: str, schema: str
) -> None:
    client = Client(headers=cast.alice.bearer)
    field = {"object": "contact", "name": "segment", "label": "Segment", "type": "choice", "choices": ["a"]}
    assert client.post("/api/fields", field, content_type="application/json").status_code == 201
    assert client.post("/api/touchpoints", {"name": "Sales"}, content_type="application/json").status_code == 201
    put_contact(cast.alice.tenant, email="ada@example.com")
    row = client.get(f"/api/{address}").json()["data"][-1]
    described = document["components"]["schemas"][schema]
    assert set(described["properties"]) == set(row)
    for name, value in row.items():
        told = described["properties"][name]
        assert value in told["enum"] if "enum" in told else True, name


def test_the_request_history_has_the_columns_that_the_schema_says(document: dict[str, Any]) -> None:
    columns = {field.column for field in SentRecord._meta.concrete_fields} - {"tenant_id"}
    assert set(document["components"]["schemas"]["Request"]["properties"]) == columns
