"""A piece of network between a service and PostgreSQL, which tests can cut so that neither end hears of it."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

from tests.conftest import Database

#: Begins the start-up message proper; SSL and GSS may be asked for before it, and a cancellation has a line of its own.
_VERSION_3 = 196_608


class Line:
    """One connection through the wire."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.ends = (client, server)
        self.cut = threading.Event()
        #: What the client wished for at its start.
        self.wishes: dict[str, str] = {}
        #: What it has set, and whether only to the end of its transaction.
        self.settings: set[str] = set()

    def end(self) -> None:
        """Both ends hear that it is over."""
        for end in self.ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


class Wire:
    """Takes connections on a TCP port and passes them on to PostgreSQL's Unix socket."""

    def __init__(self, database: Database) -> None:
        url = urlsplit(database.app)
        self._target = f"{parse_qs(url.query)['host'][0]}/.s.PGSQL.5432"
        self._taking = socket.create_server(("127.0.0.1", 0))
        port = self._taking.getsockname()[1]
        self.lines: list[Line] = []
        #: Of PostgreSQL's answer to each start-up, rewritten on its way.
        self.rewrite: Callable[[bytes], bytes] = lambda data: data
        self._trap: tuple[bytes, Callable[[Line], None]] | None = None
        self.sprung = threading.Event()

        def through(url: str) -> str:
            parts = urlsplit(url)
            place = f"{parts.username}:{parts.password}@127.0.0.1:{port}"
            return parts._replace(netloc=place, query="").geturl()

        self.app_only = replace(database, app=through(database.app))
        self.both = replace(self.app_only, owner=through(database.owner))
        threading.Thread(target=self._take, daemon=True).start()

    def set_trap(self, text: bytes, act: Callable[[Line], None]) -> None:
        """When a client has sent `text`, which PostgreSQL still gets, `act` on the line; once."""
        self.sprung.clear()
        self._trap = (text, act)

    def close(self) -> None:
        self._taking.close()
        for line in self.lines:
            line.end()

    def _take(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._taking.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._target)
                line = Line(client, server)
                self.lines.append(line)
                for pump in (self._requests, self._answers):
                    threading.Thread(target=pump, args=(line,), daemon=True).start()

    def _requests(self, line: Line) -> None:
        client, server = line.ends
        with suppress(OSError):
            while data := client.recv(65_536):
                if line.cut.is_set():
                    return
                if not line.wishes:
                    line.wishes = _wishes(data)
                line.settings |= _settings(data)
                server.sendall(data)
                trap = self._trap
                if trap is not None and trap[0] in data:
                    self._trap = None
                    trap[1](line)
                    self.sprung.set()
            if not line.cut.is_set():
                server.shutdown(socket.SHUT_WR)

    def _answers(self, line: Line) -> None:
        client, server = line.ends
        with suppress(OSError):
            while data := server.recv(65_536):
                if not line.cut.is_set():
                    client.sendall(self.rewrite(data))
            if not line.cut.is_set():
                client.shutdown(socket.SHUT_WR)


def _wishes(data: bytes) -> dict[str, str]:
    """The parameters of a start-up message; nothing of any other."""
    if int.from_bytes(data[4:8]) != _VERSION_3:
        return {}
    words = [word.decode() for word in data[8:].split(b"\0") if word]
    return dict(zip(words[::2], words[1::2], strict=True))


def _settings(data: bytes) -> set[str]:
    """What a simple query sets: `set local` and a name."""
    text = data[5:].decode(errors="replace") if data[:1] == b"Q" else ""
    statements = (each.strip() for each in text.split(";"))
    plain = {re.split(" ?= ?| to ", each)[0] for each in statements if each.startswith("set ")}
    called = re.findall(r"\bset_config\('(\w+)', .*?, (true|false)\)", text)
    return plain | {f"set {'local ' if local == 'true' else ''}{name}" for name, local in called}


@contextmanager
def wired(database: Database) -> Iterator[Wire]:
    """A wire for as long as the block lasts."""
    wire = Wire(database)
    try:
        yield wire
    finally:
        wire.close()
