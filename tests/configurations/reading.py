"""What the tests of the configurations' pages have in common: addresses, configurations, and how to read a page."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

from rapport.configurations import edits
from rapport.configurations.locks import editing
from rapport.history.models import HourlyCount, this_hour
from rapport.tenants.actors import COMMAND, Author
from rapport.tenants.scope import tenant_scope
from tests.configurations.conftest import CONTENT

if TYPE_CHECKING:
    from datetime import datetime

    from rapport.configurations.models import Configuration
    from rapport.tenants.models import Tenant
    from tests.cast import Cast, Person

#: What somebody types into the page of a new configuration, and of a custom field.
CONTACT = {"kind": "api", "data_type": "contact", "name": "Nightly", "email-mapped": "on", "email-heading": "E-Mail"}
FIELD = {
    "own-object": "contact",
    "own-label": "Customer tier",
    "own-name": "",
    "own-type": "choice",
    "own-choices": "A\n\n B ",
}


def address(person: Person, rest: str = "") -> str:
    return f"/s/{person.tenant.slug}/data/imports/configurations{rest}"


def made(tenant: Tenant, author: Author = COMMAND, **content: Any) -> Configuration:
    with editing(tenant) as tenant_id:
        return edits.create(tenant_id, author, CONTENT | content)


def changed(row: Configuration, author: Author = COMMAND, **content: Any) -> None:
    with editing(row.tenant_id) as tenant_id:
        found = edits.find(tenant_id, row.reference)
        edits.change(found, author, {"name": found.name, "mapping": found.mapping, "options": found.options, **content})


def text(answer: Any) -> str:
    """What people read of a page: without tags, and spaces only where they count."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def beside(answer: Any, name: str) -> list[str]:
    """The sentences in the line of a field, or under an input."""
    page = answer.content.decode()
    at = page.index(f'name="{name}"')
    end = re.search(r"</td>|</div>", page[at:]).start()
    return [unescape(told) for told in re.findall(r"<li>([^<]+)</li>", page[at : at + end])]


class Form(HTMLParser):
    """What a browser would send of the page's editor, and what is said beside the fields."""

    def __init__(self, answer: Any) -> None:
        super().__init__()
        self.data: dict[str, Any] = {}
        self.options: list[str] = []
        self._select = self._textarea = ""
        self.feed(answer.content.decode().partition('id="editor"')[2].partition("</form>")[0])

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        name = found.get("name") or ""
        if tag == "input" and (found.get("type") != "checkbox" or "checked" in found):
            self.data[name] = found.get("value") or ("on" if found.get("type") == "checkbox" else "")
        elif tag == "select":
            self._select = name
        elif tag == "option" and ("selected" in found or self._select not in self.data):
            self.data[self._select] = found.get("value") or ""
        elif tag == "textarea":
            self._textarea, self.data[name] = name, ""

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.data[self._textarea] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.data[self._textarea] = self.data[self._textarea].removeprefix("\n")
            self._textarea = ""

    @property
    def mapped(self) -> dict[str, str]:
        """Field -> heading of the ticked lines."""
        names = [name.removesuffix("-mapped") for name in self.data if name.endswith("-mapped")]
        return {name: self.data[f"{name}-heading"] for name in names}


def names(answer: Any) -> list[str]:
    return re.findall(r'class="row-link"[^>]*>([^<]+)<', answer.content.decode())


def stored(cast: Cast, reference: str) -> Configuration:
    with tenant_scope(cast.alice.tenant) as tenant_id:
        return edits.find(tenant_id, reference)


def counted(
    tenant: Tenant,
    row: Configuration,
    actor_type: str,
    actor_id: Any,
    outcome: str,
    records: int,
    at: datetime | None = None,
) -> None:
    with tenant_scope(tenant) as tenant_id:
        hour = this_hour(at)
        HourlyCount.objects.create(
            tenant_id=tenant_id,
            hour=hour,
            actor_type=actor_type,
            actor_id=actor_id,
            configuration_id=row.id,
            outcome=outcome,
            records=records,
            records_ignored=0,
            last_at=hour,
        )
