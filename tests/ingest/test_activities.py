"""`PUT /activities`: the reference's JSON address, end to end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import httpx2

    from tests.ingest.conftest import Caller, Look
    from tests.ingest.serving import Server

RECEIPT = {"Prefer": "return=representation"}
ACTIVITY = {
    "reference": "T-1",
    "account": "Analytical Engines",
    "type": "Ticket",
    "source": "Helpdesk",
    "happened_at": "2026-01-31 14:30:00",
}


def put(caller: Caller, more: dict[str, Any] | None = None, **options: Any) -> httpx2.Response:
    return caller.put("/activities", json=ACTIVITY | (more or {}), **options)


def stored(look: Look, caller: Caller) -> list[dict[str, Any]]:
    return look(
        caller.person,
        "select v.reference, a.name as account, c.email as contact, v.type, v.source, v.happened_at, v.information"
        " from activities v join accounts a on a.id = v.account_id left join contacts c on c.id = v.contact_id"
        " order by v.id",
    )


@pytest.mark.parametrize("path", ["/activities", "/activities/"])
@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_created_updated_unchanged(alice: Caller, look: Look, method: str, path: str) -> None:
    steps = [({}, 201), ({"type": "Call"}, 200), ({"type": "Call"}, 200)]
    answers = [alice.request(method, path, json=ACTIVITY | more) for more, _ in steps]
    assert [answer.status_code for answer in answers] == [status for _, status in steps]
    (row,) = stored(look, alice)
    assert (row["reference"], row["account"], row["type"]) == ("T-1", "Analytical Engines", "Call")
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert [answer.json()["reference"] for answer in answers] == ["T-1"] * 3


def test_a_new_one_may_come_without_a_reference(alice: Caller, look: Look) -> None:
    first = put(alice, {"reference": ""})
    reference = first.json()["reference"]
    assert first.status_code == 201
    again = put(alice, {"reference": reference, "source": "CRM"})
    assert (again.status_code, again.json()) == (200, first.json())
    assert [row["source"] for row in stored(look, alice)] == ["CRM"]


def test_its_contact_must_exist(alice: Caller, look: Look) -> None:
    refused = put(alice, {"contact": "ada@example.com"})
    assert refused.json()["errors"] == {
        "contact": ["The contact must be the email address or phone number of an existing contact."]
    }
    alice.record({"Email": "ada@example.com"})
    assert put(alice, {"contact": "ADA@example.com"}).status_code == 201
    assert stored(look, alice)[0]["contact"] == "ada@example.com"


FAULTS = {
    "everything is missing": (
        {},
        {key: [f"The {key} field is required."] for key in ("account", "type", "source", "happened_at")},
    ),
    "a bad time": (
        ACTIVITY | {"happened_at": "yesterday"},
        {
            "happened_at": [
                "The happened_at must be a date and time such as 2026-01-31 14:30:00 or 2026-01-31T14:30:00+01:00."
            ]
        },
    ),
    **{
        f"a time at the end of the calendar: {moment}": (
            ACTIVITY | {"happened_at": moment},
            {
                "happened_at": [
                    "The happened_at must be a date and time such as 2026-01-31 14:30:00 or 2026-01-31T14:30:00+01:00."
                ]
            },
        )
        for moment in ("0001-01-01 00:00:00Z", "9999-12-31 23:59:59.999999Z")
    },
    "too long": (
        ACTIVITY | {"account": "a" * 256, "type": "t" * 101},
        {
            "account": ["The account must not be greater than 255 characters."],
            "type": ["The type must not be greater than 100 characters."],
        },
    ),
    "both forms of information": (
        ACTIVITY | {"additional_information_object": {}, "additional_information_array": {}},
        {
            "additional_information_array": [
                "The additional_information_array must not be sent together with additional_information_object."
            ]
        },
    ),
    "an object that is none": (
        ACTIVITY | {"additional_information_object": "x"},
        {"additional_information_object": ["The additional_information_object must be a JSON object."]},
    ),
    "an array of other than strings": (
        ACTIVITY | {"additional_information_array": {"a": {}}},
        {"additional_information_array": ["The additional_information_array must be a JSON object of strings."]},
    ),
}


@pytest.mark.parametrize(("sent", "errors"), FAULTS.values(), ids=FAULTS)
def test_422_is_keyed_by_the_bodys_own_keys(alice: Caller, sent: dict[str, Any], errors: dict[str, Any]) -> None:
    answer = alice.put("/activities", json=sent)
    wanted = {"message": "The given data was invalid.", "errors": errors}
    assert (answer.status_code, answer.json()) == (422, wanted)


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"additional_information_object": {"b": 1.5, "a": [True, None]}}, '{"a":[true,null],"b":1.5}'),
        ({"additional_information_array": {"colour": "grün"}}, '{"colour":"grün"}'),
        ({"additional_information_object": {}}, None),
    ],
)
def test_information_is_kept_as_json(alice: Caller, look: Look, more: dict[str, Any], text: str | None) -> None:
    assert put(alice, more).status_code == 201
    assert stored(look, alice)[0]["information"] == text


def test_the_receipt_a_rehearsal_and_a_repeat(alice: Caller, look: Look) -> None:
    rehearsal = put(alice, {"fit": "?"}, params={"dry_run": "true"}).json()
    assert (rehearsal["outcome"], rehearsal["objects"][0]["id"], rehearsal["ignored"]) == ("created", None, ["fit"])
    assert stored(look, alice) == []
    once = {"Idempotency-Key": "k"}
    first = put(alice, {"reference": None}, headers=once)
    repeat = put(alice, {"reference": None}, headers=once)
    assert (repeat.status_code, repeat.json()) == (first.status_code, first.json()) != (422, None)
    receipt = put(alice, {"reference": None}, headers=once | RECEIPT)
    assert (receipt.status_code, receipt.json()["objects"][0]["type"]) == (201, "activity")
    assert receipt.headers["preference-applied"] == "return=representation"


def test_it_is_in_the_histories(alice: Caller, look: Look) -> None:
    put(alice, {"unknown": "x"})
    (row,) = look(alice.person, "select status, outcome, ignored, sent from requests")
    assert row == {"status": 200, "outcome": "created", "ignored": ["unknown"], "sent": ACTIVITY | {"unknown": "x"}}
    changed = look(alice.person, "select object_type, kind from changes order by seq")
    assert changed == [{"object_type": "account", "kind": "created"}, {"object_type": "activity", "kind": "created"}]


def test_another_tenants_activity_is_another_one(alice: Caller, charlie: Caller) -> None:
    assert [put(caller).status_code for caller in (alice, charlie)] == [201, 201]


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"content": b"[]", "headers": {"Content-Type": "application/json"}}, 400),
        ({"content": b"a=b", "headers": {"Content-Type": "application/x-www-form-urlencoded"}}, 415),
        ({"content": b'{"additional_information_object": {"a": 1e999}}',
          "headers": {"Content-Type": "application/json"}}, 400),
        ({"headers": {"Authorization": ""}}, 401),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_is_refused(alice: Caller, options: dict[str, Any], status: int) -> None:
    assert alice.put("/activities", **options).status_code == status


def test_get_is_refused(ingest: Server, alice: Caller) -> None:
    answer = alice.get("/activities")
    assert (answer.status_code, answer.headers["allow"]) == (405, "PUT, POST")
