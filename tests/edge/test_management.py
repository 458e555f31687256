"""What the published OpenAPI document forbids, the management API refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest

from tests.edge.wire import ask, request

if TYPE_CHECKING:
    from tests.cast import Cast
    from tests.edge.wire import Answer
    from tests.ingest.serving import Server

#: Values of types, lengths and looks that some place or other does not take.
ODD = [0, 1.5, -1, 10**30, None, "", [], {}, True, ["a"], {"a": "b"}, "x" * 200]
ENTRY = {"heading": "E", "field": "email", "default": "a@b", "empty_clears": False}
#: Call and schema -> a body that is right.
CALLS: dict[tuple[str, str], dict[str, Any]] = {
    ("POST /api/touchpoints", "NewTouchpoint"): {"name": "Sales", "active": True},
    ("POST /api/fields", "NewField"): {
        "object": "contact", "name": "segment", "label": "Segment", "type": "choice", "choices": ["a"],
    },
    ("POST /api/configurations", "NewConfiguration"): {
        "reference": "ours", "name": "Ours", "kind": "api", "data_type": "contact", "active": True, "mapping": [ENTRY],
        "options": {},
    },
    ("POST /api/configurations/contact/copy", "Copy"): {"reference": "copied", "name": "Copied"},
    ("PATCH {touchpoint}", "ChangedTouchpoint"): {"name": "Support", "active": False},
    ("PATCH {field}", "ChangedField"): {"label": "Other", "choices": ["b"], "archived": False},
}  # fmt: skip


def call(server: Server, cast: Cast, line: str, content: Any = None) -> Answer:
    body = b"" if content is None else json.dumps(content).encode()
    head = ("Content-Type: application/json", f"Content-Length: {len(body)}", "If-Match: *")
    return ask(server, request(line, *head, f"Authorization: Bearer {cast.alice.token}", body=body))


def oddities(right: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The body with one odd value in each place, in turn."""
    for name in right:
        yield from ({**right, name: odd} for odd in ODD)
    if "choices" in right:
        yield from ({**right, "choices": [odd]} for odd in ODD)
    if "mapping" in right:
        yield from ({**right, "mapping": [ENTRY | {name: odd}]} for name in ENTRY for odd in ODD)
        yield from ({**right, "options": {"account_required": odd}} for odd in ODD)


@pytest.mark.parametrize(("line", "schema"), CALLS)
def test_what_the_document_forbids_is_422(service: Server, cast: Cast, line: str, schema: str) -> None:
    document = call(service, cast, "GET /openapi.json").json
    described = jsonschema_rs.validator_for(
        {**document["components"]["schemas"][schema], "components": document["components"]}
    )
    made = {
        "touchpoint": call(service, cast, "POST /api/touchpoints", {"name": "First"}).headers["location"],
        "field": call(
            service, cast, "POST /api/fields", CALLS["POST /api/fields", "NewField"] | {"name": "first"}
        ).headers["location"],
    }
    right = CALLS[line, schema]
    assert described.is_valid(right)
    tried = [body for body in oddities(right) if not described.is_valid(body)]
    assert len(tried) > 10
    for body in tried:
        answer = call(service, cast, line.format(**made), body)
        assert answer.status == 422, (body, answer.body)
        assert answer.json["errors"]
    assert call(service, cast, line.format(**made), right).status in (200, 201)


def test_a_name_is_no_number(service: Server, cast: Cast) -> None:
    answer = call(service, cast, "POST /api/touchpoints", {"name": 0})
    told = "The name must have 1 to 128 printable characters, with no space at either end."
    assert (answer.status, answer.json["errors"]) == (422, {"name": [told]})
    assert call(service, cast, "POST /api/configurations/contact/copy", {"name": ""}).json["errors"] == {"name": [told]}
    assert call(service, cast, "POST /api/configurations/contact/copy", {}).status == 201
    assert call(service, cast, "POST /api/configurations/contact/copy").status == 201


@pytest.mark.parametrize("number", ["1" * 5_000, "-" + "9" * 120, "1e400", "1" * 99])
def test_numbers_beyond_all_bounds_are_422(service: Server, cast: Cast, number: str) -> None:
    body = f'{{"name": {number}}}'.encode()
    head = ("Content-Type: application/json", f"Content-Length: {len(body)}")
    sent = request("POST /api/touchpoints", *head, f"Authorization: Bearer {cast.alice.token}", body=body)
    assert ask(service, sent).status == 422
