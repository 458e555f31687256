"""A whole service as `rapport serve` runs it, and a real browser to look at it with."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from rapport.members import links
from rapport.members.models import OneTimeLink
from tests.cast import Cast, Person
from tests.conftest import Database, django_on
from tests.ingest.serving import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import BrowserContext

#: Debian's chromium, which `make test` installs where it may; without it the journeys in a browser are left out.
CHROMIUM = shutil.which("chromium")
collect_ignore = (
    [] if CHROMIUM else [each.name for each in Path(__file__).parent.glob("test_*.py") if "sign_in" in each.read_text()]
)
#: Runs Postman collections; `make test` installs it where there is node, else they are left out.
NEWMAN = Path(__file__).parent / "newman/node_modules/newman/bin/newman.js"
COLLECTIONS = bool(shutil.which("node")) and NEWMAN.exists()
collect_ignore += [] if COLLECTIONS else ["test_newman.py"]
#: What it would ask other sites at its start is switched off.
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


def pytest_report_header() -> list[str]:
    """Tell whether the browser and Newman are there."""
    return [
        f"chromium: {CHROMIUM or 'missing, so the journeys in a browser are left out'}",
        f"newman: {NEWMAN if COLLECTIONS else 'missing, so the Postman collections are not run'}",
    ]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the journeys in a browser, which `make quick` leaves out."""
    for item in items:
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")


@dataclass(frozen=True)
class Service:
    """A running service with Alice, Bob and Charlie."""

    server: Server
    database: Database
    cast: Cast

    @property
    def url(self) -> str:
        """Where it is."""
        return self.server.url


@pytest.fixture(scope="session")
def running(
    copy: Callable[[], Database], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, Database]]:
    """The one service of all journeys, and its database."""
    database = copy()
    server = Server(database, tmp_path_factory.mktemp("service"), workers=1, command=("serve",))
    server.environment["RAPPORT_PUBLIC_URL"] = server.url
    try:
        server.start()
        yield server, database
    finally:
        if server.process.poll() is None:
            assert server.stop() == 0
    assert "Traceback" not in server.said()


@pytest.fixture(scope="module")
def service(running: tuple[Server, Database]) -> Iterator[Service]:
    """The service, and Django on its database, for the journeys of one module, each with tenants of its own."""
    with django_on(running[1]):
        yield Service(*running, Cast())


@pytest.fixture
def cast(service: Service) -> Cast:
    """Alice, Bob and Charlie of tenants that no other journey uses."""
    return Cast()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser. Playwright keeps an event loop open in this thread, which Django must be told to bear."""
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def sign_in(service: Service, chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a page on which a person of the cast is signed in, at the start of their system."""
    contexts: list[BrowserContext] = []

    def opened(person: Person, **options: object) -> Page:
        context = chromium.new_context(base_url=service.url, **options)
        contexts.append(context)
        page = context.new_page()
        path = links.new(person.user, OneTimeLink.Purpose.SIGN_IN).partition("/sign-in-link")[2]
        page.goto(f"/sign-in-link{path}")
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"**/s/{person.tenant.slug}")
        return page

    yield opened
    for context in contexts:
        context.close()
