from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rapport.records.catalogue import OBJECTS, STANDARD, TYPES
from tests.configurations.conftest import CONTENT

if TYPE_CHECKING:
    from tests.configurations.conftest import Call

SEGMENT = {"object": "contact", "name": "segment", "label": "Segment", "type": "text"}


def made(call: Call, **content: Any) -> dict[str, Any]:
    answer = call("POST", "fields", SEGMENT | content)
    assert answer.status_code == 201, answer.json()
    return answer.json()


def test_the_catalogue_has_every_standard_field_of_every_object(call: Call) -> None:
    found = call("GET", "fields").json()
    assert found["cursor"] is None
    assert [(row["object"], row["field"], row["label"], row["type"], row["limit"]) for row in found["data"]] == [
        (owner, field.name, field.label, field.type.name, field.type.limit)
        for owner, fields in STANDARD.items()
        for field in fields
    ]
    email = next(row for row in found["data"] if row["field"] == "email")
    assert email["data_types"] == ["contact", "survey", "multi-object", "external-response"]


@pytest.mark.parametrize("type", [name for name in TYPES if name != "choice"])
@pytest.mark.parametrize("owner", OBJECTS)
def test_a_custom_field_of_every_type(call: Call, owner: str, type: str) -> None:
    field = made(call, object=owner, type=type)
    assert (field["field"], field["type"], field["choices"], field["custom"]) == (f"{owner}.segment", type, None, True)
    assert field["data_types"], "somebody can map it"
    assert call("GET", f"fields/{field['id']}").json() == field
    shown = call("GET", "fields", QUERY_STRING=f"object={owner}").json()["data"]
    assert shown[-1] == field


@pytest.mark.parametrize(
    ("more", "errors"),
    [
        ({"object": "house"}, {"object": ["The object must be one of: account, contact, survey, activity."]}),
        ({"type": []}, {"type": [f"The type must be one of: {', '.join(TYPES)}."]}),
        (
            {"name": "Segment X"},
            {"name": ["The name must be a lower-case letter and up to 62 lower-case letters, digits and underscores."]},
        ),
        (
            {"label": "x" * 129},
            {"label": ["The label must have 1 to 128 printable characters, with no space at either end."]},
        ),
        ({"choices": ["a"]}, {"choices": ["The key choices is for the type choice only."]}),
        (
            {"type": "choice", "choices": ["a", "a"]},
            {"choices": ["The choices must be 1 to 100 different texts of 1 to 128 printable characters."]},
        ),
        (
            {"type": "choice"},
            {"choices": ["The choices must be 1 to 100 different texts of 1 to 128 printable characters."]},
        ),
        ({"color": 1}, {"color": ["The key color is unknown; known are object, name, label, type, choices."]}),
    ],
)
def test_what_is_wrong_with_a_field_is_told(call: Call, more: dict[str, Any], errors: dict[str, list[str]]) -> None:
    answer = call("POST", "fields", SEGMENT | more)
    assert (answer.status_code, answer.json()["errors"]) == (422, errors)


def test_a_name_is_given_once_an_object(call: Call) -> None:
    made(call)
    made(call, object="account")
    assert call("POST", "fields", SEGMENT).json()["errors"] == {"name": ["The name is taken already."]}
    standard = {"name": "time_zone", "label": "Zone", "type": "text"}
    told = call("POST", "fields", standard | {"object": "contact"}).json()["errors"]
    assert told == {"name": ["The name is taken already."]}
    assert call("POST", "fields", standard | {"object": "account"}).status_code == 201


def test_a_field_is_relabelled_archived_and_restored(call: Call) -> None:
    field = made(call, type="choice", choices=["a", "b"])
    path = f"fields/{field['id']}"
    assert call("PATCH", path, {"label": "Kind"}).status_code == 428
    changed = call("PATCH", path, {"label": "Kind", "choices": ["a", "c"], "archived": True}, match=1).json()
    assert (changed["label"], changed["choices"], changed["archived"], changed["version"]) == (
        "Kind",
        ["a", "c"],
        True,
        2,
    )
    assert call("PATCH", path, {"archived": False}, match=1).status_code == 412
    assert call("PATCH", path, {"archived": True}, match=2).json()["version"] == 2
    assert call("PATCH", path, {"archived": False}, match=2).json()["archived"] is False
    wrong = call("PATCH", path, {"name": "x", "type": "choice", "colour": 1, "archived": 1}, match=3)
    assert set(wrong.json()["errors"]) == {"name", "colour", "archived"}
    assert call("DELETE", path).status_code == 405


def test_an_archived_field_is_not_mapped_anew_but_stays_where_it_is(call: Call) -> None:
    field = made(call)
    mapping = [*CONTENT["mapping"], {"heading": "Segment", "field": "contact.segment"}]
    before = call("POST", "configurations", CONTENT | {"mapping": mapping}).json()
    call("PATCH", f"fields/{field['id']}", {"archived": True}, match=1)
    kept = call("PUT", f"configurations/{before['reference']}", before | {"name": "Daily"}, match=1)
    assert kept.status_code == 200
    again = call("POST", "configurations", CONTENT | {"mapping": mapping})
    assert again.json()["errors"] == {
        "mapping.1.field": ["The field contact.segment is archived and cannot be mapped anew."]
    }


def test_a_field_of_another_object_or_tenant_cannot_be_mapped(call: Call) -> None:
    made(call, object="account")
    mapping = [*CONTENT["mapping"], {"heading": "Segment", "field": "account.segment"}]
    for who in ("alice", "charlie"):
        answer = call("POST", "configurations", CONTENT | {"mapping": mapping}, who=who)
        assert answer.json()["errors"] == {"mapping.1.field": ["The field account.segment does not exist for Contact."]}


def test_the_stranger_sees_and_changes_no_field(call: Call) -> None:
    field = made(call)
    assert call("GET", f"fields/{field['id']}", who="charlie").status_code == 404
    assert call("PATCH", f"fields/{field['id']}", {"label": "x"}, who="charlie", match=1).status_code == 404
    assert all(not row["custom"] for row in call("GET", "fields", who="charlie").json()["data"])
