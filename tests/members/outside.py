"""The whole service as people find it who know nothing of what is inside: browsers over the wire, and its command."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx2

from tests.ingest.serving import PATIENCE

if TYPE_CHECKING:
    from tests.cast import Cast
    from tests.conftest import Database
    from tests.ingest.serving import Server


class Browser(httpx2.Client):
    """Keeps cookies, follows nothing, and sends forms as their pages would."""

    def fill(self, address: str, fields: dict[str, str] | None = None) -> httpx2.Response:
        """Open the page of a form, then send it with what is hidden in it."""
        path = urlsplit(address).path
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', self.get(path).text))
        return self.post(path, data={**hidden, **(fields or {})})


class Outside:
    """A running service and its cast."""

    def __init__(self, server: Server, database: Database, cast: Cast, stack: ExitStack) -> None:
        self.server, self.cast, self._database, self._stack = server, cast, database, stack

    def browser(self) -> Browser:
        """Another browser, in which nobody is signed in."""
        return self._stack.enter_context(Browser(base_url=self.server.url, timeout=PATIENCE))

    def operate(self, *arguments: str) -> str:
        """What the operator's command `rapport` prints."""
        others = {name: value for name, value in os.environ.items() if not name.startswith("RAPPORT_")}
        environment = others | self._database.settings.environment() | {"RAPPORT_PORT": str(self.server.port)}
        command = [sys.executable, "-m", "rapport", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    def add(self, email: str, slug: str, role: str = "user") -> dict[str, Any]:
        """`rapport user add` by a program."""
        made: dict[str, Any] = json.loads(
            self.operate("user", "add", email, "--tenant", slug, "--role", role, "--json")
        )
        return made
