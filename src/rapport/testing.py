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
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
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


class AnswerError(Exception):
    """A survey was not answered; the text says why."""


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

    def link(self, survey_record: str) -> str:
        """The address under which a survey record is answered. Raises `httpx2.HTTPStatusError`."""
        form = {"grant_type": "client_credentials", "client_id": self.client_id, "client_secret": self.client_secret}
        with httpx2.Client(base_url=self.url) as http:
            token = http.post("/oauth2/token", data=form).raise_for_status().json()["access_token"]
            headers = {"Authorization": f"Bearer {token}"}
            told = http.get(f"/api/survey-records/{survey_record}", headers=headers).raise_for_status().json()
        return str(told["link"])

    def answer(self, link: str, **answers: str | Sequence[str]) -> None:
        """Answers a survey as the contact does in a browser, page after page, from its link on.

        `answers` are values by the ids of questions: `nps="9"`, `drivers=["price"]`. Raises `AnswerError`.
        """
        with httpx2.Client(headers={"User-Agent": "rapport-testing"}) as http:
            left, page = dict(answers), _Page(http.get(link))
            while page.inputs:
                given = {name: left.pop(name) for name in list(left) if f"q-{name}" in page.inputs}
                form = page.hidden | {f"q-{name}": value for name, value in given.items()}
                page = _Page(http.post(link, data=form))
            if left:
                raise AnswerError(f"The survey did not ask: {', '.join(left)}.")


class _Page(HTMLParser):
    """What a form for contacts has in it. Raises `AnswerError` where it was not taken."""

    def __init__(self, answer: httpx2.Response) -> None:
        super().__init__()
        self.hidden: dict[str, str] = {}
        self.inputs: set[str] = set()
        self._texts: list[str] = []
        self.feed(answer.text)
        if answer.status_code != 200:
            raise AnswerError(f"{answer.status_code}: {' '.join(' '.join(self._texts).split())}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keeps the names of inputs, and what hidden ones hold."""
        given = {name: value or "" for name, value in attrs}
        if tag in ("input", "select", "textarea") and "name" in given:
            if given.get("type") == "hidden":
                self.hidden.setdefault(given["name"], given["value"])
            else:
                self.inputs.add(given["name"])

    def handle_data(self, data: str) -> None:
        """Keeps the texts, but for the style sheet."""
        if self.lasttag != "style":
            self._texts.append(data)


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
