"""Bodies: packed ones, and those that do not come."""

from __future__ import annotations

import gzip
import json
import select
import socket
import sys
import time
import zlib
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from tests.edge.wire import ask, heard, request
from tests.ingest.serving import PATIENCE, Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cast import Cast
    from tests.conftest import Database
    from tests.edge.wire import Answer

MEBIBYTE = 1024 * 1024
RECORD = {"configuration": "contact", "record": {"Email": "packed@b.example"}}
JSON = "Content-Type: application/json"
#: Where bodies go, and one that is taken there.
DOORS = {
    "PUT /records": (RECORD, 200),
    "POST /records/batch?configuration=contact": ([RECORD["record"]], 200),
    "PUT /activities": (
        {"account": "Navy", "type": "Ticket", "source": "Desk", "happened_at": "2026-01-31 14:30:00"}, 201,
    ),
    "POST /api/touchpoints": ({"name": "Packed"}, 201),
}  # fmt: skip


def send(server: Server, cast: Cast, line: str, body: bytes, *headers: str) -> Answer:
    head = (JSON, f"Content-Length: {len(body)}", f"Authorization: Bearer {cast.alice.token}", *headers)
    return ask(server, request(line, *head, body=body))


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "x-gzip", "identity", "gzip, identity"])
@pytest.mark.parametrize("line", DOORS)
def test_gzip_is_unpacked_at_every_door(service: Server, cast: Cast, line: str, coding: str) -> None:
    told, status = DOORS[line]
    body = json.dumps(told).encode()
    packed = body if coding == "identity" else gzip.compress(body)
    answer = send(service, cast, line, packed, f"Content-Encoding: {coding}")
    assert answer.status == status, answer.body


def test_gzip_in_chunks_and_in_members(service: Server, cast: Cast) -> None:
    body = json.dumps(RECORD).encode()
    packed = gzip.compress(body[:10]) + gzip.compress(body[10:])
    assert send(service, cast, "PUT /records", packed, "Content-Encoding: gzip").status == 200
    head = (JSON, f"Authorization: Bearer {cast.alice.token}", "Content-Encoding: gzip", "Transfer-Encoding: chunked")
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in packed) + b"0\r\n\r\n"
    assert ask(service, request("PUT /records", *head, body=chunks)).status == 200


def test_a_packed_form_gets_a_token(service: Server, cast: Cast) -> None:
    form = {"grant_type": "client_credentials", "client_id": cast.alice.client_id}
    body = gzip.compress(urlencode(form | {"client_secret": cast.alice.client_secret}).encode())
    head = ("Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}", "Content-Encoding: gzip")
    assert ask(service, request("POST /oauth2/token", *head, body=body)).status == 200


@pytest.mark.parametrize("coding", ["br", "deflate", "zstd", "compress", "gzip, gzip", "gzip, br", "aws-chunked"])
@pytest.mark.parametrize("line", DOORS)
def test_any_other_coding_is_415_and_named(service: Server, cast: Cast, line: str, coding: str) -> None:
    answer = send(service, cast, line, b"{}", f"Content-Encoding: {coding}")
    told = f"The Content-Encoding {coding} is unknown; send gzip, or the body as it is."
    assert (answer.status, answer.message) == (415, told)
    assert answer.headers["accept-encoding"] == "gzip"


def test_no_body_needs_no_unpacking(service: Server, cast: Cast) -> None:
    line = "PUT /records?configuration=contact&record%5BEmail%5D=a@b"
    for coding in ("gzip", "br"):
        assert send(service, cast, line, b"", f"Content-Encoding: {coding}").status == 200


#: By names of their own: gzip notes the time, and processes that share tests must agree on what these are called.
NO_GZIP = {
    "plain": b"{}", "a byte short": gzip.compress(b"{}")[:-1], "no checksum": gzip.compress(b"{}")[:-9],
    "more behind": gzip.compress(b"{}") + b"x", "zlib": zlib.compress(b"{}"),
    "a wrong checksum": gzip.compress(b"{}")[:-8] + bytes(8), "nothing many times": gzip.compress(b"") * 100_000,
}  # fmt: skip


@pytest.mark.parametrize("packed", NO_GZIP.values(), ids=NO_GZIP)
@pytest.mark.parametrize("line", ["PUT /records", "POST /records/batch", "POST /api/touchpoints"])
def test_what_is_no_gzip_is_400(service: Server, cast: Cast, line: str, packed: bytes) -> None:
    answer = send(service, cast, line, packed, "Content-Encoding: gzip")
    assert answer.status == (413 if line == "PUT /records" and len(packed) > MEBIBYTE else 400)
    assert answer.message


@pytest.mark.parametrize(
    ("line", "limit"),
    [("PUT /records", MEBIBYTE), ("POST /records/batch?configuration=contact", 16 * MEBIBYTE),
     ("POST /api/touchpoints", 2_500_000)],
)  # fmt: skip
def test_limits_hold_for_what_was_packed(service: Server, cast: Cast, line: str, limit: int) -> None:
    document = json.dumps(DOORS[line][0]).encode()
    bomb = send(service, cast, line, gzip.compress(bytes(100 * MEBIBYTE)), "Content-Encoding: gzip")
    assert (bomb.status, bomb.message) == (413, f"The body must not be larger than {limit} bytes.")
    large = send(service, cast, line, gzip.compress(document.ljust(limit + 1)), "Content-Encoding: gzip")
    assert large.status == 413
    if "api" not in line:
        just = send(service, cast, line, gzip.compress(document.ljust(limit)), "Content-Encoding: gzip")
        assert just.status == 200


@pytest.fixture(scope="module")
def impatient(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Ingest that waits a second for a body instead of 30."""
    server = Server(database, tmp_path_factory.mktemp("impatient"), workers=1)
    short = "from rapport.ingest import http; http.BODY_SECONDS = 1.0; from rapport.cli.main import main; main()"
    server.command = [sys.executable, "-c", short, "serve", "ingest"]
    server.start()
    yield server
    assert server.stop() == 0
    assert "Traceback" not in server.said()


@pytest.mark.parametrize("line", ["PUT /records", "POST /records/batch?configuration=contact", "PUT /activities"])
@pytest.mark.parametrize("begun", [b"", b'{"configuration": "cont'])
@pytest.mark.parametrize("framing", ["Content-Length: 1000", "Transfer-Encoding: chunked"])
def test_a_body_that_stalls_gets_408(impatient: Server, cast: Cast, line: str, begun: bytes, framing: str) -> None:
    if begun and "chunked" in framing:
        begun = b"%x\r\n%s\r\n" % (len(begun), begun)
    sent = request(line, JSON, framing, f"Authorization: Bearer {cast.alice.token}", body=begun)
    before = time.monotonic()
    answer = ask(impatient, sent)
    assert (answer.status, answer.message) == (408, "The body did not arrive within 1 seconds.")
    assert answer.headers["connection"] == "close"
    assert time.monotonic() - before > 0.9


def test_a_body_that_drips_gets_408(impatient: Server, cast: Cast) -> None:
    head = (JSON, "Content-Length: 1000", f"Authorization: Bearer {cast.alice.token}")
    with socket.create_connection(("127.0.0.1", impatient.port), timeout=PATIENCE) as connection:
        connection.sendall(request("PUT /records", *head))
        while not select.select([connection], [], [], 0.1)[0]:
            connection.sendall(b" ")
        assert heard(connection).status == 408


def test_a_slow_line_may_take_the_same_time_for_each_mebibyte(impatient: Server, cast: Cast) -> None:
    body = json.dumps([{"Email": "slow@b.example"}]).encode().ljust(4 * MEBIBYTE)
    head = (JSON, f"Content-Length: {len(body)}", f"Authorization: Bearer {cast.alice.token}")
    with socket.create_connection(("127.0.0.1", impatient.port), timeout=PATIENCE) as connection:
        connection.sendall(request("POST /records/batch?configuration=contact", *head))
        for start in range(0, len(body), MEBIBYTE):
            connection.sendall(body[start : start + MEBIBYTE])
            time.sleep(0.5)
        assert heard(connection).status == 200
