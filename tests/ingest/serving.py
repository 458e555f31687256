"""Ingest as `rapport serve ingest` runs it: processes of its own, a port of its own, told to stop like any service."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

from tests.conftest import Database

#: Seconds that anything may take on a machine that does other work as well.
PATIENCE = 30.0


def until(true: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
    """Ask again and again; the first true answer. Fails when there is none in time."""
    deadline = time.monotonic() + patience
    while not (answer := true()):
        assert time.monotonic() < deadline, f"waited {patience} seconds in vain until {what}"
        time.sleep(0.01)
    return answer


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class Server:
    """Ingest on one database, or another `command` of `rapport`. `environment` are more settings."""

    def __init__(
        self,
        database: Database,
        directory: Path,
        *,
        workers: int = 2,
        command: Sequence[str] = ("serve", "ingest"),
        **environment: str,
    ) -> None:
        self.command = [sys.executable, "-m", "rapport", *command]
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = database.settings.environment() | {
            "RAPPORT_PORT": str(self.port),
            "RAPPORT_WORKERS": str(workers),
            "RAPPORT_DATA_DIR": str(directory),
            **environment,
        }
        self.log = directory / f"ingest-{self.port}.log"

    def start(self) -> None:
        """Start, and wait for the first answer that says ready."""
        others = {name: value for name, value in os.environ.items() if not name.startswith("RAPPORT_")}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, env=others | self.environment, stdout=subprocess.PIPE, stderr=log, text=True
            )
        # A killed predecessor's workers may still answer for a moment: ready is who has workers of its own.
        until(lambda: self.workers() and self.status("/readyz") == 200, "ingest is ready")

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal; the exit status."""
        with self.process:
            self.process.send_signal(number)
            return self.process.wait(PATIENCE)

    def status(self, path: str) -> int:
        """What a GET is answered with; 0 when nobody answers."""
        try:
            return httpx2.get(self.url + path, timeout=PATIENCE).status_code
        except httpx2.TransportError:
            return 0

    def workers(self) -> list[int]:
        """The process ids of the workers."""
        pid = self.process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def said(self) -> str:
        """All of standard error until now."""
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""


@contextmanager
def serving(database: Database, directory: Path, *, workers: int = 2, **environment: str) -> Iterator[Server]:
    """A server for as long as the block lasts; it must end with status 0."""
    server = Server(database, directory, workers=workers, **environment)
    try:
        server.start()
        yield server
    finally:
        if server.process.poll() is None:
            assert server.stop() == 0
    assert "Traceback" not in server.said()


def raw(server: Server, request: bytes) -> tuple[int, http.client.HTTPMessage, bytes]:
    """Send bytes as they are; status, headers and body of the answer."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as connection:
        connection.sendall(request)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        return answer.status, answer.headers, answer.read()
