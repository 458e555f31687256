"""Every record has an id of its own, by which its receipt is found: request ids are labels that callers use again."""

from __future__ import annotations

import html
import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
import pytest

from rapport.groups import ids
from tests.console.visitor import visitor
from tests.ingest.conftest import Caller

if TYPE_CHECKING:
    from tests.cast import Cast
    from tests.conftest import Database
    from tests.ingest.conftest import Look

LABEL = {"X-Request-Id": "one-trace-over-the-whole-job"}
ROUNDS, AT_ONCE = 40, 4


def page(cast: Cast, record: str) -> str:
    """What Alice reads on the page of a record."""
    answer = visitor(cast.alice).get(f"/s/{cast.alice.tenant.slug}/data/requests/{record}")
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())))


def test_each_page_shows_its_own_change_under_a_reused_request_id(alice: Caller, cast: Cast) -> None:
    """Callers at once, one contact, one request id for all: what a page shows is what its receipt said."""
    alice.record({"Email": "ada@example.com"})

    def put(number: int) -> tuple[str, Any]:
        receipt = alice.record({"Email": "ada@example.com", "First Name": f"Name{number}"}, headers=LABEL).json()
        return receipt["record"], receipt["objects"][0]["changes"]["first_name"]

    with ThreadPoolExecutor(AT_ONCE) as callers:
        told = dict(callers.map(put, range(ROUNDS * AT_ONCE)))
    assert len(told) == ROUNDS * AT_ONCE
    for record, (before, after) in told.items():
        shown = page(cast, record)
        change = f"stored as First Name: {before} {after}" if before else "stored as First Name"
        assert f"First Name {after} {change}" in shown, (record, before, after)


def test_a_batch_has_the_id_of_its_first_record_and_counts_on(alice: Caller, look: Look) -> None:
    records = [{"Email": "a@b"}, {"Email": "wrong"}, {"Email": "a@b"}, {"Email": "c@b"}]
    answer = alice.batch(records, headers={"Prefer": "return=representation"})
    assert answer.headers["preference-applied"] == "return=representation"
    told = answer.json()
    named = [result["record"] for result in told["results"]]
    assert named == [str(ids.following(UUID(told["request"]), step)) for step in range(4)]
    assert named == [row["id"] for row in look(alice.person, "select id::text from requests order by position")]
    assert [str(row["record"]) for row in look(alice.person, "select record from changes order by seq")] == [
        named[0], named[3]
    ]  # fmt: skip
    plain = alice.batch(records).json()
    assert plain["request"] != told["request"]
    assert not any("record" in result for result in plain["results"])


def test_a_dry_run_has_no_id(alice: Caller, look: Look) -> None:
    params, headers = {"dry_run": "true"}, {"Prefer": "return=representation"}
    assert alice.record({"Email": "a@b"}, params=params).json()["record"] is None
    batch = alice.batch([{"Email": "a@b"}], params=params, headers=headers).json()
    assert (batch["request"], batch["results"][0]["record"]) == (None, None)
    assert alice.record({"Email": "wrong"}, params=params).json()["record"] is None
    assert look(alice.person, "select from requests") == []


@pytest.mark.parametrize("record", [{"Email": "wrong", "x": "y"}, {"x": "y"}])
def test_a_refusal_tells_its_id_to_who_asks(alice: Caller, look: Look, record: dict[str, str]) -> None:
    told = alice.record(record).json()
    [row] = look(alice.person, "select id::text, status from requests")
    assert row == {"id": told["record"], "status": 422}
    assert (told["ignored"], told["warnings"]) == (["x"], [])
    assert alice.record(record, headers={"Prefer": ""}).json().keys() == {"message", "errors"}


def test_a_refusal_of_the_stored_data_tells_its_id_as_well(alice: Caller, look: Look) -> None:
    alice.record({"Account Name": "Acme"}, "account")
    told = alice.record({"Account Name": "Other", "Alias": "Acme"}, "account-alias").json()
    assert look(alice.person, "select id::text from requests where status = 422") == [{"id": told["record"]}]


def test_a_repeat_gets_the_first_ones_id_and_a_row_of_its_own(alice: Caller, look: Look) -> None:
    key = {"Idempotency-Key": "k"}
    first, repeat = (alice.record({"Email": "a@b"}, headers=key).json() for _ in range(2))
    assert repeat == first
    rows = look(alice.person, "select id::text, outcome from requests order by id")
    assert [row["outcome"] for row in rows] == ["created", "replayed"]
    assert rows[0]["id"] == first["record"] != rows[1]["id"]


def test_a_batchs_repeat_tells_the_ids_that_it_is_asked_for(alice: Caller) -> None:
    key = {"Idempotency-Key": "k"}
    plain = alice.batch([{"Email": "a@b"}], headers=key).json()
    asked = alice.batch([{"Email": "a@b"}], headers=key | {"Prefer": "return=representation"}).json()
    assert asked["request"] == asked["results"][0].pop("record") == plain["request"]
    assert asked == plain


def test_an_answer_that_was_stored_before_batches_had_ids_is_repeated_without(
    alice: Caller, database: Database
) -> None:
    key = {"Idempotency-Key": "k"}
    plain = alice.batch([{"Email": "a@b"}], headers=key).json()
    with psycopg.connect(database.owner) as owner:
        owner.execute(f"set local rapport.tenant_id = '{alice.person.tenant.pk}'")
        owner.execute("update idempotency_keys set receipt = (receipt::jsonb - 'request')::json")
    del plain["request"]
    assert alice.batch([{"Email": "a@b"}], headers=key).json() == plain
    asked = alice.batch([{"Email": "a@b"}], headers=key | {"Prefer": "return=representation"}).json()
    assert asked["results"] == [plain["results"][0] | {"record": None}]


def test_a_record_is_found_by_its_id(alice: Caller, cast: Cast) -> None:
    record = alice.record({"Email": "ada@example.com"}, headers=LABEL).json()["record"]
    alice.record({"Email": "eve@example.com"}, headers=LABEL)
    start = f"/s/{cast.alice.tenant.slug}/data/requests"
    found = visitor(cast.alice).get(start, {"text": record}).content.decode()
    assert "ada@example.com" in found
    assert "eve@example.com" not in found
    charlie = visitor(cast.charlie)
    assert charlie.get(f"/s/{cast.charlie.tenant.slug}/data/requests/{record}").status_code == 404
    for unknown in ("0" * 36, "ffffffff-ffff-7fff-bfff-ffffffffffff", "00000000-0000-0000-0000-000000000000"):
        assert visitor(cast.alice).get(f"{start}/{unknown}").status_code == 404
        assert visitor(cast.alice).get(start, {"text": unknown}).status_code == 200
