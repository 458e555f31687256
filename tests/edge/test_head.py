"""The head of a request: whom it asks, for what, and how it is sent (RFC 9112)."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from tests.edge.wire import ask, heard, request
from tests.ingest.serving import PATIENCE

if TYPE_CHECKING:
    from tests.cast import Cast
    from tests.ingest.serving import Server

#: Addresses of every part of the service.
EVERYWHERE = [
    "PUT /records", "POST /records/batch", "PUT /activities", "PUT /hooks/x", "GET /healthz", "GET /metrics",
    "POST /oauth2/token", "GET /.well-known/oauth-authorization-server", "GET /api/contacts", "GET /openapi.json",
    "GET /", "GET /docs", "POST /sign-in", "GET /static/console/page.css", "GET /nothing",
]  # fmt: skip


@pytest.mark.parametrize("line", EVERYWHERE)
def test_two_hosts_are_refused_everywhere(service: Server, line: str) -> None:
    for second in ("localhost", "other.test"):
        answer = ask(service, request(line, f"Host: {second}", "Content-Length: 0"))
        assert (answer.status, answer.message) == (400, "Send one Host header, not several.")


@pytest.mark.parametrize("line", EVERYWHERE)
def test_no_host_is_refused_everywhere(service: Server, line: str) -> None:
    for host in (None, ""):
        answer = ask(service, request(line, "Content-Length: 0", host=host))
        assert (answer.status, answer.message) == (400, "HTTP/1.1 needs a Host header.")


@pytest.mark.parametrize(("path", "status"), [("/healthz", 200), ("/docs", 200), ("/api/contacts", 401)])
def test_http_1_0_needs_no_host(service: Server, path: str, status: int) -> None:
    assert ask(service, f"GET {path} HTTP/1.0\r\n\r\n".encode()).status == status


@pytest.mark.parametrize("line", EVERYWHERE)
@pytest.mark.parametrize(
    "coding", ["gzip", "identity", "xchunked", "chunked, gzip", "gzip, chunked", "chunked, chunked", "gzip\r\nT: c"]
)
def test_a_body_is_sent_in_chunks_or_not_at_all(service: Server, line: str, coding: str) -> None:
    """Which bytes are the body of anything else is a matter of opinion: that is how requests are smuggled."""
    coding = coding.replace("T: c", "Transfer-Encoding: chunked")
    answer = ask(service, request(line, f"Transfer-Encoding: {coding}", body=b"0\r\n\r\n"))
    if answer.is_empty_refusal:
        assert answer.status in (400, 501)
    else:
        assert (answer.status, answer.message) == (501, "The Transfer-Encoding must be chunked, or none.")


@pytest.mark.parametrize("coding", ["chunked", "CHUNKED", " chunked "])
def test_chunks_arrive(service: Server, cast: Cast, coding: str) -> None:
    head = ("Transfer-Encoding: " + coding, "Content-Type: application/x-www-form-urlencoded")
    form = f"grant_type=client_credentials&client_id={cast.alice.client_id}&client_secret={cast.alice.client_secret}"
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (form[:20].encode(), form[20:].encode()))
    assert ask(service, request("POST /oauth2/token", *head, body=chunks + b"0\r\n\r\n")).status == 200


@pytest.mark.parametrize("line", ["PUT /records", "POST /oauth2/token"])
@pytest.mark.parametrize("lengths", [["5"], ["0"], ["4096"]])
def test_chunks_with_a_length_beside_them_smuggle_nothing(service: Server, line: str, lengths: list[str]) -> None:
    """What follows the last chunk is never read as part of the body, nor the body as a request."""
    head = [*(f"Content-Length: {length}" for length in lengths), "Transfer-Encoding: chunked"]
    hidden = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    sent = request(line, *head, body=b"%x\r\n%s\r\n0\r\n\r\n" % (len(hidden), hidden))
    with socket.create_connection(("127.0.0.1", service.port), timeout=PATIENCE) as connection:
        connection.sendall(sent)
        answer = heard(connection, sent)
        assert answer.status in (400, 401), answer.body
        connection.shutdown(socket.SHUT_WR)
        assert b"alive" not in connection.recv(65_536)


@pytest.mark.parametrize(
    "head",
    [
        b'PUT /records?a="x" HTTP/1.1', b"PUT /records?a=<x> HTTP/1.1", b"PUT /records?a=\xe9 HTTP/1.1",
        b"PUT /records?a=b c HTTP/1.1", b"PUT /rec\0ords HTTP/1.1", b"P@T /records HTTP/1.1", b"PUT /records HTTP/1.2",
        b"PUT /records HTTP/1.1\r\nX : y", b"PUT /records HTTP/1.1\r\nX: a\r\n b", b"PUT /records HTTP/1.1\r\nX: a\0",
        b"PUT /records HTTP/1.1\r\nContent-Length: -1", b"PUT /records HTTP/1.1\r\nContent-Length: 1, 2",
        b"PUT /records HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2",
        b"PUT records HTTP/1.1", b"OPTIONS * HTTP/1.1", b"CONNECT example.com:443 HTTP/1.1",
    ],
)  # fmt: skip
def test_what_is_no_request_gets_400(service: Server, head: bytes) -> None:
    answer = ask(service, head + b"\r\nHost: localhost\r\n\r\n")
    assert answer.status == 400
    assert answer.is_empty_refusal or answer.message


@pytest.mark.parametrize(("length", "statuses"), [(33_000, (414,)), (70_000, (414,)), (500_000, (414, 431))])
@pytest.mark.parametrize("path", ["PUT /records?", "GET /docs?", "GET /api/contacts?email="])
def test_addresses_beyond_the_limit_get_414(service: Server, path: str, length: int, statuses: tuple[int, ...]) -> None:
    answer = ask(service, request(path + "x" * length))
    assert answer.status in statuses
    assert answer.is_empty_refusal or answer.message == "The URL must not be longer than 32768 bytes."


def test_more_headers_than_anybody_sends_get_431_or_are_read(service: Server) -> None:
    answer = ask(service, request("GET /healthz", *(f"X-{number}: y" for number in range(2_000))))
    assert answer.status == 431 or answer.json == {"status": "alive"}
    assert answer.is_empty_refusal or answer.status == 200
