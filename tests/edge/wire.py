"""A caller that writes bytes and reads an answer: it knows HTTP/1.1, and nothing of the server that answers."""

from __future__ import annotations

import http.client
import json
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.ingest.serving import PATIENCE

if TYPE_CHECKING:
    from http.client import HTTPMessage

    from tests.ingest.serving import Server


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        """The body, which must say that it is JSON."""
        assert self.headers["content-type"] == "application/json", (self.status, self.body)
        return json.loads(self.body)

    @property
    def message(self) -> str:
        """The one sentence that the answer consists of."""
        assert list(self.json) == ["message"]
        assert self.headers["x-request-id"]
        return str(self.json["message"])

    @property
    def is_empty_refusal(self) -> bool:
        """Whether a server has refused this before any of our code saw it, as the documentation allows."""
        return 400 <= self.status < 600 and not self.body and "content-type" not in self.headers


def request(line: str, *headers: str, host: str | None = "localhost", body: bytes = b"") -> bytes:
    """The bytes of a request, `GET /path` by its line; other headers than Host as they are."""
    lines = [f"{line} HTTP/1.1", *([] if host is None else [f"Host: {host}"]), *headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def ask(server: Server, sent: bytes) -> Answer:
    """Send bytes as they are, and read one answer."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as connection:
        connection.sendall(sent)
        return heard(connection, sent)


def heard(connection: socket.socket, sent: bytes = b"") -> Answer:
    """The next answer on a connection on which `sent` went."""
    answer = http.client.HTTPResponse(connection, method=sent.partition(b" ")[0].decode("latin-1"))
    answer.begin()
    return Answer(answer.status, answer.headers, answer.read())
