from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.configurations.conftest import Call


def made(call: Call, name: str = "After Sales") -> dict[str, Any]:
    answer = call("POST", "touchpoints", {"name": name})
    assert answer.status_code == 201, answer.json()
    return answer.json()


def test_a_touchpoint_is_made_renamed_and_put_to_rest(call: Call) -> None:
    found = made(call)
    path = f"touchpoints/{found['id']}"
    assert (found["name"], found["active"], found["version"]) == ("After Sales", True, 1)
    assert call("GET", path).json() == found
    assert call("PATCH", path, {"active": False}).status_code == 428
    changed = call("PATCH", path, {"name": "after  sales", "active": False}, match=1)
    assert (changed.json()["name"], changed.json()["active"], changed["ETag"]) == ("after  sales", False, '"2"')
    assert call("PATCH", path, {"active": True}, match=1).status_code == 412
    assert call("PATCH", path, {"active": False}, match=2).json()["version"] == 2
    assert call("GET", "touchpoints", QUERY_STRING="active=true").json() == {"data": [], "cursor": None}
    assert call("GET", "touchpoints").json()["data"] == [changed.json()]


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, {"name": ["The name must have 1 to 128 printable characters, with no space at either end."]}),
        ({"name": "AFTER sales"}, {"name": ["The name is taken already."]}),
        ({"name": "x", "active": None}, {"active": ["The active must be true or false."]}),
        ({"name": "x", "y": 1}, {"y": ["The key y is unknown; known are name, active."]}),
    ],
)
def test_what_is_wrong_with_a_touchpoint_is_told(call: Call, body: Any, errors: Any) -> None:
    made(call)
    answer = call("POST", "touchpoints", body)
    assert (answer.status_code, answer.json()["errors"]) == (422, errors)


def test_the_stranger_sees_and_changes_no_touchpoint(call: Call) -> None:
    found = made(call)
    assert call("GET", "touchpoints", who="charlie").json()["data"] == []
    assert call("GET", f"touchpoints/{found['id']}", who="charlie").status_code == 404
    assert call("PATCH", f"touchpoints/{found['id']}", {}, who="charlie", match=1).status_code == 404
    assert made(call, "After Sales 2")["id"] != found["id"]
