"""`/api/surveys`: read by reference, made, and changed by whoever has seen the newest version."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.test import Client

from rapport.feedback.documents import starters

if TYPE_CHECKING:
    from tests.cast import Cast

DOCUMENT = starters.RELATIONSHIP.document


def call(cast: Cast, method: str, path: str, who: str = "alice", given: Any = None, **headers: str) -> Any:
    client = Client(headers={**getattr(cast, who).bearer, **headers}, raise_request_exception=False)
    body = "" if given is None else json.dumps(given)
    return client.generic(method, f"/api/surveys{path}", body, "application/json")


def test_a_survey_is_made_read_and_changed(cast: Cast) -> None:
    made = call(cast, "PUT", "/delivery", given={"document": DOCUMENT, "state": "live"})
    assert (made.status_code, made["Location"], made["ETag"]) == (201, "/api/surveys/delivery", '"1"')
    assert (made.json()["reference"], made.json()["state"], made.json()["version"]) == ("delivery", "live", 1)
    shown = call(cast, "GET", "/delivery")
    assert shown.json() == made.json() | {"document": DOCUMENT}
    assert made.json() in call(cast, "GET", "").json()["data"]
    again = DOCUMENT | {"name": "Delivery"}
    assert call(cast, "PUT", "/delivery", given={"document": again}).status_code == 428
    assert call(cast, "PUT", "/delivery", given={"document": again}, if_match='"7"').status_code == 412
    changed = call(cast, "PUT", "/delivery", given={"document": again}, if_match='"1"')
    assert (changed.status_code, changed["ETag"], changed.json()["name"]) == (200, '"2"', "Delivery")


def test_every_fault_is_told_at_once_and_nothing_is_made(cast: Cast) -> None:
    refused = call(cast, "PUT", "/x", given={"document": 1, "state": "on", "huh": 1})
    assert refused.status_code == 422
    assert refused.json()["errors"].keys() == {"document", "state", "huh"}
    assert call(cast, "PUT", "/x", given={"document": {"pages": []}}).status_code == 422
    assert call(cast, "PUT", "/-x", given={"document": DOCUMENT}).json()["errors"].keys() == {"reference"}
    assert call(cast, "GET", "/x").status_code == 404
    assert call(cast, "PUT", "/x", given={"document": DOCUMENT}, if_match='"1"').status_code == 412


def test_another_system_sees_none_of_them(cast: Cast) -> None:
    call(cast, "PUT", "/delivery", given={"document": DOCUMENT})
    assert call(cast, "GET", "/delivery", "charlie").status_code == 404
    assert "delivery" not in [row["reference"] for row in call(cast, "GET", "", "charlie").json()["data"]]
    assert call(cast, "PUT", "/delivery", "charlie", given={"document": DOCUMENT}).status_code == 201
