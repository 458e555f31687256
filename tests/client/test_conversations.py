"""What both clients say, whatever the service answers."""

from __future__ import annotations

import inspect
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import httpx2
import pytest

from rapport.client import (
    AsyncClient,
    Client,
    Forbidden,
    Invalid,
    Patience,
    RapportError,
    RateLimited,
    Unauthenticated,
    Unavailable,
)
from rapport.client.addresses import Addresses
from rapport.client.conversations import Authorise, Pause, Session, put
from rapport.client.results import Response
from tests.client.script import RECEIPT, Caller, Script, refused

ADA = {"Email": "ada@example.com"}
CONTACT = {
    "id": "c-1",
    "email": "ada@example.com",
    **dict.fromkeys(("phone", "first_name", "last_name", "job_title", "job_level", "language")),
    "account": {"id": "a-1", "name": "Navy"},
    "attributes": {},
    "created_at": "2026-01-31T14:30:00Z",
    "updated_at": "2026-01-31T14:30:00Z",
}
CHANGE = {
    "seq": 1,
    "at": "2026-01-31T14:30:00Z",
    "object_type": "contact",
    "object_id": "c-1",
    "version": 1,
    "kind": "created",
    "diff": {"email": [None, "ada@example.com"]},
    "actor_type": "app",
    "actor_id": None,
    "request_id": "r-1",
    "configuration_id": "f-1",
    "configuration_version": 1,
    "record": "e-1",
    "prev": None,
    "links": None,
    "something_new": True,
}


def results(*outcomes: str) -> dict[str, Any]:
    told = [{"index": place, "outcome": outcome} for place, outcome in enumerate(outcomes)]
    return {"received": len(told), "rejected": outcomes.count("rejected"), "results": told}


def page(rows: list[Any], cursor: str | None) -> dict[str, Any]:
    return {"data": rows, "cursor": cursor}


def test_a_record_is_sent_with_a_token_and_answered_with_a_receipt(script: Script, call: Caller) -> None:
    touched = {"type": "contact", "id": "c-1", "outcome": "updated", "matched_by": "email", "changes": {"x": [1, 2]}}
    script.answers = [RECEIPT | {"outcome": "updated", "objects": [touched], "ignored": ["X"]}]
    receipt = call("put", "contact", ADA, dry_run=True, idempotency_key="mine")
    (request,) = script.requests
    assert script.tokens == [
        {"grant_type": ["client_credentials"], "client_id": ["rc_1"], "client_secret": ["rs_1"]},
    ]
    assert (request.method, str(request.url)) == ("PUT", "http://127.0.0.1:8000/records?dry_run=true")
    assert script.body() == {"configuration": "contact", "record": ADA}
    assert request.headers["Prefer"] == "return=representation"
    assert (script.bearers, script.keys) == (["token-1"], ["mine"])
    assert (receipt.outcome, receipt.id, receipt.ignored, receipt.request_id) == ("updated", "c-1", ("X",), "r-1")
    assert receipt.objects[0].changes == {"x": (1, 2)}


def test_a_token_is_used_until_shortly_before_it_expires(script: Script, caller: Callable[..., Caller]) -> None:
    call, clock = caller(scope="records:write"), [0.0]
    call.client._session.clock = lambda: clock[0]
    for clock[0] in (0.0, 3539.0, 3541.0):
        call("put", "contact", ADA)
    assert script.bearers == ["token-1", "token-1", "token-2"]
    assert script.tokens[0]["scope"] == ["records:write"]


def test_a_refused_token_is_exchanged_once(script: Script, call: Caller) -> None:
    script.answers = [RECEIPT, refused(401), RECEIPT]
    call("put", "contact", ADA)
    call("put", "contact", ADA)
    assert script.bearers == ["token-1", "token-1", "token-2"]
    assert script.keys[1] == script.keys[2] != script.keys[0]
    script.answers = [refused(401, {"message": "Unauthenticated."}, X_Request_Id="r-9")]
    with pytest.raises(Unauthenticated, match=r"^Unauthenticated\.$") as caught:
        call("put", "contact", ADA)
    assert (caught.value.status, caught.value.request_id) == (401, "r-9")
    assert script.bearers[3:] == ["token-2", "token-3"]


def test_wrong_credentials_are_told_at_once(script: Script, call: Caller) -> None:
    script.doors = [refused(401, {"error": "invalid_client", "error_description": "The client is unknown."})]
    with pytest.raises(Unauthenticated, match="The client is unknown"):
        call("put", "contact", ADA)
    assert script.requests == []


@pytest.mark.parametrize(
    "fault",
    [refused(503), refused(429), refused(502), httpx2.ConnectError("refused"), httpx2.ReadTimeout("slow")],
    ids=str,
)
def test_a_call_is_repeated_with_its_key_until_it_is_answered(script: Script, call: Caller, fault: Any) -> None:
    script.answers = [fault, fault, RECEIPT]
    script.doors = [fault]
    assert call("put", "contact", ADA).outcome == "created"
    assert len(script.requests) == 3
    assert len(set(script.keys)) == 1


@pytest.mark.parametrize(
    ("fault", "raised", "told"),
    [
        (refused(503, {"message": "Too many."}), Unavailable, "Too many."),
        (refused(429), RateLimited, "No."),
        (httpx2.Response(502, text="<h1>Bad</h1>"), Unavailable, "Bad Gateway"),
        (httpx2.ConnectError("nobody listens"), Unavailable, "nobody listens"),
    ],
    ids=str,
)
def test_whoever_never_answers_is_given_up(
    script: Script, caller: Callable[..., Caller], fault: Any, raised: type[RapportError], told: str
) -> None:
    script.answers = [fault]
    with pytest.raises(raised, match=told):
        caller(patience=Patience(attempts=3, first=0))("put", "contact", ADA)
    assert len(script.requests) == 3


def test_who_is_asked_to_wait_too_long_gives_up_at_once(script: Script, call: Caller) -> None:
    script.answers = [refused(429, Retry_After="31")]
    with pytest.raises(RateLimited) as caught:
        call("put", "contact", ADA)
    assert (caught.value.retry_after, len(script.requests)) == (31.0, 1)


def test_it_waits_as_long_as_it_is_asked_to_and_a_little_more() -> None:
    session = Session(Addresses.of("http://x"), "rc_1", "rs_1", None, Patience())
    talk = put(session, "contact", ADA, dry_run=False, idempotency_key=None)
    assert next(talk) == Authorise(None)
    talk.send("token")
    step = talk.send(refused(503, Retry_After="7"))
    assert isinstance(step, Pause)
    assert 7.25 <= step.seconds <= 7.5


@pytest.mark.parametrize(
    ("status", "raised"), [(403, Forbidden), (422, Invalid), (413, RapportError), (500, RapportError)]
)
def test_a_refusal_is_an_exception_and_is_not_repeated(
    script: Script, call: Caller, status: int, raised: type[RapportError]
) -> None:
    errors = {"record.Email": ["The Email field is required."]}
    script.answers = [refused(status, {"message": "The given data was invalid.", "errors": errors})]
    with pytest.raises(RapportError, match="The given data was invalid") as caught:
        call("put", "contact", ADA)
    assert (type(caught.value), caught.value.status, len(script.requests)) == (raised, status, 1)
    if isinstance(caught.value, Invalid):
        assert caught.value.errors == errors
        assert str(caught.value) == "The given data was invalid. The Email field is required."


def test_a_batch_goes_in_chunks_and_its_results_are_numbered_through(script: Script, call: Caller) -> None:
    script.answers = [results("created", "rejected"), results("updated", "unchanged"), results("created")]
    found = call("batch", "contact", ({"Email": f"{n}@example.com"} for n in range(5)), chunk=2, idempotency_key="k")
    assert [(each.index, each.outcome) for each in found] == [
        (0, "created"), (1, "rejected"), (2, "updated"), (3, "unchanged"), (4, "created"),
    ]  # fmt: skip
    assert [len(request.content.splitlines()) for request in script.requests] == [2, 2, 1]
    assert json.loads(script.requests[1].content.splitlines()[1]) == {"Email": "3@example.com"}
    assert script.keys == ["k-0", "k-1", "k-2"]
    assert str(script.requests[0].url).endswith("/records/batch?configuration=contact")
    assert script.requests[0].headers["Content-Type"] == "application/x-ndjson"


def test_an_empty_batch_sends_nothing(script: Script, call: Caller) -> None:
    assert call("batch", "contact", []) == []
    assert (script.requests, script.tokens) == ([], [])


def test_an_atomic_batch_is_one_request(script: Script, call: Caller) -> None:
    script.answers = [results("created", "created", "created")]
    assert len(call("batch", "contact", [ADA] * 3, chunk=1, atomic=True, dry_run=True)) == 3
    assert str(script.requests[0].url).endswith("/records/batch?configuration=contact&atomic=true&dry_run=true")
    with pytest.raises(ValueError, match="at most 10,000 records in 16 MiB"):
        call("batch", "contact", [ADA] * 10_001, atomic=True)
    assert len(script.requests) == 1


def test_a_refused_atomic_batch_tells_what_is_wrong_with_which_record(script: Script, call: Caller) -> None:
    script.answers = [refused(422, results("not_written", "rejected"))]
    with pytest.raises(Invalid, match="1 of 2 records are not right; nothing was written") as caught:
        call("batch", "contact", [ADA] * 2, atomic=True)
    assert [each.outcome for each in caught.value.results] == ["not_written", "rejected"]


def test_a_stream_sends_only_what_is_asked_for(script: Script) -> None:
    script.answers = [results("created", "created")]
    call = Caller("Client", script)
    found = call.client.stream("contact", ({"Email": f"{n}@example.com"} for n in range(6)), chunk=2)
    assert script.requests == []
    assert [next(found).index for _ in range(3)] == [0, 1, 2]
    assert len(script.requests) == 2
    call.close()


def test_a_stream_finds_what_a_batch_finds(script: Script, call: Caller) -> None:
    script.answers = [results("created", "created")]
    assert len(call("stream", "contact", [ADA] * 6, chunk=2)) == 6


def test_pages_are_read_until_there_is_no_cursor(script: Script, call: Caller) -> None:
    script.answers = [page([CONTACT], "here"), page([], "there"), page([CONTACT | {"account": None}], None)]
    first, last = call("contacts", phone="12345")
    assert (first.id, first.account.name, last.account) == ("c-1", "Navy", None)
    assert first.created_at.isoformat() == "2026-01-31T14:30:00+00:00"
    queries = [dict(request.url.params) for request in script.requests]
    assert queries[0] == {"limit": "1000", "phone": "12345"}
    assert queries[1:] == [queries[0] | {"cursor": "here"}, queries[0] | {"cursor": "there"}]
    assert script.requests[0].url.path == "/api/contacts"


def test_responses_are_read_with_the_filters_of_the_api(script: Script, call: Caller) -> None:
    told: dict[str, Any] = dict.fromkeys(Response.__dataclass_fields__) | {"id": "r-1", "nps": 9, "new": "unknown"}
    told |= dict.fromkeys(("answered_at", "updated_at"), "2026-01-31T14:30:00Z")
    script.answers = [page([told], None)]
    [response] = call("responses", group="promoter", account="a-1")
    assert (response.id, response.nps, response.answered_at.year) == ("r-1", 9, 2026)
    assert dict(script.requests[0].url.params) == {"limit": "1000", "group": "promoter", "account": "a-1"}
    assert script.requests[0].url.path == "/api/responses"


def test_the_ledger_is_read_until_its_cursor_stays(script: Script, call: Caller) -> None:
    script.answers = [page([CHANGE], "1"), page([CHANGE | {"seq": 2}], "7"), page([], "7")]
    assert [each.seq for each in call("changes", object_id="c-1")] == [1, 2]
    assert [request.url.params["cursor"] for request in script.requests] == ["0", "1", "7"]
    assert script.requests[0].url.params["object"] == "c-1"


def test_tasks_that_start_together_share_one_token(script: Script) -> None:
    call = Caller("AsyncClient", script)
    call.together(20, "put", "contact", ADA)
    call.close()
    assert (len(script.requests), len(script.tokens)) == (20, 1)


def test_threads_that_start_together_share_one_token(script: Script) -> None:
    meeting = threading.Barrier(2)

    def gate() -> None:
        """Gives a second thread the time to come here as well."""
        with suppress(threading.BrokenBarrierError):
            meeting.wait(0.3)

    script.gate = gate
    call = Caller("Client", script)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: call("put", "contact", ADA), range(20)))
    call.close()
    assert (len(script.requests), len(script.tokens)) == (20, 1)


def test_both_clients_have_the_same_calls() -> None:
    names = [name for name in vars(Client) if not name.startswith("_")]
    for name in names:
        assert (
            inspect.signature(getattr(Client, name)).parameters
            == inspect.signature(getattr(AsyncClient, name)).parameters
        )
    assert {name for name in vars(AsyncClient) if not name.startswith("_")} == set(names)
