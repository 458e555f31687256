"""Request history and change ledger: the rows that each outcome leaves, read as the application role."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import httpx2
import pytest

from tests.cast import new_token
from tests.ingest.serving import until

if TYPE_CHECKING:
    from tests.cast import Cast
    from tests.ingest.conftest import Caller, Look
    from tests.ingest.serving import Server

ADA = {"Email": "Ada@example.com", "Phone": "+1 23 45", "First Name": "Ada"}
EMPTY = {"objects": [], "sent": None, "errors": None, "ignored": None, "warnings": None, "parameters": None}
NOBODY = {"email_key": None, "phone_key": None}


def noted(look: Look, caller: Caller, count: int) -> list[dict[str, Any]]:
    """The history in its order, once it has that many rows."""
    rows = "select * from requests order by at, id"
    found = until(lambda: len(read := look(caller.person, rows)) >= count and read, f"{count} requests are noted")
    assert len(found) == count
    return found


def app_of(look: Look, caller: Caller) -> Any:
    [row] = look(caller.person, "select id from connected_apps where client_id = %s", caller.person.client_id)
    return row["id"]


def configuration_of(look: Look, caller: Caller) -> Any:
    return look(caller.person, "select id from configurations where reference = 'contact'")[0]["id"]


def test_a_good_request(alice: Caller, look: Look) -> None:
    before = datetime.now(UTC) - timedelta(seconds=5)
    answer = alice.record(ADA | {"Account Name": "Acme", "x": "y"}, headers={"X-Request-Id": "first"})
    [row] = noted(look, alice, 1)
    objects = [
        {name: shown[name] for name in ("type", "id", "outcome", "matched_by")} for shown in answer.json()["objects"]
    ]
    assert before < row.pop("at") < datetime.now(UTC) + timedelta(seconds=5)
    assert row.pop("id")
    assert row == {
        "tenant_id": alice.person.tenant.pk,
        "request_id": "first",
        "position": 0,
        "actor_type": "app",
        "actor_id": app_of(look, alice),
        "configuration_id": configuration_of(look, alice),
        "status": 200,
        "outcome": "created",
        "objects": objects,
        "sent": ADA | {"Account Name": "Acme", "x": "y"},
        "errors": None,
        "ignored": ["x"],
        "warnings": None,
        "parameters": None,
        "email_key": "ada@example.com",
        "phone_key": "12345",
    }


def test_updated_unchanged_and_warned(alice: Caller, look: Look) -> None:
    for record in (ADA, ADA | {"First Name": "A"}, ADA | {"First Name": "A"}, {"Email": "b@b", "Phone": "12345"}):
        alice.record(record)
    rows = noted(look, alice, 4)
    assert [row["outcome"] for row in rows] == ["created", "updated", "unchanged", "created"]
    assert [row["warnings"] for row in rows] == [None, None, None, ["phone_shared"]]
    assert [row["objects"][0]["matched_by"] for row in rows] == [None, "email", "email", None]
    assert all(row["status"] == 200 for row in rows)


REQUIRED = {"configuration": ["The configuration field is required."], "record": ["The record field is required."]}
#: Query -> what its row has beyond status 422 and the outcome `rejected`.
REFUSED: dict[str, dict[str, Any]] = {
    "": {"errors": REQUIRED},
    "configuration=x&record[Email]=a@b": {
        "errors": {"configuration": ["The selected configuration is invalid."]},
        "sent": {"configuration": "x"},
    },
    "configuration=contact&record[Email]=ada&record[Phone]=12345&record[x]=y": {
        "errors": {"record.Email": ["The Email must be a valid email address."]},
        "sent": {"Email": "ada", "Phone": "12345", "x": "y"},
        "ignored": ["x"],
        "phone_key": "12345",
    },
    "configuration=contact&record=x": {"errors": {"record": ["The record must be an array."]}},
    "configuration=contact&record[Email]=a@b" + "".join(f"&record[{n}]=" for n in range(100)): {
        "errors": {"record": ["The record must not have more than 100 fields."]},
    },
}


@pytest.mark.parametrize(("query", "more"), REFUSED.items())
def test_422(alice: Caller, look: Look, query: str, more: dict[str, Any]) -> None:
    """What was sent is kept where a mapping has found out whom it is about, so that an erasure finds it."""
    assert alice.put(f"/records?{query}", headers={"X-Request-Id": "wrong"}).status_code == 422
    [row] = noted(look, alice, 1)
    expected = EMPTY | NOBODY | {"status": 422, "outcome": "rejected", "request_id": "wrong", "position": 0} | more
    assert {name: row[name] for name in expected} == expected
    known = "configuration=contact" in query
    assert row["configuration_id"] == (configuration_of(look, alice) if known else None)
    assert row["actor_id"] == app_of(look, alice)


@pytest.mark.parametrize("batch", [False, True])
def test_403(ingest: Server, cast: Cast, alice: Caller, look: Look, batch: bool) -> None:
    reader = new_token(cast.alice.tenant, cast.alice.client_id, ["directory:read"])
    headers = {"Authorization": f"Bearer {reader}"}
    if batch:
        answer = httpx2.post(ingest.url + "/records/batch", json=[ADA], headers=headers)
    else:
        answer = httpx2.put(ingest.url + "/records", json={"configuration": "contact", "record": ADA}, headers=headers)
    assert answer.status_code == 403
    [row] = noted(look, alice, 1)
    expected = EMPTY | {
        "status": 403,
        "outcome": "rejected",
        "errors": {"scope": ["The access token lacks the scope records:write."]},
        "configuration_id": None,
    }
    assert {name: row[name] for name in expected} == expected


def test_what_is_not_noted(ingest: Server, alice: Caller, look: Look) -> None:
    """Neither strangers nor what cannot be read; a dry run leaves no trace."""
    httpx2.put(f"{ingest.url}/records?configuration=contact&record[Email]=a@b", headers={"Authorization": "Bearer x"})
    alice.get("/records")
    alice.put("/records?record[a]=%zz")
    alice.put("/records", content=b"x")
    alice.put("/records", content=b"x" * 2_000_000)
    alice.record(ADA, params={"dry_run": "true"})
    alice.record({"Email": "x"}, params={"dry_run": "true"})
    alice.batch([ADA, {}], params={"dry_run": "true"})
    alice.record(ADA)
    assert [row["outcome"] for row in noted(look, alice, 1)] == ["created"]


def test_a_repeat_and_a_key_with_other_content(alice: Caller, look: Look) -> None:
    key = {"Idempotency-Key": "k"}
    for record in (ADA, ADA, ADA | {"x": "y"}):
        alice.record(record, headers=key)
    first, repeat, other = noted(look, alice, 3)
    assert (first["status"], first["outcome"]) == (200, "created")
    assert (repeat["status"], repeat["outcome"], repeat["objects"]) == (200, "replayed", [])
    assert (other["status"], other["outcome"]) == (422, "rejected")
    assert other["errors"] == {"Idempotency-Key": ["The Idempotency-Key was already used with other content."]}, (
        "it says why"
    )


class TestBatch:
    def test_a_row_for_each_record(self, alice: Caller, look: Look) -> None:
        answer = alice.batch([ADA, {"Email": "ada"}, ADA, 7, {"Email": "b@b", "x": 1}])
        rows = sorted(noted(look, alice, 5), key=lambda row: row["position"])
        assert [row["position"] for row in rows] == [0, 1, 2, 3, 4]
        assert [row["outcome"] for row in rows] == ["created", "rejected", "unchanged", "rejected", "created"]
        assert {row["request_id"] for row in rows} == {answer.headers["x-request-id"]}
        assert {row["status"] for row in rows} == {200}
        assert [row["sent"] for row in rows] == [ADA, {"Email": "ada"}, ADA, None, {"Email": "b@b", "x": "1"}]
        assert rows[3]["errors"] == {"record": ["Each record must be an object of headings and values."]}

    def test_a_refused_atomic_one(self, alice: Caller, look: Look) -> None:
        alice.batch([ADA, {"Email": "ada"}], params={"atomic": "true"})
        rows = sorted(noted(look, alice, 2), key=lambda row: row["position"])
        assert [(row["status"], row["outcome"], row["objects"]) for row in rows] == [
            (422, "not_written", []),
            (422, "rejected", []),
        ]

    def test_one_row_for_a_batch_that_is_wrong_as_a_whole(self, alice: Caller, look: Look) -> None:
        alice.batch([ADA, ADA], configuration="nothing")
        [row] = noted(look, alice, 1)
        assert (row["status"], row["outcome"], row["position"]) == (422, "rejected", 0)
        assert row["errors"] == {"configuration": ["The selected configuration is invalid."]}
        assert row["sent"] == {"configuration": "nothing"}

    def test_a_row_for_each_record_of_a_repeat(self, alice: Caller, look: Look) -> None:
        for _ in range(2):
            alice.batch([ADA, {"Email": "ada"}], headers={"Idempotency-Key": "k"})
        outcomes = [row["outcome"] for row in noted(look, alice, 4)]
        assert sorted(outcomes) == ["created", "rejected", "replayed", "replayed"]


def test_what_was_sent_is_kept_only_where_the_tenant_wants_it(cast: Cast, alice: Caller, look: Look) -> None:
    cast.alice.tenant.sent_days = 0
    cast.alice.tenant.save(update_fields=["sent_days"])
    alice.record(ADA)
    alice.record({"Email": "ada"})
    alice.record(ADA, configuration="nothing")
    alice.batch([ADA])
    assert [row["sent"] for row in noted(look, alice, 4)] == [None] * 4


def test_the_ledger(alice: Caller, look: Look) -> None:
    records = [
        alice.record(ADA | {"Account Name": "Acme"}, headers={"X-Request-Id": "first"}),
        alice.record(ADA | {"First Name": "A"}, headers={"X-Request-Id": "second"}),
        alice.record(ADA | {"First Name": "A"}, headers={"X-Request-Id": "third"}),
        alice.record({"Email": "ada"}, headers={"X-Request-Id": "fourth"}),
        alice.record({"Account Name": "ACME", "Region": "EMEA"}, "account", headers={"X-Request-Id": "fifth"}),
    ]
    first, second, _, _, fifth = (UUID(answer.json()["record"]) for answer in records)
    [contact], [account] = (look(alice.person, f"select * from {table}") for table in ("contacts", "accounts"))
    kinds = dict(
        row.values() for row in look(alice.person, "select reference, id from configurations where version = 1")
    )
    rows = look(alice.person, "select * from changes order by seq")
    times = [row.pop("at") for row in rows]
    assert times == sorted(times)
    shared = {
        "tenant_id": alice.person.tenant.pk,
        "actor_type": "app",
        "actor_id": app_of(look, alice),
        "configuration_id": kinds["contact"],
        "configuration_version": 1,
        "prev": None,
        "links": None,
    }
    of_contact = shared | {"object_type": "contact", "object_id": contact["id"]}
    of_account = shared | {"object_type": "account", "object_id": account["id"]}
    id, owner = str(contact["id"]), str(account["id"])
    assert rows == [
        of_account
        | {"seq": 1, "version": 1, "kind": "created", "diff": {"name": [None, "Acme"]}}
        | {"request_id": "first", "record": first, "links": {"keys": {"acme": [None, owner]}}},
        of_contact
        | {
            "seq": 2,
            "version": 1,
            "kind": "created",
            "diff": {name: [None, value] for name, value in zip(
                ("email", "phone", "first_name", "account_name"), (*ADA.values(), "Acme"), strict=True
            )},
            "request_id": "first",
            "record": first,
            "links": {
                "account": [None, owner],
                "keys": {"e:ada@example.com": [None, id], "p:12345": [None, id]},
            },
        },
        of_contact
        | {"seq": 3, "version": 2, "kind": "updated", "diff": {"first_name": ["Ada", "A"]}}
        | {"request_id": "second", "record": second, "prev": first},
        of_account
        | {"seq": 4, "version": 2, "kind": "updated", "diff": {"region": [None, "EMEA"]}}
        | {"request_id": "fifth", "record": fifth, "prev": first, "configuration_id": kinds["account"]},
    ]  # fmt: skip
    assert (contact["version"], account["version"]) == (2, 2)
    assert (contact["last_record"], account["last_record"]) == (second, fifth)
    assert contact["created_at"] < contact["updated_at"]
    assert look(alice.person, "select seq, at from tenant_heads") == [{"seq": 4, "at": times[-1]}]


def test_a_tenants_ledger_is_its_own(alice: Caller, charlie: Caller, look: Look) -> None:
    for number in range(3):
        alice.record({"Email": f"{number}@b"})
        charlie.record({"Email": f"{number}@b"})
    for caller in (alice, charlie):
        assert [row["seq"] for row in look(caller.person, "select seq from changes order by seq")] == [1, 2, 3]
