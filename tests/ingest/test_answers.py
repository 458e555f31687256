"""`PUT /records`: each row of the contract's table of answers, word for word."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from rapport import credentials
from tests.cast import new_token
from tests.ingest.serving import raw

if TYPE_CHECKING:
    from tests.cast import Cast
    from tests.ingest.conftest import Caller, Look
    from tests.ingest.serving import Server

GOOD = "/records?configuration=contact&record[Email]=ada@example.com"
HINT = "Send the record with PUT; with cURL add -X PUT, put the URL in quotes and add -g for the brackets."


@pytest.mark.parametrize("more", ["", "&record[First Name]=Ada"], ids=["unchanged", "updated"])
def test_200_is_empty_whatever_was_done(alice: Caller, more: str) -> None:
    for answer in (alice.put(GOOD), alice.put(GOOD + more)):
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["content-length"] == "0"
        assert "content-type" not in answer.headers
        assert "preference-applied" not in answer.headers


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer "])
def test_a_token_is_taken_whatever_the_case_of_its_scheme(ingest: Server, cast: Cast, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {cast.alice.token}"}
    assert httpx2.put(ingest.url + GOOD, headers=headers).status_code == 200


#: Authorization header -> what the challenge adds (RFC 6750 §3.1: nothing where no token was sent).
NO_TOKEN = {
    "none": (None, ""),
    "empty": ("", ""),
    "another scheme": ("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", ""),
    "only the scheme": ("Bearer", ', error="invalid_token"'),
    "not ours": ("Bearer eyJhbGciOiJIUzI1NiJ9.e30.x", ', error="invalid_token"'),
    "no tenant": ("Bearer rt__x", ', error="invalid_token"'),
    "tenant 0": ("Bearer rt_0_x", ', error="invalid_token"'),
    "a tenant that does not exist": ("Bearer rt_zzzz_x", ', error="invalid_token"'),
    "a tenant beyond all numbers": ("Bearer rt_zzzzzzzzzzzzzzz_x", ', error="invalid_token"'),
    "unknown": ("Bearer rt_1_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", ', error="invalid_token"'),
    "not ASCII": ("Bearer rt_\xb2_x", ', error="invalid_token"'),
    "endless": ("Bearer rt_1_" + "x" * 8000, ', error="invalid_token"'),
}


def assert_unauthenticated(answer: httpx2.Response, more: str = ', error="invalid_token"') -> None:
    assert (answer.status_code, answer.json()) == (401, {"message": "Unauthenticated."})
    assert answer.headers["www-authenticate"] == 'Bearer realm="rapport"' + more
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(("header", "more"), NO_TOKEN.values(), ids=NO_TOKEN)
@pytest.mark.parametrize(("method", "path"), [("PUT", GOOD), ("POST", "/records/batch?configuration=contact")])
def test_401_without_a_token(ingest: Server, method: str, path: str, header: str | None, more: str) -> None:
    headers = {} if header is None else {"Authorization": header.encode("latin-1")}
    assert_unauthenticated(httpx2.request(method, ingest.url + path, headers=headers), more)


def test_401_for_a_token_that_does_not_work(ingest: Server, cast: Cast, look: Look) -> None:
    alice = cast.alice
    expired = new_token(alice.tenant, alice.client_id, expires_in=timedelta(seconds=-1))
    revoked = new_token(alice.tenant, alice.client_id)
    look(
        alice,
        "update access_tokens set revoked_at = now() where hash = %s returning 1",
        credentials.digest(revoked),
    )
    own = alice.token.split("_", 2)
    strangers = "_".join(["rt", cast.charlie.token.split("_")[1], own[2]])
    for token in (expired, revoked, strangers, alice.client_secret, alice.client_id, own[2]):
        assert_unauthenticated(httpx2.put(ingest.url + GOOD, headers={"Authorization": f"Bearer {token}"}))
    assert look(alice, "select from contacts") == []


def test_a_token_in_the_address_or_body_is_not_accepted(ingest: Server, cast: Cast) -> None:
    token = cast.alice.token
    assert_unauthenticated(httpx2.put(f"{ingest.url}{GOOD}&access_token={token}"), "")
    for body in ({"data": {"access_token": token}}, {"json": {"access_token": token}}):
        assert_unauthenticated(httpx2.request("PUT", ingest.url + GOOD, **body), "")


@pytest.mark.parametrize(("method", "path"), [("PUT", GOOD), ("POST", "/records/batch?configuration=contact")])
def test_403_without_the_scope(ingest: Server, cast: Cast, method: str, path: str) -> None:
    token = new_token(cast.alice.tenant, cast.alice.client_id, ["directory:read"])
    answer = httpx2.request(method, ingest.url + path, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 403
    assert answer.json() == {"message": "The access token lacks the scope records:write."}


@pytest.mark.parametrize("method", ["GET", "DELETE", "PATCH", "OPTIONS", "TRACE", "QUERY"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_405_says_what_to_send_and_needs_no_token(ingest: Server, method: str, slash: str) -> None:
    answer = httpx2.request(method, f"{ingest.url}/records{slash}")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "PUT, POST"
    assert answer.json() == {"message": f"This address takes PUT or POST. {HINT}"}


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_405_of_batches(ingest: Server, method: str) -> None:
    answer = httpx2.request(method, ingest.url + "/records/batch")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert answer.json() == {"message": "This address takes POST. Send a JSON array or NDJSON of records."}


def test_a_head_gets_the_headers_of_its_405_only(ingest: Server) -> None:
    answer = httpx2.head(ingest.url + "/records")
    assert (answer.status_code, answer.content, answer.headers["allow"]) == (405, b"", "PUT, POST")


JSON, FORM = "application/json", "application/x-www-form-urlencoded"
#: Media type and body -> status and what the sentence says.
UNREADABLE: dict[str, tuple[str | None, bytes, int, str]] = {
    "broken JSON": (JSON, b'{"record"', 400, "The body must be valid JSON: "),
    "not an object": (JSON, b"[]", 400, "The body must be a JSON object such as "),
    "JSON that is not UTF-8": (JSON, b'{"record": {"a": "\xff"}}', 400, "The body must be UTF-8."),
    "NaN": (JSON, b'{"record": {"a": NaN}}', 400, "The JSON must not contain NaN."),
    "a broken escape": (FORM, b"record[a]=%zz", 400, "The percent-encoding is broken: "),
    "a form that is not UTF-8": (FORM, b"record[a]=%ff", 400, "The parameters must be UTF-8 in percent-encoding."),
    "multipart": ("multipart/form-data; boundary=x", b"--x--", 415, "The body must be application/json or "),
    "plain text": ("text/plain", b"record[a]=1", 415, "The body must be application/json or "),
    "XML": ("application/xml", b"<a/>", 415, "The body must be application/json or "),
    "no media type": (None, b"{}", 415, "The body must be application/json or "),
}


@pytest.mark.parametrize(("media_type", "body", "status", "told"), UNREADABLE.values(), ids=UNREADABLE)
def test_400_and_415(alice: Caller, media_type: str | None, body: bytes, status: int, told: str) -> None:
    headers = {"Content-Type": media_type} if media_type else {}
    answer = alice.put(GOOD, content=body, headers=headers)
    assert answer.status_code == status
    assert answer.json()["message"].startswith(told)
    assert list(answer.json()) == ["message"]


def test_an_empty_body_is_no_body_whatever_its_media_type(alice: Caller) -> None:
    for media_type in (JSON, "multipart/form-data; boundary=x", "nonsense"):
        assert alice.put(GOOD, content=b"", headers={"Content-Type": media_type}).status_code == 200


@pytest.mark.parametrize("query", ["record[a]=%", "record[a]=%ff&configuration=%zz", "%%%=%%%"])
def test_400_for_a_broken_query(ingest: Server, cast: Cast, query: str) -> None:
    head = f"PUT /records?{query} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {cast.alice.token}\r\n\r\n"
    status, headers, body = raw(ingest, head.encode())
    assert (status, headers["content-type"]) == (400, "application/json")
    assert body.startswith(b'{"message":"The ')


REQUIRED = {
    "configuration": ["The configuration field is required."],
    "record": ["The record field is required."],
}
UNKNOWN = {"configuration": ["The selected configuration is invalid."]}
#: Query -> errors.
WRONG: dict[str, dict[str, list[str]]] = {
    "": REQUIRED,
    "configuration=&record=": REQUIRED,
    "configuration=contact": {"record": REQUIRED["record"]},
    "record[Email]=a@b": {"configuration": REQUIRED["configuration"]},
    "configuration=nothing&record[Email]=a@b": UNKNOWN,
    "configuration=Contact&record[Email]=a@b": UNKNOWN,
    "configuration=nothing": UNKNOWN | {"record": REQUIRED["record"]},
    "configuration=%00&record[Email]=a@b": UNKNOWN,
    "configuration=contact&record=x": {"record": ["The record must be an array."]},
    "configuration=nothing&record=x": UNKNOWN | {"record": ["The record must be an array."]},
    "configuration=contact&record[Frist Name]=Ada": {
        "record.Email": ["The Email field is required when Phone is not present."],
        "record.Phone": ["The Phone field is required when Email is not present."],
    },
    "configuration=account&record[Industry]=x": {"record.Account Name": ["The Account Name field is required."]},
    "configuration=contact&record[Email]=a&record[Language]=" + "x" * 129: {
        "record.Email": ["The Email must be a valid email address."],
        "record.Language": ["The Language must not be greater than 128 characters."],
    },
    "configuration=contact&record[Email]=a b@c": {
        "record.Email": ["The Email must be a valid email address without spaces; a literal + must be sent as %2B."]
    },
    "configuration=contact&record[Email][x]=a@b": {"record.Email": ["The Email must be a string."]},
    "configuration=contact&record[Email][]=a@b": {"record.Email": ["The Email must be a string."]},
    "configuration=contact&record[Email]=a@b&dry_run=maybe": {"dry_run": ["The dry_run field must be true or false."]},
}


@pytest.mark.parametrize(("query", "errors"), WRONG.items())
def test_422_names_every_fault_at_once(alice: Caller, look: Look, query: str, errors: dict[str, list[str]]) -> None:
    answer = alice.put(f"/records?{query}")
    assert answer.status_code == 422
    assert answer.json() == {"message": "The given data was invalid.", "errors": errors}
    assert answer.headers["content-type"] == "application/json"
    assert look(alice.person, "select from contacts") == []


def test_any_other_address_is_not_found_where_there_is_no_console(ingest: Server) -> None:
    for path in ("/", "/record", "/records/x", "/records/batch/x", "/Records", "/api/contacts"):
        answer = httpx2.get(ingest.url + path)
        assert (answer.status_code, answer.json()) == (404, {"message": "There is nothing at this address."})


class TestRequestId:
    #: Requests with every kind of answer.
    REQUESTS: tuple[dict[str, Any], ...] = (
        {"method": "PUT", "url": GOOD},
        {"method": "PUT", "url": "/records"},
        {"method": "GET", "url": "/records"},
        {"method": "PUT", "url": "/records?record[a]=%zz"},
        {"method": "PUT", "url": GOOD, "headers": {"Authorization": "none"}},
        {"method": "POST", "url": "/records/batch"},
        {"method": "GET", "url": "/nowhere"},
        {"method": "GET", "url": "/healthz"},
        {"method": "GET", "url": "/metrics"},
    )

    def test_the_callers_comes_back_on_every_answer(self, alice: Caller) -> None:
        for request in self.REQUESTS:
            headers = {"X-Request-Id": "Order-7:a/b.c_d+e="} | request.get("headers", {})
            answer = alice.request(**(request | {"headers": headers}))
            assert answer.headers["x-request-id"] == "Order-7:a/b.c_d+e=", request

    def test_without_one_every_answer_has_its_own(self, alice: Caller) -> None:
        ids = {alice.request(**request).headers["x-request-id"] for request in self.REQUESTS}
        assert len(ids) == len(self.REQUESTS)

    @pytest.mark.parametrize("insane", ["", "a b", "-a", "x" * 129, "a,b", 'a"b', "<script>", "\xfc"])
    def test_an_insane_one_is_replaced(self, alice: Caller, insane: str) -> None:
        answer = alice.put(GOOD, headers={"X-Request-Id": insane.encode("latin-1")})
        assert answer.status_code == 200
        assert answer.headers["x-request-id"] not in (insane, "")
