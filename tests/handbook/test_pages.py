"""Every page, for everybody: it renders, leads somewhere, is small, adapts, and tells nobody's names to another."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders

from rapport.configurations import edits
from rapport.configurations.models import Configuration
from rapport.connected_apps import issue
from rapport.console.api import openapi
from rapport.handbook import rendering
from rapport.handbook.contents import ENTRIES
from rapport.members.models import Role
from rapport.records.errors import SENTENCES
from rapport.settings import REGIONS
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope
from tests.cast import Cast
from tests.console.visitor import visitor
from tests.members.conftest import colleague
from tests.test_docs import ROOT, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client

    from tests.cast import Cast, Person
    from tests.conftest import Database

PAGES = list(ENTRIES.values())
EACH_PAGE = pytest.mark.parametrize("entry", PAGES, ids=lambda entry: entry.slug or "overview")
#: Headings that mean something in a template, in Markdown, in HTML or in a shell.
HOSTILE = {
    "email": 'it\'s "E-Mail" $(id) \\ `w`',
    "first_name": "{{ reader.client_id }}",
    "last_name": "{% now 'Y' %}",
    "job_title": "<script>alert(1)</script>",
    "job_level": "a | b",
    "language": "<javascript:alert(1)> **$TOKEN**",
}
SIZE = 60 * 1024


class Page(HTMLParser):
    """What a page links to, what it loads, and what can be linked to in it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.anchors: set[str] = set()
        self.titles = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.titles += tag == "h1"
        self.anchors |= {given["id"]} if given.get("id") else set()
        for name in ("href", "src"):
            if given.get(name):
                (self.links if tag == "a" else self.loads).append(str(given[name]))


def configure(person: Person, headings: dict[str, str], name: str = "Nightly") -> str:
    """A configuration for contacts with these headings by field; its reference."""
    mapping = [{"heading": heading, "field": field} for field, heading in headings.items()]
    given = {"name": name, "kind": "api", "data_type": "contact", "mapping": mapping}
    with tenant_scope(person.tenant) as tenant_id:
        return edits.create(tenant_id, COMMAND, given).reference


@pytest.fixture(scope="module")
def readers(database: Database) -> Cast:
    """Alice has a configuration of her own, Charlie one whose headings are not harmless; nobody changes a thing."""
    made = Cast()
    configure(made.alice, {"email": "Veiled Heading"}, "Veiled Name")
    configure(made.charlie, HOSTILE, "Its *name* <b>|</b> {{ client_id }}")
    return made


def reference(person: Person) -> str:
    """The reference of their own configuration."""
    with tenant_scope(person.tenant) as tenant_id:
        return Configuration.objects.get(tenant_id=tenant_id, is_default=False).reference


@pytest.fixture
def stranger(database: Database) -> Client:
    """Somebody whom nobody knows."""
    return visitor(None)


def text(client: Client, path: str) -> str:
    """A page that must be there."""
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


@EACH_PAGE
@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("who", ["alice", None])
def test_every_page_is_there_for_everybody_in_every_region(readers: Cast, entry, region: str, who: str | None) -> None:
    client = visitor(getattr(readers, who) if who else None)
    html = text(client, f"{entry.path}?region={region}")
    page = Page(html)
    assert page.titles == 1
    assert entry.title in html
    assert not re.search(r"\{%|None\b(?!\.)|&amp;#", html) or not entry.filled
    if region == "us" and "/docs/put-records" in entry.path:
        assert "https://imports.api.us.example.com/records" in html


@EACH_PAGE
def test_no_link_is_dead(readers: Cast, entry) -> None:
    client = visitor(readers.alice)
    page = Page(text(client, entry.path))
    dead = []
    for link in [*page.links, *page.loads]:
        path, _, anchor = link.partition("#")
        if path.startswith("http"):
            continue
        if path.startswith("/static/"):
            found = finders.find(path.removeprefix("/static/")) is not None
        elif path:
            answer = client.get(path)
            found = answer.status_code == 200 and (not anchor or anchor in Page(answer.content.decode()).anchors)
        else:
            found = anchor in page.anchors
        dead += [] if found else [link]
    assert dead == []


@EACH_PAGE
def test_every_page_is_small_with_all_that_it_loads(stranger: Client, entry) -> None:
    loaded = {path.partition("#")[0] for path in Page(text(stranger, entry.path)).loads}
    sizes = {path: on_the_wire(stranger, path) for path in [entry.path, "/static/console/icons.svg", *loaded]}
    assert sum(sizes.values()) < SIZE, sizes


def on_the_wire(client: Client, path: str) -> int:
    """Bytes of an answer to whoever takes it compressed."""
    answer = client.get(path, headers={"Accept-Encoding": "gzip"})
    size = len(answer.getvalue())
    answer.close()
    return size


def test_every_path_of_the_service_is_on_a_page(stranger: Client) -> None:
    origin = dict.fromkeys(("auth", "records", "api"), "http://testserver")
    told = "".join(text(stranger, entry.markdown) for entry in PAGES)
    assert [
        path for path in openapi.generate(origin)["paths"] if not re.search(re.escape(path) + r"(?!\w)", told)
    ] == []


def test_every_sentence_of_a_422_is_told_and_no_other(stranger: Client) -> None:
    page = text(stranger, "/docs/errors.md").replace("\\", "")
    right = [[f"`{code}`", sentence] for code, sentence in SENTENCES.items()]
    assert table(page, "| code | sentence |") == right


@pytest.mark.parametrize("name", ["settings", "commands", "operations"])
def test_whoever_runs_the_service_reads_the_repositorys_own_documents(stranger: Client, name: str) -> None:
    source = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    shown = text(stranger, f"/docs/{name}.md")
    assert re.sub(r"\]\([^)]*\)", "", shown) == re.sub(r"\]\([^)]*\)", "", source)


# Names.


@pytest.mark.parametrize("path", [entry.path for entry in PAGES] + [entry.markdown for entry in PAGES])
def test_nobody_reads_the_names_of_another_system(readers: Cast, path: str) -> None:
    alice = readers.alice
    secrets = ("Veiled", alice.client_id, readers.bob.client_id, alice.tenant.slug, alice.tenant.name)
    for client in (visitor(readers.charlie), visitor(None)):
        answer = text(client, f"{path}?configuration={reference(alice)}")
        assert [secret for secret in secrets if secret in answer] == []


def test_whoever_is_signed_in_reads_their_own_names(cast: Cast) -> None:
    reference = configure(cast.charlie, {"email": "Courriel", "first_name": "Prénom"}, "Nuit")
    client = visitor(cast.charlie)
    page = text(client, "/docs/put-records/contact")
    assert "Prénom" not in page, "it begins with the default, until another one is used more"
    assert '<option value="contact" selected>' in page
    chosen = text(client, f"/docs/put-records/contact?configuration={reference}")
    assert all(name in chosen for name in ("Courriel", "Prénom", "Nuit", reference, cast.charlie.client_id))


@pytest.mark.parametrize("path", [entry.path for entry in PAGES] + [entry.markdown for entry in PAGES])
def test_who_may_not_see_connected_apps_reads_no_client_id(readers: Cast, path: str) -> None:
    page = text(visitor(readers.bob), path)
    assert [person.client_id for person in (readers.alice, readers.bob) if person.client_id in page] == []


@pytest.mark.parametrize("role", Role)
def test_a_client_id_is_for_whoever_sees_the_apps_anyway(cast: Cast, role: Role) -> None:
    dora = visitor(colleague(cast.alice, "Dora", role))
    page, app = text(dora, "/docs/authentication"), issue.list_apps(cast.alice.tenant)[-1]["client_id"]
    sees = dora.get(f"/s/{cast.alice.tenant.slug}/data/integrations/connected-apps").status_code == 200
    assert sees == (role != Role.USER)
    assert (app in page, "$CLIENT_ID" in page) == (sees, not sees)


@pytest.mark.parametrize("path", [entry.path for entry in PAGES] + ["/docs/search?q=token"])
def test_a_page_with_names_is_kept_by_nobody(readers: Cast, path: str) -> None:
    kept = visitor(readers.alice).get(path).headers["Cache-Control"]
    assert {"private", "no-store"} <= set(kept.split(", "))


@EACH_PAGE
def test_headings_are_text_whatever_is_in_them(readers: Cast, entry) -> None:
    html = text(visitor(readers.charlie), f"{entry.path}?configuration={reference(readers.charlie)}")
    assert "<script>alert" not in html
    assert "javascript:alert" not in "".join(Page(html).links + Page(html).loads)
    assert "<b>" not in html
    if entry.data_type == "contact":
        assert "{{ reader.client_id }}" in html
        assert "{% now" in html
        assert ">Headings of Its *name* &lt;b&gt;|&lt;/b&gt; {{ client_id }}</h3>" in html
        assert "<code>a | b</code>" in html


def test_no_page_can_write_html() -> None:
    assert rendering.html("<b>x</b> <script>y</script>")[0] == (
        "<p>&lt;b&gt;x&lt;/b&gt; &lt;script&gt;y&lt;/script&gt;</p>\n"
    )


# Regions.


def test_a_region_is_remembered_without_javascript(stranger: Client) -> None:
    assert 'name="region" value="us">US</button>' in text(stranger, "/docs")
    assert "imports.api.us" in text(stranger, "/docs?region=us")
    assert "imports.api.us" in text(stranger, "/docs/batch")
    assert "made up" in text(stranger, "/docs/batch")
    assert "http://testserver/records" in text(stranger, "/docs/batch?region=eu")
    assert "http://testserver/records" in text(stranger, "/docs/batch.md?region=mars")


@EACH_PAGE
def test_with_a_domain_every_address_is_below_it(stranger: Client, monkeypatch: pytest.MonkeyPatch, entry) -> None:
    monkeypatch.setattr(settings, "RAPPORT", replace(settings.RAPPORT, domain="rapport.example"))
    stranger.defaults["HTTP_HOST"] = "rapport.example"
    page = text(stranger, f"{entry.path}?region=au")
    assert "testserver" not in page
    assert ".eu." not in page or not entry.filled
    if entry.data_type:
        assert "https://auth.au.rapport.example/oauth2/token" in page
        assert "https://imports.api.au.rapport.example/records" in page
        assert "https://api.au.rapport.example/configurations/" in page


# Finding, and for programs.


def hits(page: str) -> Iterator[str]:
    """The addresses that a search found."""
    return (link for link in Page(page.partition("<main")[2]).links if link.startswith("/docs"))


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("idempotency key", "/docs/put-records#repeat-safely"),
        ("nps score", "/docs/put-records/external-response"),
        ("salesforce", "/docs/from-a-crm"),
        ("RAPPORT_DOMAIN", "/docs/settings"),
    ],
)
def test_search_finds_the_section(stranger: Client, words: str, first: str) -> None:
    found = list(hits(text(stranger, f"/docs/search?q={words}")))
    assert any(link.startswith(first) for link in found[:5]), found


def test_search_finds_nothing_for_nothing_and_shows_what_was_asked_as_text(stranger: Client) -> None:
    assert list(hits(text(stranger, "/docs/search"))) == []
    page = text(stranger, "/docs/search?q=<script>")
    assert "<script>”" not in page
    assert "&lt;script&gt;" in page


def test_what_all_data_types_say_alike_is_found_once(stranger: Client) -> None:
    found = list(hits(text(stranger, "/docs/search?q=every fault is listed under its heading")))
    assert len(found) == 1


def test_llms_txt_lists_every_page_as_markdown(stranger: Client) -> None:
    found = re.findall(r"\((http://testserver/docs/.+?\.md)\)", text(stranger, "/llms.txt"))
    assert found == [f"http://testserver{entry.markdown}" for entry in PAGES]
    for address in found:
        answer = stranger.get(address.removeprefix("http://testserver"))
        assert answer.headers["Content-Type"] == "text/markdown; charset=utf-8"
        assert answer.content.startswith(b"# ")


def test_a_page_that_is_not_there_is_404(stranger: Client) -> None:
    assert [stranger.get(path).status_code for path in ("/docs/nothing", "/docs/nothing.md")] == [404, 404]
