"""The whole service as people find it who know nothing of what is inside: browsers over the wire, and its command."""

from __future__ import annotations

import re
from contextlib import ExitStack
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx2

from tests.ingest.serving import PATIENCE

if TYPE_CHECKING:
    from tests.cast import Cast
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

    def __init__(self, server: Server, cast: Cast, stack: ExitStack) -> None:
        self.server, self.cast, self._stack = server, cast, stack

    def browser(self) -> Browser:
        """Another browser, in which nobody is signed in."""
        return self._stack.enter_context(Browser(base_url=self.server.url, timeout=PATIENCE))
