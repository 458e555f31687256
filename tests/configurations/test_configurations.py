from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from uuid_utils.compat import uuid7

from rapport.connected_apps import issue, webhooks
from rapport.history.models import SentRecord
from rapport.records.types import ALL
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope
from tests.cast import new_token
from tests.configurations.conftest import CONTENT

if TYPE_CHECKING:
    from tests.cast import Cast
    from tests.configurations.conftest import Call


def made(call: Call, **content: Any) -> dict[str, Any]:
    answer = call("POST", "configurations", CONTENT | content)
    assert answer.status_code == 201, answer.json()
    return answer.json()


def test_a_new_configuration_gets_a_reference_of_its_own(call: Call) -> None:
    answer = call("POST", "configurations", CONTENT)
    found = answer.json()
    assert len(found["reference"]) == 36
    assert answer["Location"] == f"/api/configurations/{found['reference']}"
    assert answer["ETag"] == '"1"'
    assert {name: found[name] for name in CONTENT} == CONTENT
    assert (found["options"], found["active"], found["is_default"], found["version"]) == ({}, True, False, 1)
    shown = call("GET", f"configurations/{found['reference']}")
    assert (shown.json(), shown["ETag"]) == (found, '"1"')


def test_a_reference_can_be_chosen_but_not_twice(call: Call) -> None:
    assert made(call, reference="nightly-1")["reference"] == "nightly-1"
    answer = call("POST", "configurations", CONTENT | {"reference": "nightly-1"})
    assert answer.status_code == 422
    assert answer.json()["errors"] == {
        "name": ["The name is taken already."],
        "reference": ["The reference is taken already."],
    }
    made(call, reference="nightly-2", kind="file", options={"delimiter": ";"})


def test_every_fault_is_told_at_once(call: Call) -> None:
    entries = [
        {"heading": "a]b", "field": "email", "colour": "red", "default": "nobody", "empty_clears": "yes"},
        {"heading": "x", "field": "nothing"},
        {"heading": "x", "field": "email", "default": "a@b", "empty_clears": False},
        7,
        {"heading": " ", "field": None},
        {"heading": "x" * 129, "field": "first_name"},
    ]
    body = {
        "name": "\t",
        "kind": "api",
        "data_type": "contact",
        "mapping": entries,
        "options": {"delimiter": ";", "account_required": True, "size": "1"},
        "reference": "Not One",
        "active": "no",
        "colour": "red",
    }
    answer = call("POST", "configurations", body)
    assert answer.status_code == 422
    assert answer.json() == {
        "message": "The given data was invalid.",
        "errors": {
            "colour": [
                "The key colour is unknown; known are reference, name, kind, data_type, active, mapping, options,"
                " comment."
            ],
            "name": ["The name must have 1 to 128 printable characters, with no space at either end."],
            "reference": [
                "The reference must have 1 to 64 lower-case letters, digits and inner dashes,"
                " such as newsletter-signups."
            ],
            "active": ["The active must be true or false."],
            "options.size": ["The key size is unknown; known are account_required, delimiter."],
            "options.delimiter": ["The key delimiter is for file configurations only."],
            "options.account_required": ["The key account_required is for multi-object only."],
            "mapping.0.heading": ["The heading a]b must not contain ], which would end it in an address."],
            "mapping.0.colour": ["The key colour is unknown; known are heading, field, default, empty_clears."],
            "mapping.1.field": ["The field nothing does not exist for Contact."],
            "mapping.2.heading": ["The heading x is mapped twice."],
            "mapping.0.default": ["The default must be a valid email address."],
            "mapping.0.empty_clears": ["The empty_clears must be true or false."],
            "mapping.2.default": ["The key default must stand with the first heading of the field email only."],
            "mapping.2.empty_clears": [
                "The key empty_clears must stand with the first heading of the field email only."
            ],
            "mapping.3": ["The mapping.3 must be an object."],
            "mapping.4.heading": ["The heading   must have printable characters only, with no space at either end."],
            "mapping.4.field": ["The field field is required."],
            "mapping.5.heading": ["The heading must not be greater than 128 characters."],
        },
    }


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        (
            {},
            {
                "name": ["The name field is required."],
                "kind": ["The kind field is required."],
                "data_type": ["The data_type field is required."],
                "mapping": ["The mapping field is required."],
            },
        ),
        (
            {"name": "x", "kind": [], "data_type": {}, "mapping": "x"},
            {
                "kind": ["The kind must be one of: api, file."],
                "data_type": [f"The data_type must be one of: {', '.join(ALL)}."],
            },
        ),
        (CONTENT | {"mapping": []}, {"mapping": ["A configuration for Contact must map Email or Phone."]}),
        (CONTENT | {"mapping": {}}, {"mapping": ["The mapping must be an array."]}),
        (CONTENT | {"mapping": [{}] * 501}, {"mapping": ["The mapping must not have more than 500 entries."]}),
        (
            CONTENT | {"data_type": "multi-object", "options": {"account_required": True}},
            {"mapping": ["A configuration for Multi-object must map Account Name."]},
        ),
        (CONTENT | {"options": []}, {"options": ["The options must be an object."]}),
        (
            CONTENT | {"kind": "file", "options": {"delimiter": "|"}},
            {"options.delimiter": ["The delimiter must be one of: , ;."]},
        ),
    ],
)
def test_what_is_wrong_is_told(call: Call, body: dict[str, Any], errors: dict[str, list[str]]) -> None:
    answer = call("POST", "configurations", body)
    assert (answer.status_code, answer.json()["errors"]) == (422, errors)


@pytest.mark.parametrize(
    ("raw", "content_type", "status", "told"),
    [
        (b"{", "application/json", 400, "The body must be valid JSON:"),
        (b"[]", "application/json", 400, "The body must be a JSON object."),
        (b'{"name": "\\u0000"}', "application/json", 400, "The JSON must not contain NUL characters or"),
        (b'{"\\ud800": 1}', "application/json", 400, "The JSON must not contain NUL characters or"),
        (b"name=x", "application/x-www-form-urlencoded", 415, "The body must be application/json."),
        (b" " * (1024 * 1024 + 1), "application/json", 413, "The body must not be larger than 1048576 bytes."),
    ],
)
def test_a_body_that_cannot_be_read(call: Call, raw: bytes, content_type: str, status: int, told: str) -> None:
    answer = call("POST", "configurations", raw, content_type=content_type)
    assert answer.status_code == status
    assert answer.json()["message"].startswith(told)


def test_an_edit_needs_the_version_that_was_read(call: Call) -> None:
    found = made(call)
    path = f"configurations/{found['reference']}"
    assert call("PUT", path, found).status_code == 428
    changed = call("PUT", path, found | {"name": "Daily"}, match=1)
    assert (changed.status_code, changed["ETag"], changed.json()["name"]) == (200, '"2"', "Daily")
    lost = call("PUT", path, found | {"name": "Weekly"}, match=1)
    assert (lost.status_code, lost["ETag"]) == (412, '"2"')
    assert call("DELETE", path).status_code == 428
    assert call("DELETE", path, match=1).status_code == 412


def test_the_tag_of_a_compressed_answer_names_the_version_as_well(call: Call) -> None:
    path = f"configurations/{made(call)['reference']}"
    read = call("GET", path, headers={"Accept-Encoding": "gzip"})
    assert (read["Content-Encoding"], read["ETag"]) == ("gzip", 'W/"1"')
    new = {"name": "Daily", "mapping": CONTENT["mapping"]}
    assert call("PUT", path, new, headers={"If-Match": read["ETag"]}).status_code == 200
    assert call("PUT", path, new, headers={"If-Match": read["ETag"]}).status_code == 412


def test_nothing_new_is_no_edit(call: Call) -> None:
    found = made(call)
    same = call("PUT", f"configurations/{found['reference']}", found, match=1)
    assert (same.status_code, same.json()) == (200, found)


def test_what_is_fixed_may_be_sent_as_it_is(call: Call) -> None:
    found = made(call)
    answer = call("PUT", f"configurations/{found['reference']}", found | {"kind": "file", "version": 9}, match=1)
    assert answer.json()["errors"] == {
        "kind": ["The kind cannot be changed."],
        "version": ["The version cannot be changed."],
    }


def test_every_edit_is_kept_with_its_author(cast: Cast, call: Call) -> None:
    reference = made(call)["reference"]
    path = f"configurations/{reference}"
    call("POST", f"{path}/deactivate", who="bob")
    call("POST", f"{path}/deactivate", who="bob")
    call("PUT", path, {"name": "Daily", "mapping": [{"heading": "Mail", "field": "email"}]}, match=2)
    page = call("GET", f"{path}/edits", QUERY_STRING="limit=2").json()
    edits = page["data"] + call("GET", f"{path}/edits", QUERY_STRING=f"cursor={page['cursor']}").json()["data"]
    assert [(edit["version"], edit["actor"]["name"]) for edit in edits] == [
        (3, "Alice's app"),
        (2, "Bob's app"),
        (1, "Alice's app"),
    ]
    assert edits[2]["before"] is None
    assert edits[1]["before"] == edits[2]["after"]
    assert (edits[1]["before"]["active"], edits[1]["after"]["active"]) == (True, False)
    assert edits[0]["before"]["mapping"] == CONTENT["mapping"]
    assert edits[0]["after"] == edits[1]["after"] | {
        "name": "Daily",
        "mapping": [{"heading": "Mail", "field": "email"}],
    }


def test_a_default_is_view_only_and_can_be_copied(call: Call) -> None:
    default = call("GET", "configurations/contact").json()
    for answer in (
        call("PUT", "configurations/contact", default, match=1),
        call("DELETE", "configurations/contact", match=1),
        call("POST", "configurations/contact/deactivate"),
    ):
        assert answer.status_code == 409
        assert answer.json() == {"message": "Default configurations are view-only; copy it and change the copy."}
    first, second = (call("POST", "configurations/contact/copy").json() for _ in range(2))
    assert (first["name"], second["name"]) == ("Contacts (Default) copy", "Contacts (Default) copy 2")
    assert (first["mapping"], first["is_default"]) == (default["mapping"], False)
    named = call("POST", "configurations/contact/copy", {"name": "Ours", "reference": "ours"})
    assert (named.status_code, named.json()["name"], named["Location"]) == (201, "Ours", "/api/configurations/ours")
    wrong = call("POST", "configurations/contact/copy", {"name": "Ours", "kind": "file"})
    assert wrong.json()["errors"] == {
        "kind": ["The key kind is unknown; known are reference, name."],
        "name": ["The name is taken already."],
    }


def test_what_was_used_lately_is_not_removed(cast: Cast, call: Call) -> None:
    found = made(call)
    path = f"configurations/{found['reference']}"
    with tenant_scope(cast.alice.tenant) as tenant_id:
        SentRecord.objects.create(
            tenant_id=tenant_id,
            at=datetime.now(UTC),
            id=uuid7(),
            request_id="r",
            position=0,
            actor_type="app",
            configuration_id=found["id"],
            status=200,
            outcome="created",
            objects_written=[],
        )
    answer = call("DELETE", path, match=1)
    assert answer.status_code == 409
    assert answer.json() == {
        "message": "Records came through this configuration within the last 24 hours; deactivate it instead."
    }


def test_what_a_webhook_or_an_app_names_is_not_removed(cast: Cast, call: Call) -> None:
    made(call, reference="hooked")
    made(call, reference="limited", name="Limited")
    webhooks.create(cast.alice.tenant, COMMAND, "hooked", settings.RAPPORT)
    app = issue.create_app(cast.alice.tenant, COMMAND, "App", configurations=["limited"])
    for reference in ("hooked", "limited"):
        answer = call("DELETE", f"configurations/{reference}", match=1)
        told = "A webhook or a Connected App names this configuration; deactivate it instead."
        assert (answer.status_code, answer.json()) == (409, {"message": told})
    issue.deactivate(cast.alice.tenant, COMMAND, app.client_id)
    assert call("DELETE", "configurations/limited", match=1).status_code == 204


def test_what_nobody_uses_is_removed(call: Call) -> None:
    found = made(call)
    path = f"configurations/{found['reference']}"
    answer = call("DELETE", path, match=1)
    assert (answer.status_code, answer.content) == (204, b"")
    assert call("GET", path).status_code == 404
    assert made(call, reference=found["reference"])["id"] != found["id"]


def test_the_list_can_be_narrowed_and_turned_over(call: Call) -> None:
    made(call, kind="file", reference="csv")
    call("POST", "configurations/csv/deactivate")
    for query, expected in (
        ("kind=file", ["csv"]),
        ("active=false", ["csv"]),
        ("data_type=contact", ["contact", "csv"]),
        ("", [*ALL, "csv"]),
    ):
        found = call("GET", "configurations", QUERY_STRING=query).json()["data"]
        assert sorted(row["reference"] for row in found) == sorted(expected)
    seen, cursor = [], ""
    while cursor is not None:
        page = call("GET", "configurations", QUERY_STRING=f"limit=3{cursor and f'&cursor={cursor}'}").json()
        seen += [row["reference"] for row in page["data"]]
        cursor = page["cursor"]
    assert sorted(seen) == sorted([*ALL, "csv"])
    wrong = call("GET", "configurations", QUERY_STRING="kind=x&cursor=y&colour=red")
    assert set(wrong.json()["errors"]) == {"kind", "cursor", "colour"}


def test_the_stranger_and_the_unentitled_change_nothing(cast: Cast, call: Call) -> None:
    reference = made(call)["reference"]
    path = f"configurations/{reference}"
    assert call("GET", path, who="charlie").status_code == 404
    assert call("PUT", path, CONTENT, who="charlie", match=1).status_code == 404
    assert call("DELETE", path, who="charlie", match=1).status_code == 404
    assert call("POST", f"{path}/copy", who="charlie").status_code == 404
    assert call("GET", f"{path}/edits", who="charlie").status_code == 404
    reader = new_token(cast.alice.tenant, cast.alice.client_id, ["configurations:read"])
    headers = {"Authorization": f"Bearer {reader}"}
    assert call("GET", path, headers=headers).status_code == 200
    assert call("PUT", path, CONTENT, match=1, headers=headers).status_code == 403


def test_another_method_is_told_which_ones_there_are(call: Call) -> None:
    answer = call("PATCH", "configurations/contact", {})
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD, PUT, DELETE")
