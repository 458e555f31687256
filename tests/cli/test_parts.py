"""Parts of the service that run alone: what they log, and what they tell balancers."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
from pathlib import Path

import httpx2
import pytest

from tests.cast import Cast
from tests.conftest import Database
from tests.ingest.serving import PATIENCE, Server, until

FIRST = ["time", "level", "logger", "message"]


def lines(server: Server) -> list[dict]:
    return [json.loads(line) for line in server.said().splitlines()]


def test_a_console_alone_answers_balancers_and_logs_its_requests(database: Database, tmp_path: Path) -> None:
    server = Server(database, tmp_path, command=("serve", "console"))
    server.start()
    try:
        assert httpx2.get(server.url + "/healthz", headers={"Host": "10.0.0.7"}).json() == {"status": "alive"}
        assert httpx2.get(server.url + "/readyz").json() == {"status": "ready"}
        assert httpx2.post(server.url + "/readyz").status_code == 405
        answer = httpx2.get(server.url + "/oauth2/token?secret=s3cret", headers={"X-Request-Id": "told"})
        told = until(lambda: [line for line in lines(server) if line.get("request_id") == "told"], "it is logged")
    finally:
        assert server.stop() == 0
    assert [(line["method"], line["path"], line["status"]) for line in told if line["message"] == "request"] == [
        ("GET", "/oauth2/token", answer.status_code)
    ]
    assert "s3cret" not in server.said()
    assert all(list(line)[:4] == FIRST for line in lines(server))
    said = [line["message"] for line in lines(server)]
    assert f"The part 'console' starts on {server.url}." in said
    assert "The part 'console' has ended." in said


@pytest.mark.parametrize("part", ["worker", "sender"])
def test_a_part_says_when_it_starts_and_when_it_has_ended(part: str, database: Database, tmp_path: Path) -> None:
    server = Server(database, tmp_path, command=(part,))
    with server.log.open("ab") as log:
        server.process = subprocess.Popen(server.command, env=os.environ | server.environment, stderr=log)
    until(lambda: f"The part '{part}' starts." in server.said(), "it has started")
    assert server.stop() == 0
    assert f"The part '{part}' has ended." in server.said()
    assert all(list(line)[:4] == FIRST for line in lines(server))


def test_the_last_answer_on_a_kept_connection_says_so(database: Database, cast: Cast, tmp_path: Path) -> None:
    server = Server(database, tmp_path, workers=1)
    server.start()
    kept = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    address = "/records?configuration=contact&record[Email]=ada@example.com"
    kept.request("PUT", address, headers=cast.alice.bearer)
    first = kept.getresponse()
    assert (first.status, first.getheader("Connection"), first.read()) == (200, None, b"")
    server.process.send_signal(signal.SIGTERM)
    until(lambda: server.status("/healthz") == 0, "nobody else is let in")
    kept.request("PUT", address, headers=cast.alice.bearer)
    last = kept.getresponse()
    assert (last.status, last.getheader("Connection")) == (200, "close")
    with server.process:
        assert server.process.wait(PATIENCE) == 0
    assert all(list(line)[:4] == FIRST for line in lines(server))
