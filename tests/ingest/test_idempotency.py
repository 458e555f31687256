"""`Idempotency-Key`: a repeat does nothing and gets the first answer; other content is refused."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from tests.ingest.conftest import Caller
from tests.ingest.serving import until

if TYPE_CHECKING:
    from tests.cast import Cast
    from tests.ingest.conftest import Look
    from tests.ingest.serving import Server

ADA = {"Email": "ada@example.com", "First Name": "Ada"}
QUERY = "configuration=contact&record[Email]=ada@example.com&record[First Name]=Ada"
PHONE_ONLY = '[{"heading": "Phone", "field": "phone"}]'
REUSED = {"Idempotency-Key": ["The Idempotency-Key was already used with other content."]}


def key(text: str = "one") -> dict[str, dict[str, str]]:
    return {"headers": {"Idempotency-Key": text}}


def test_a_repeat_does_nothing_and_gets_the_first_receipt(alice: Caller, look: Look) -> None:
    first = alice.record(ADA, **key())
    alice.record(ADA | {"First Name": "Bob"})
    repeat = alice.record(ADA, **key())
    assert (repeat.status_code, repeat.json()) == (200, first.json())
    assert look(alice.person, "select first_name, version from contacts") == [{"first_name": "Bob", "version": 2}]
    assert len(look(alice.person, "select from changes")) == 2


def test_a_repeat_is_rendered_as_its_own_prefer_asks(alice: Caller) -> None:
    plain = alice.put("/records", params=QUERY, **key())
    assert (plain.status_code, plain.content) == (200, b"")
    receipt = alice.record(ADA, **key())
    assert receipt.headers["preference-applied"] == "return=representation"
    assert (receipt.json()["outcome"], receipt.json()["objects"][0]["matched_by"]) == ("created", None)
    again = alice.put("/records", params=QUERY, **key())
    assert (again.status_code, again.content) == (200, b"")


@pytest.mark.parametrize(
    "same",
    [
        {"method": "POST", "url": "/records?" + QUERY},
        {"method": "PUT", "url": "/records/?" + QUERY},
        {"method": "PUT", "url": "/records", "json": {"configuration": "contact", "record": ADA}},
        {"method": "PUT", "url": "/records?x=y&" + QUERY},
        {"method": "PUT", "url": "/records?configuration=contact", "json": {"record": ADA}},
    ],
)
def test_the_same_content_in_another_form_is_a_repeat(alice: Caller, look: Look, same: dict[str, Any]) -> None:
    for request in ({"method": "PUT", "url": "/records?" + QUERY}, same):
        assert alice.request(**request, **key()).status_code == 200
    assert [row["outcome"] for row in look(alice.person, "select outcome from requests order by at, id")] == [
        "created",
        "replayed",
    ]


@pytest.mark.parametrize(
    ("record", "more"),
    [
        (ADA | {"First Name": "Bob"}, {}),
        (ADA | {"Last Name": "L"}, {}),
        (ADA | {"Unmapped": "x"}, {}),
        ({"First Name": "Ada", "Email": "ada@example.com"}, {}),
        (ADA | {"Account Name": "Acme"}, {"configuration": "account"}),
    ],
)
def test_other_content_is_refused(alice: Caller, look: Look, record: dict[str, str], more: dict[str, str]) -> None:
    alice.record(ADA, **key())
    answer = alice.record(record, **more, **key())
    assert answer.status_code == 422
    assert answer.json()["errors"] == REUSED
    assert answer.json().keys() == {"message", "errors", "record", "ignored", "warnings"}
    assert look(alice.person, "select first_name, version from contacts") == [{"first_name": "Ada", "version": 1}]


def test_a_batch_is_other_content_than_its_record(alice: Caller) -> None:
    alice.record(ADA, **key())
    assert alice.batch([ADA], **key()).json()["errors"] == REUSED


def test_only_a_200_is_kept(alice: Caller, look: Look) -> None:
    assert alice.record({"Email": "ada"}, **key()).status_code == 422
    assert alice.record(ADA, **key()).json()["outcome"] == "created"
    assert alice.record({"Email": "ada"}, **key()).status_code == 422
    assert alice.record(ADA, **key()).json()["outcome"] == "created"
    assert len(look(alice.person, "select from idempotency_keys")) == 1


@pytest.mark.parametrize("change", ["active = false", "reference = reference || '-'", f"mapping = '{PHONE_ONLY}'"])
@pytest.mark.parametrize("send", [Caller.record, Caller.batch])
def test_a_repeat_is_one_whatever_has_become_of_its_configuration(
    alice: Caller, look: Look, send: Any, change: str
) -> None:
    record = ADA if send is Caller.record else [ADA]
    first = send(alice, record, **key())
    look(alice.person, f"update configurations set {change} where reference = 'contact' returning 1")
    until(lambda: alice.record(ADA).status_code == 422, "the change is there")
    repeat = send(alice, record, **key())
    assert (repeat.status_code, repeat.json()) == (200, first.json())
    other = send(alice, [*record, ADA] if send is Caller.batch else record | {"x": "y"}, **key())
    assert (other.status_code, other.json()["errors"]) == (422, REUSED)
    [row] = look(alice.person, "select status, objects from requests where outcome = 'replayed'")
    assert row == {"status": 200, "objects": []}
    assert len(look(alice.person, "select from changes")) == 1


@pytest.mark.parametrize("send", [Caller.record, Caller.batch])
def test_a_refusal_with_a_key_is_noted_before_its_answer(alice: Caller, look: Look, send: Any) -> None:
    answer = send(alice, ADA if send is Caller.record else [ADA], configuration="nothing", **key())
    assert answer.status_code == 422
    assert answer.json()["errors"] == {"configuration": ["The selected configuration is invalid."]}
    [row] = look(alice.person, "select status, outcome, errors from requests")
    assert row == {"status": 422, "outcome": "rejected", "errors": answer.json()["errors"]}
    assert look(alice.person, "select from idempotency_keys") == []


def test_unchanged_is_a_receipt_as_well(alice: Caller) -> None:
    alice.record(ADA)
    assert alice.record(ADA, **key()).json()["outcome"] == "unchanged"
    alice.record(ADA | {"First Name": "Bob"})
    assert alice.record(ADA, **key()).json()["outcome"] == "unchanged"


def test_a_key_belongs_to_one_app(ingest: Server, cast: Cast, alice: Caller) -> None:
    assert alice.record(ADA, **key()).json()["outcome"] == "created"
    with Caller(ingest.url, cast.bob) as bob, Caller(ingest.url, cast.charlie) as charlie:
        assert bob.record(ADA | {"First Name": "B"}, **key()).json()["outcome"] == "updated"
        assert charlie.record(ADA | {"First Name": "C"}, **key()).json()["outcome"] == "created"


def test_a_key_is_exact_and_has_255_characters_at_most(alice: Caller) -> None:
    for text in ("k" * 255, "K" * 255, "k" * 254, 'a "quoted" key', "\xe9"):
        answer = alice.put("/records", params=QUERY, headers={"Idempotency-Key": text.encode("latin-1")})
        assert answer.status_code == 200
        assert (
            alice.record(ADA | {"Last Name": "L"}, headers={"Idempotency-Key": text.encode("latin-1")}).json()["errors"]
            == REUSED
        )
    answer = alice.record({"Email": "ada"}, **key("k" * 256))
    assert answer.status_code == 422
    assert answer.json()["errors"] == {
        "Idempotency-Key": ["The Idempotency-Key must not be greater than 255 characters."],
        "record.Email": ["The Email must be a valid email address."],
    }


def test_an_empty_key_is_none(alice: Caller) -> None:
    for record in (ADA, ADA | {"First Name": "Bob"}):
        assert alice.record(record, **key("")).status_code == 200


def test_a_dry_run_ignores_it(alice: Caller, look: Look) -> None:
    for record in (ADA, ADA | {"First Name": "Bob"}):
        assert alice.record(record, params={"dry_run": "true"}, **key()).json()["outcome"] == "created"
    assert alice.record(ADA, **key()).json()["outcome"] == "created"
    assert alice.record(ADA | {"x": "y"}, params={"dry_run": "true"}, **key("k" * 300)).json()["outcome"] == "unchanged"
    assert len(look(alice.person, "select from idempotency_keys")) == 1


def test_a_key_is_forgotten_after_a_day(alice: Caller, look: Look) -> None:
    alice.record(ADA, **key())
    age = "update idempotency_keys set created_at = now() - %s::interval returning 1"
    look(alice.person, age, "23 hours 59 minutes")
    assert alice.record(ADA | {"First Name": "Bob"}, **key()).status_code == 422
    look(alice.person, age, "24 hours")
    assert alice.record(ADA | {"First Name": "Bob"}, **key()).json()["outcome"] == "updated"
    assert alice.record(ADA | {"First Name": "Bob"}, **key()).json()["outcome"] == "updated"
    assert alice.record(ADA, **key()).status_code == 422


def at_once(server: Server, token: str, requests: list[dict[str, Any]]) -> list[httpx2.Response]:
    """Each request on a connection of its own, all at the same moment; answers in the same order."""
    start = threading.Barrier(len(requests))

    def send(request: dict[str, Any]) -> httpx2.Response:
        with httpx2.Client(base_url=server.url, headers={"Authorization": f"Bearer {token}"}, timeout=30) as client:
            client.get("/healthz")
            start.wait()
            return client.request("PUT", "/records", **request)

    with ThreadPoolExecutor(len(requests)) as threads:
        return list(threads.map(send, requests))


def keyed(record: dict[str, str], text: str) -> dict[str, Any]:
    headers = {"Idempotency-Key": text, "Prefer": "return=representation"}
    return {"json": {"configuration": "contact", "record": record}, "headers": headers}


def test_repeats_at_once_write_once(ingest: Server, cast: Cast, look: Look) -> None:
    for round_ in range(5):
        record = ADA | {"Email": f"{round_}@example.com", "Account Name": f"Account {round_}"}
        answers = at_once(ingest, cast.alice.token, [keyed(record, f"k{round_}")] * 12)
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.text for answer in answers}) == 1
        assert answers[0].json()["outcome"] == "created"
    assert len(look(cast.alice, "select from changes")) == 10
    noted = look(cast.alice, "select outcome, count(*) from requests group by outcome order by outcome")
    assert noted == [{"outcome": "created", "count": 5}, {"outcome": "replayed", "count": 55}]


def test_of_different_contents_at_once_one_wins(ingest: Server, cast: Cast, look: Look) -> None:
    for round_ in range(8):
        requests = [keyed({"Email": f"{round_}-{number}@b"}, f"k{round_}") for number in range(10)]
        answers = at_once(ingest, cast.alice.token, requests)
        assert sorted(answer.status_code for answer in answers) == [200] + [422] * 9
        assert all(answer.json()["errors"] == REUSED for answer in answers if answer.status_code == 422)
    assert len(look(cast.alice, "select from contacts")) == 8


class TestBatch:
    def test_a_repeat_gets_the_first_answer(self, alice: Caller, look: Look) -> None:
        records = [ADA, {"Email": "bob"}, ADA]
        first, repeat = (alice.batch(records, **key()) for _ in range(2))
        assert first.json() == repeat.json()
        assert (first.status_code, repeat.status_code) == (200, 200)
        assert [result["outcome"] for result in repeat.json()["results"]] == ["created", "rejected", "unchanged"]
        assert len(look(alice.person, "select from changes")) == 1

    @pytest.mark.parametrize(
        ("records", "params"),
        [([ADA, ADA], {}), ([ADA], {"atomic": "true"}), ([], {}), ([dict(reversed(ADA.items()))], {})],
    )
    def test_other_content(self, alice: Caller, records: list[Any], params: dict[str, str]) -> None:
        assert alice.batch([ADA], **key()).status_code == 200
        assert alice.batch(records, params=params, **key()).status_code == 422

    def test_json_and_ndjson_say_the_same(self, alice: Caller) -> None:
        first = alice.batch([ADA, {"Email": 5}], **key())
        lines = b'{"Email":"ada@example.com","First Name":"Ada"}\n{"Email":5}\n'
        headers = {"Content-Type": "application/x-ndjson", "Idempotency-Key": "one"}
        repeat = alice.post("/records/batch/?configuration=contact", content=lines, headers=headers)
        assert repeat.json() == first.json()

    def test_a_refused_atomic_batch_is_not_kept(self, alice: Caller) -> None:
        for _ in range(2):
            answer = alice.batch([ADA, {}], params={"atomic": "true"}, **key())
            assert (answer.status_code, answer.json()["rejected"]) == (422, 1)
        assert alice.batch([ADA], **key()).json()["created"] == 1
