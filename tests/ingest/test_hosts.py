"""Host names and everything that ingest does not answer itself: both reach the console over its Unix socket."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from rapport.ingest.forward import BODY_LIMIT
from tests.ingest.serving import PATIENCE, Server, raw, serving

if TYPE_CHECKING:
    from tests.cast import Cast
    from tests.conftest import Database

GOOD = "configuration=contact&record[Email]=a@b"


class Echo(BaseHTTPRequestHandler):
    """A console that answers with what it was asked."""

    protocol_version = "HTTP/1.1"

    def handle(self) -> None:
        """Answers once: a second request on a connection meets nobody, as when the console has just closed it."""
        self.handle_one_request()
        self.rfile.read(1)

    def address_string(self) -> str:
        return "ingest"

    def log_message(self, *_: Any) -> None:
        """Says nothing."""

    def answer(self) -> None:
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        heard = {
            "line": [self.command, self.path],
            "headers": [[name.lower(), value] for name, value in self.headers.items()],
            "body": body.decode(),
        }
        told = json.dumps(heard).encode()
        self.send_response(418 if "teapot" in self.path else 200)
        for name, value in (("X-Told", "1"), ("Set-Cookie", "a=b"), ("Set-Cookie", "c=d"), ("Keep-Alive", "timeout=9")):
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(told)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = do_OPTIONS = answer  # noqa: N815 - the library's names


class Console(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


@pytest.fixture(scope="module")
def hosted(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Ingest for the hosts of region `eu` of example.com, in front of the echo."""
    directory = tmp_path_factory.mktemp("hosts")
    path = directory / "console.sock"
    with Console(str(path), Echo) as console:
        threading.Thread(target=console.serve_forever, daemon=True).start()
        environment = {"RAPPORT_DOMAIN": "Example.com", "RAPPORT_CONSOLE_SOCKET": str(path)}
        with serving(database, directory, workers=1, **environment) as server:
            yield server
        console.shutdown()


def ask(server: Server, host: str, path: str, method: str = "GET", **more: Any) -> httpx2.Response:
    headers = {"Host": host} | more.pop("headers", {})
    return httpx2.request(method, server.url + path, headers=headers, timeout=PATIENCE, **more)


def heard(answer: httpx2.Response) -> dict[str, Any]:
    return answer.json()


@pytest.mark.parametrize(
    "host",
    [
        "imports.api.eu.example.com",
        "imports.api.eu.example.com:8000",
        "IMPORTS.API.EU.Example.COM",
        "imports.api.eu.example.com.",
        "127.0.0.1:8000",
        "localhost",
        "[::1]:8000",
    ],
)
@pytest.mark.parametrize("slash", ["", "/"])
def test_records_are_taken_on_their_host_and_on_one_origin(hosted: Server, cast: Cast, host: str, slash: str) -> None:
    answer = ask(hosted, host, f"/records{slash}?{GOOD}", "PUT", headers=cast.alice.bearer)
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize(
    ("host", "path", "reached"),
    [
        ("auth.eu.example.com", "/oauth2/token", "/oauth2/token"),
        ("AUTH.EU.EXAMPLE.COM:443", "/oauth2/token/", "/oauth2/token/"),
        ("api.eu.example.com", "/contacts?email=a@b", "/api/contacts?email=a@b"),
        ("Api.Eu.Example.Com:8000", "/contacts/", "/api/contacts/"),
        ("api.eu.example.com.", "/accounts", "/api/accounts"),
        ("api.eu.example.com", "/api/contacts", "/api/contacts"),
        ("example.com", "/", "/"),
        ("example.com", "/docs/a%20b%2Fc?d=%20e+f&g=[h]", "/docs/a%20b%2Fc?d=%20e+f&g=[h]"),
        ("localhost", "/api/contacts", "/api/contacts"),
        ("imports.api.eu.example.com", "/elsewhere", "/elsewhere"),
    ],
)
def test_what_reaches_the_console(hosted: Server, host: str, path: str, reached: str) -> None:
    head = f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n"
    status, _, body = raw(hosted, head.encode())
    assert status == 200
    assert json.loads(body)["line"] == ["GET", reached]


def test_without_a_domain_a_host_means_nothing(ingest: Server) -> None:
    assert ask(ingest, "api.eu.example.com", "/records").status_code == 405


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS"])
def test_requests_and_answers_pass_as_they_are(hosted: Server, method: str) -> None:
    content = None if method in ("GET", "OPTIONS") else "grant_type=x&ü=1".encode()
    answer = ask(
        hosted, "auth.eu.example.com", "/teapot", method, content=content, headers={"Cookie": "s=1", "X-A": "b"}
    )
    assert answer.status_code == 418
    assert answer.headers.get_list("set-cookie") == ["a=b", "c=d"]
    assert answer.headers["x-told"] == "1"
    assert "keep-alive" not in answer.headers
    told = heard(answer)
    assert told["line"] == [method, "/teapot"]
    assert told["body"] == (content or b"").decode()
    assert {"cookie": "s=1", "x-a": "b", "host": "auth.eu.example.com"}.items() <= dict(told["headers"]).items()


@pytest.mark.parametrize("told", [True, False])
def test_a_body_may_have_so_many_bytes_and_no_more(hosted: Server, told: bool) -> None:
    """The console has to know how long a body is before it reads it, also where the caller does not say."""
    for size, status in ((BODY_LIMIT, 200), (BODY_LIMIT + 1, 413)):
        content = b"x" * size if told else (b"x" * min(65_536, size - at) for at in range(0, size, 65_536))
        answer = ask(hosted, "example.com", "/upload", "POST", content=content)
        assert answer.status_code == status
        assert status == 413 or len(heard(answer)["body"]) == size


def test_only_we_say_who_the_caller_is(hosted: Server) -> None:
    forged = {"X-Forwarded-For": "6.6.6.6", "X-Forwarded-Proto": "https", "X-Request-Id": "mine", "TE": "trailers"}
    answer = ask(hosted, "example.com", "/", headers=forged)
    said = [pair for pair in heard(answer)["headers"] if pair[0].startswith("x-")]
    assert sorted(said) == [["x-forwarded-for", "127.0.0.1"], ["x-forwarded-proto", "http"], ["x-request-id", "mine"]]
    assert "te" not in dict(heard(answer)["headers"])
    assert answer.headers.get_list("x-request-id") == ["mine"]


def test_a_head_of_a_page_has_no_body(hosted: Server) -> None:
    answer = ask(hosted, "example.com", "/", "HEAD")
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) > 0


def test_while_the_console_is_away_callers_may_come_back(database: Database, tmp_path: Path, cast: Cast) -> None:
    with serving(database, tmp_path, workers=1, RAPPORT_CONSOLE_SOCKET=str(tmp_path / "none.sock")) as server:
        answer = httpx2.get(server.url + "/api/contacts")
        assert (answer.status_code, answer.json()) == (503, {"message": "The console is not available."})
        assert int(answer.headers["retry-after"]) >= 1
        assert httpx2.put(f"{server.url}/records?{GOOD}", headers=cast.alice.bearer).status_code == 200
