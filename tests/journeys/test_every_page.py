"""Every page: three widths and both schemes, by screen reader, by keyboard, small, shut to whoever may not see it."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import httpx2
import pytest
from django.urls import get_resolver, resolve

from rapport.configurations import drafts, edits
from rapport.configurations.models import Touchpoint
from rapport.connected_apps import issue, webhooks
from rapport.connected_apps.scopes import GUARDED, SCOPES
from rapport.feedback import suppressing, surveys
from rapport.feedback.documents.starters import STARTERS
from rapport.members import invitations
from rapport.members.access import SYSTEM
from rapport.members.models import Role
from rapport.surveys.models import Fetch, SurveyRecord, TouchpointLink
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope
from tests.cast import Cast, new_person
from tests.console.test_routes import PAGES
from tests.console.visitor import visitor
from tests.journeys import deeds
from tests.journeys.soundness import BRIEFLY, THOROUGHLY, Looks, Visit
from tests.journeys.stage import furnish

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from playwright.sync_api import Page

    from tests.cast import Cast, Person
    from tests.journeys.conftest import Service

#: A first page, with everything that it loads.
FIRST_PAGE_BYTES = 100_000
#: Pages are looked at in so many tests, so that several processes share them.
PARTS = 2
#: Routes that take forms only.
POST_ONLY = {
    "act-on-campaign", "activate-touchpoint", "change-import", "default-survey", "dismiss-heading", "dismiss-twins",
    "follow-up", "plan-campaign", "put-survey-live", "restore-account", "restore-contact", "restore-field",
    "restore-heading", "restore-twins", "restore-version", "settle-bounce", "start-campaign", "test-campaign",
}  # fmt: skip
#: Pages that only a form leads to.
AFTER_FORMS = {"heading-mapped"}
#: Pages that exist only where mail is set up.
BY_MAIL = {"send-reset"}
#: What is shown inside of another page, and files without an ending.
PARTS_OF_PAGES = {"campaign-preview", "import-failed"}
#: What links lead to and is no page.
FILES = (".csv", ".json", ".ndjson", ".parquet", ".xlsx")
LINKS = re.compile(r'(?:href|action|hx-get)="([^"#]*)')
#: What links lead to from where somebody is signed in.
INSIDE = re.compile(r"/(s/|profile)")


@pytest.fixture(scope="module")
def furnished(service: Service) -> Cast:
    """A cast whose system has something on every page."""
    cast = Cast()
    furnish(service.url, cast.alice.token)
    deeds.do(service.url, cast.alice)
    tenant = cast.alice.tenant
    webhooks.create(tenant, COMMAND, "contact", service.database.settings)
    scopes = [scope for scope in SCOPES if scope not in GUARDED]
    for person in (cast.alice, cast.bob):
        issue.change_app(tenant, COMMAND, person.client_id, {"scopes": scopes})
    with tenant_scope(tenant) as tenant_id:
        shop = edits.find(tenant_id, "webshop")
        drafts.save(shop, COMMAND, {"name": shop.name, "mapping": shop.mapping[:2], "comment": "No last names"})
        invitations.invite(tenant_id, COMMAND, f"invited-{tenant_id}@example.com", Role.USER)
        surveys.create(tenant_id, COMMAND, "effort", STARTERS["ces"].document)
        asked = SurveyRecord.objects.filter(tenant_id=tenant_id).order_by("-id").first()
        look = {"purpose": "a", "object_id": asked.id, "score": 9, "fetches": 1, "device": "phone"}
        Fetch.objects.create(tenant_id=tenant_id, first_at=asked.created_at, last_at=asked.created_at, **look)
        fair = Touchpoint.objects.filter(tenant_id=tenant_id, active=True).first()
        TouchpointLink.objects.create(tenant_id=tenant_id, touchpoint_id=fair.id, opened_at=fair.created_at)
        suppressing.add(tenant_id, suppressing.address("domain", "example.net"), COMMAND, source="hand", reason="Asked")
    return cast


@pytest.fixture(scope="module")
def addresses(service: Service, furnished: Cast) -> dict[str, str]:
    """Name of a page -> an address of it, as Alice finds them by following links."""
    with reader(service, furnished.alice) as client:
        home = f"/s/{furnished.alice.tenant.slug}"
        return dict(_crawl(client, home, f"{home}/data/requests?outcome=rejected"))


def reader(service: Service, person: Person | None) -> httpx2.Client:
    """Somebody who is signed in, or nobody, at the service itself: files that were sent are in its spool alone."""
    cookies = {name: each.value for name, each in visitor(person).cookies.items()}
    return httpx2.Client(base_url=service.url, cookies=cookies, timeout=60)


def _crawl(client: httpx2.Client, *starts: str) -> Iterator[tuple[str, str]]:
    seen, waiting, found = set(), [*starts], {}
    while waiting:
        address = waiting.pop(0)
        name = resolve(urlsplit(address).path).url_name
        if address in seen or name is None or len(found.get(name, ())) > 3:
            continue
        seen.add(address)
        answer = client.get(address)
        if answer.status_code == 405:
            continue
        assert answer.status_code in (200, 302), (address, answer.status_code)
        found.setdefault(name, []).append(address)
        if answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html"):
            inside = (urljoin(address, unescape(link)) for link in LINKS.findall(answer.content.decode()))
            waiting += [link for link in inside if INSIDE.match(link)]
    return ((name, places[0]) for name, places in found.items())


def test_links_lead_to_every_page(addresses: dict[str, str]) -> None:
    routes = [route for route in get_resolver().url_patterns if str(route.pattern) in PAGES]
    inside = {route.name for route in routes if str(route.pattern).startswith(f"^{SYSTEM}")}
    assert sorted(inside - addresses.keys() - POST_ONLY - AFTER_FORMS - BY_MAIL - PARTS_OF_PAGES) == []


@pytest.mark.parametrize(
    "looks", [pytest.param(BRIEFLY, id="briefly"), pytest.param(THOROUGHLY, id="thoroughly", marks=pytest.mark.endure)]
)
@pytest.mark.parametrize("part", range(PARTS))
def test_every_page_is_sound(
    furnished: Cast, addresses: dict[str, str], sign_in: Callable[..., Page], part: int, looks: Mapping[int, Looks]
) -> None:
    visit = Visit(sign_in, furnished.alice, looks)
    shown = (address for name, address in addresses.items() if name not in PARTS_OF_PAGES)
    pages = [address for address in sorted(shown) if not address.partition("?")[0].endswith(FILES)]
    assert [fault for address in pages[part::PARTS] for fault in visit.faults(address)] == []


def test_a_first_page_is_small(furnished: Cast, sign_in: Callable[..., Page]) -> None:
    page = sign_in(furnished.alice)
    sizes: list[int] = []
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.send("Network.setCacheDisabled", {"cacheDisabled": True})
    wire.on("Network.loadingFinished", lambda told: sizes.append(told["encodedDataLength"]))
    page.goto(f"/s/{furnished.alice.tenant.slug}/contacts", wait_until="networkidle")
    assert 10_000 < sum(sizes) < FIRST_PAGE_BYTES


def test_the_keyboard_alone_reaches_the_content_and_every_line_of_the_navigation(
    furnished: Cast, sign_in: Callable[..., Page]
) -> None:
    page = sign_in(furnished.alice)
    lines = page.locator("nav.sidebar ul a").count()
    reached = set()
    for _ in range(lines + 12):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.outerHTML.slice(0, 200)"))
    assert sum(" href=" in each and "<a" in each for each in reached) >= lines
    page.goto(f"/s/{furnished.alice.tenant.slug}")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


@pytest.mark.parametrize("role", [*Role, "stranger", "nobody"])
def test_every_role_sees_its_pages_and_no_others(
    service: Service, furnished: Cast, addresses: dict[str, str], role: str
) -> None:
    outsiders = {"stranger": furnished.charlie, "nobody": None}
    named = f"{role}-of-all-pages"
    person = outsiders[role] if role in outsiders else new_person(named, furnished.alice.tenant, Role(role))
    with reader(service, person) as client:
        for address in addresses.values():
            if not address.startswith("/s/"):
                continue
            pattern = resolve(urlsplit(address).path).route
            needed = Role(PAGES[pattern].removeprefix("role "))
            answer = client.get(address)
            if role == "nobody":
                assert answer.status_code == 302, address
                assert answer.headers["Location"].startswith("/sign-in?next="), address
            elif role == "stranger":
                assert answer.status_code == 404, address
            else:
                assert answer.status_code in ((200, 302) if Role(role).rank >= needed.rank else (403,)), address
