"""No example that was not run: each page's calls, in every language that is there, answered as the page says."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import httpx2
import pytest
from django.conf import settings

from rapport.connected_apps import webhooks
from rapport.handbook.contents import ENTRIES
from rapport.tenants.actors import COMMAND
from tests.cast import Cast
from tests.console.visitor import visitor
from tests.handbook.programs import COMMANDS, examples, masked, run
from tests.handbook.test_pages import HOSTILE, configure

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cast import Person
    from tests.ingest.serving import Server

PAGES = [entry for entry in ENTRIES.values() if entry.filled]


def read(service: Server, path: str, person: Person) -> str:
    """A page as this person gets it."""
    cookie = visitor(person).cookies["rapport_session"].value
    return httpx2.get(service.url + path, cookies={"rapport_session": cookie}).raise_for_status().text


def variables(person: Person) -> dict[str, str]:
    """What the examples take from the environment."""
    hook = webhooks.create(person.tenant, COMMAND, "contact", settings.RAPPORT)
    return {
        "TOKEN": person.token,
        "CLIENT_ID": person.client_id,
        "CLIENT_SECRET": person.client_secret,
        "WEBHOOK_ID": hook.url.rpartition("/")[2],
        "WEBHOOK_USER": hook.user_name,
        "WEBHOOK_PASSWORD": hook.password,
    }


@pytest.mark.parametrize("language", COMMANDS)
@pytest.mark.parametrize("entry", PAGES, ids=lambda entry: entry.slug or "overview")
def test_every_example_is_answered_as_its_page_says(service: Server, tmp_path: Path, entry, language: str) -> None:
    go_through(service, entry.markdown, Cast().charlie, language, tmp_path)


def go_through(service: Server, path: str, reader: Person, language: str, place: Path) -> None:
    """Runs the examples of a page, in their order, for somebody whose system has one Connected App."""
    environment = variables(reader)
    for example in examples(read(service, path, reader)):
        status, body = run(language, example.programs[language], environment, place)
        told = f"{example.title}\n{example.programs[language]}\n{status} {body}"
        if example.status:
            assert (status, masked(body)) == (example.status, masked(example.body)), told
        assert status < 300 or example.status, told


@pytest.mark.parametrize("language", COMMANDS)
@pytest.mark.parametrize("page", ["put-records/contact", "batch", "put-records"])
def test_headings_of_any_kind_get_through_every_language(
    service: Server, tmp_path: Path, page: str, language: str
) -> None:
    reader = Cast().charlie
    configure(reader, HOSTILE)
    go_through(service, f"/docs/{page}.md", reader, language, tmp_path)


if "js" in COMMANDS:

    def test_the_recipe_for_hubspot_works(service: Server, tmp_path: Path) -> None:
        reader = Cast().charlie
        (recipe,) = re.findall(r"```js recipe\n(.*?)```", read(service, "/docs/from-a-crm.md", reader), re.DOTALL)
        event = {"inputFields": {"email": "ada@example.com", "firstname": "Ada", "company": None}}
        called = f"exports.main({json.dumps(event)}, (told) => console.log(200, JSON.stringify(told)));"
        (tmp_path / "recipe.cjs").write_text(f"{recipe}\n{called}")
        program = f"await import({json.dumps(str(tmp_path / 'recipe.cjs'))});"
        environment = {"RAPPORT_CLIENT_ID": reader.client_id, "RAPPORT_CLIENT_SECRET": reader.client_secret}
        answer = run("js", program, environment, tmp_path)
        assert answer == (200, '{"outputFields":{"outcome":"created","errors":"{}"}}')
