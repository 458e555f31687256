"""Pages of a system as somebody sees them."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

from tests.console.visitor import visitor

if TYPE_CHECKING:
    from tests.cast import Person


class Browser:
    """A person's browser, in a system (their own, unless another one's address is given)."""

    def __init__(self, person: Person, system: str = "") -> None:
        self.person = person
        self._client = visitor(person)
        self._start = f"/s/{system or person.tenant.slug}"

    def get(self, path: str, query: dict[str, Any] | None = None, **headers: str) -> Any:
        """The answer to a GET."""
        return self._client.get(f"{self._start}/{path}", query, headers=headers)

    def get_at(self, address: str) -> Any:
        """The answer to a GET of a whole address, as links have it."""
        return self._client.get(address)

    def text(self, path: str, status: int = 200, **query: Any) -> str:
        """What one reads on a page."""
        return read(self.get(path, query), status)

    def post(self, path: str, given: dict[str, Any], status: int | None = None) -> Any:
        """The answer to a POST, with this status where one is named."""
        answer = self._client.post(f"{self._start}/{path}", given)
        assert status in (None, answer.status_code), answer.content.decode()[-6000:]
        return answer

    def save(self, path: str, **changed: str) -> Any:
        """Open a form, change something in it, send it."""
        return self.post(path, inputs(self.get(path)) | changed)


class _Inputs(HTMLParser):
    """Collects what a browser would send of the form in a page."""

    def __init__(self) -> None:
        super().__init__()
        self.given: dict[str, str] = {}
        self._name = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        if tag == "input" and "name" in known:
            self.given[known["name"]] = known.get("value", "")
        if tag in ("select", "textarea"):
            self._name = known["name"]
            self.given[self._name] = ""
        if tag == "option" and "selected" in known:
            self.given[self._name] = known["value"]

    def handle_data(self, data: str) -> None:
        if self.lasttag == "textarea":
            self.given[self._name] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.lasttag = ""
            self.given[self._name] = self.given[self._name].removeprefix("\n")


def inputs(answer: Any) -> dict[str, str]:
    """What the form of a page holds, by the names of its inputs."""
    parser = _Inputs()
    parser.feed(answer.content.decode().partition("<main")[2])
    return parser.given


def read(answer: Any, status: int = 200) -> str:
    """The words of an answer's main part, one space between them."""
    assert answer.status_code == status, answer.content.decode()[:2000]
    main = answer.content.decode().partition("<main")[2]
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", main)).split())
