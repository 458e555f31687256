"""A throw-away Rapport, as a test double for the tests of your integration. See `docs/testing.md`.

    with serving() as server:
        server.client.put("contact", {"Email": "ada@example.com"})

With pytest the fixture `rapport_server` is one, for the whole session; it starts when a test asks for it.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from rapport.client import Client
from rapport.db.embedded import Embedded
from rapport.settings import PREFIX, Settings

#: Seconds for the service to answer what it has taken, and to end.
PATIENCE = 60.0
#: Nobody will miss the data: PostgreSQL need not wait for the disk.
_FAST = {"fsync": "off", "full_page_writes": "off"}


class ServerError(Exception):
    """The service did not start; the text is what it said."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running service with one system and a Connected App that has every scope."""

    url: str
    client_id: str
    client_secret: str = field(repr=False)
    client: Client = field(repr=False)
    _settings: Settings = field(repr=False)

    def sign_in_link(self) -> str:
        """A link by which the administrator signs in to the console, once, within 15 minutes."""
        command = _command("user", "sign-in-link", "admin@example.com")
        return subprocess.check_output(command, env=_environment(self._settings), text=True).strip()


@contextmanager
def serving() -> Iterator[Server]:
    """A service of its own on a free port, for as long as the block lasts; then nothing of it is left.

    Raises `ServerError` and `EmbeddedError` where it cannot start.
    """
    with tempfile.TemporaryDirectory(prefix="rapport-testing-", ignore_cleanup_errors=True) as directory:
        folder = Path(directory)
        embedded = Embedded(folder, extra=_FAST)
        urls = embedded.start()
        try:
            settings = Settings(
                port=_free_port(),
                data_dir=folder,
                database_url=urls.app,
                owner_database_url=urls.owner,
                workers=1,
                log_level="warning",
                access_log=False,
            )
            with _running(settings):
                client_id, client_secret = _credentials(settings)
                with Client(settings.local_origin, client_id, client_secret) as client:
                    yield Server(settings.local_origin, client_id, client_secret, client, settings)
        finally:
            embedded.remove()


@contextmanager
def _running(settings: Settings) -> Iterator[None]:
    """`rapport serve`; it says a line when it is ready, or ends."""
    said = settings.data_dir / "serve.log"
    with said.open("wb") as log:
        process = subprocess.Popen(
            _command("serve"), env=_environment(settings), stdout=subprocess.PIPE, stderr=log, text=True
        )
    with process:
        try:
            if process.stdout is None or not process.stdout.readline():
                raise ServerError(f"Rapport did not start:\n{said.read_text(encoding='utf-8', errors='replace')}")
            yield
        finally:
            process.terminate()
            process.communicate(timeout=PATIENCE)


def _credentials(settings: Settings) -> tuple[str, str]:
    """Client id and secret of a new app with every scope that there is."""
    metadata = httpx2.get(f"{settings.local_origin}/.well-known/oauth-authorization-server").json()
    scopes = [word for scope in metadata["scopes_supported"] for word in ("--scope", scope)]
    command = _command("app", "create", "Test double", "--json", *scopes)
    made = json.loads(subprocess.check_output(command, env=_environment(settings), text=True))
    return made["client_id"], made["client_secret"]


def _command(*words: str) -> list[str]:
    return [sys.executable, "-m", "rapport", *words]


def _environment(settings: Settings) -> dict[str, str]:
    others = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return others | settings.environment()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
