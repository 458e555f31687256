"""A contact sent, asked, and answering on a telephone; the survey edited beside its preview."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from rapport.configurations import touchpoints
from rapport.configurations.locks import editing
from rapport.feedback import links, surveys
from rapport.feedback.documents.starters import STARTERS
from rapport.surveys.models import Fetch, Response, Suppressed, Survey, TouchpointLink
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope
from tests.journeys.soundness import BEYOND

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.cast import Cast
    from tests.journeys.conftest import Service

WIDTHS = (320, 768, 1280)
ARABIC = {
    "name": "Arabic",
    "languages": ["ar"],
    "title": {"ar": "استبيان"},
    "branding": {"name": "المحركات", "colour": "#0f766e"},
    "pages": [
        {
            "id": "page1",
            "questions": [
                {"id": "intro", "kind": "note", "text": {"ar": "مرحبا {{ contact.first_name }}"}},
                {"id": "nps", "kind": "nps", "required": True, "text": {"ar": "ما مدى احتمال أن توصي بنا؟"}},
                {
                    "id": "city",
                    "kind": "single",
                    "text": {"ar": "المدينة"},
                    "choices": [{"id": "a", "text": {"ar": "أ"}}],
                },
                {"id": "day", "kind": "date", "text": {"ar": "اليوم"}},
                {"id": "count", "kind": "number", "text": {"ar": "العدد"}, "help": {"ar": "رقم"}},
                {"id": "stars", "kind": "rating", "points": 10, "text": {"ar": "التقييم"}},
                {
                    "id": "more",
                    "kind": "multiple",
                    "text": {"ar": "المزيد"},
                    "choices": [{"id": "b", "text": {"ar": "ب"}}],
                },
            ],
        }
    ],
}


@pytest.fixture
def phone(service: Service, chromium: Browser) -> Iterator[Page]:
    """A telephone whose browser runs no script."""
    context = chromium.new_context(
        base_url=service.url, viewport={"width": 320, "height": 568}, java_script_enabled=False, is_mobile=True
    )
    yield context.new_page()
    context.close()


@pytest.fixture
def desk(service: Service, chromium: Browser) -> Iterator[Page]:
    """A browser that runs whatever script a page has."""
    context = chromium.new_context(base_url=service.url, reduced_motion="reduce")
    yield context.new_page()
    context.close()


def ask(service: Service, cast: Cast, **more: Any) -> str:
    """The link of a new survey record of Ada's."""
    with httpx2.Client(base_url=service.url, headers=cast.alice.bearer) as client:
        answer = client.post("/api/survey-records", json={"contact": {"email": "ada@example.com"}, **more})
    assert answer.status_code == 201, answer.text
    link: str = answer.json()["link"]
    assert link.startswith(f"{service.url}/a/")
    return link


def counted(cast: Cast) -> tuple[int, int, int]:
    """Answers, suppressed addresses, looks."""
    with tenant_scope(cast.alice.tenant) as tenant_id:
        looks = Fetch.objects.filter(tenant_id=tenant_id).values_list("fetches", flat=True)
        return (
            Response.objects.filter(tenant_id=tenant_id).count(),
            Suppressed.objects.filter(tenant_id=tenant_id).count(),
            sum(looks),
        )


def faults(page: Page) -> list[str]:
    """What is wrong with a page at three widths, in both schemes."""
    found = []
    page.evaluate(Axe().axe_script)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            told = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
            found += [f"{each['id']} {scheme} {width}: {each['nodes'][0]['html'][:200]}" for each in told]
            if page.evaluate(BEYOND) > 0:
                found.append(f"wider than {width}")
    return found


def test_on_a_telephone_without_script_by_keyboard_alone(service: Service, cast: Cast, phone: Page) -> None:
    phone.goto(ask(service, cast) + "?score=9")
    expect(phone.get_by_text("You chose 9.")).to_be_visible()
    expect(phone.get_by_role("radio", name="9")).to_be_checked()
    phone.get_by_role("radio", name="9").focus()
    phone.keyboard.press("ArrowRight")
    expect(phone.get_by_role("radio", name="10")).to_be_checked()
    phone.get_by_role("checkbox", name="Service").check()
    phone.get_by_label("What is the main reason for your score?").fill("Quick")
    assert counted(cast)[0] == 0
    phone.get_by_role("button", name="Send").focus()
    phone.keyboard.press("Enter")
    expect(phone.get_by_role("heading", name="Thank you!")).to_be_visible()
    phone.reload()
    expect(phone.get_by_text("Quick")).to_be_visible()
    phone.get_by_role("link", name="Change my answer").click()
    phone.get_by_role("radio", name="3", exact=True).check(force=True)
    phone.get_by_role("button", name="Send").click()
    with tenant_scope(cast.alice.tenant) as tenant_id:
        response = Response.objects.get(tenant_id=tenant_id)
    assert (response.nps_score, response.comment, response.corrections) == (3, "Quick", 1)


def test_what_depends_on_the_score_shows_with_it_without_script(service: Service, cast: Cast, phone: Page) -> None:
    phone.goto(ask(service, cast))
    drivers = phone.get_by_text("What influenced your score most?")
    expect(drivers).to_be_hidden()
    phone.get_by_role("radio", name="7").check(force=True)
    expect(drivers).to_be_visible()
    expect(phone.get_by_label("How can we reach you?")).to_be_hidden()
    phone.get_by_role("radio", name="Yes").check()
    expect(phone.get_by_label("How can we reach you?")).to_be_visible()


def test_the_pages_are_sound_at_three_widths_in_both_schemes(service: Service, cast: Cast, desk: Page) -> None:
    link = ask(service, cast)
    desk.goto(link)
    assert faults(desk) == []
    desk.get_by_role("radio", name="7").check(force=True)
    desk.get_by_role("button", name="Send").click()
    assert faults(desk) == []
    desk.goto(link[:-1])
    assert faults(desk) == []
    with tenant_scope(cast.alice.tenant) as tenant_id:
        arabic = surveys.create(tenant_id, COMMAND, "arabic", ARABIC)
        surveys.put_live(arabic, COMMAND)
    desk.goto(ask(service, cast, survey="arabic"))
    assert desk.evaluate("getComputedStyle(document.documentElement).direction") == "rtl"
    assert faults(desk) == []
    assert len(desk.content().encode()) < 40_000


def test_a_robot_that_renders_every_link_and_waits_leaves_nothing(service: Service, cast: Cast, desk: Page) -> None:
    link = ask(service, cast)
    loaded: list[str] = []
    desk.on("request", lambda request: loaded.append(request.url))
    for address in (link, *(f"{link}?score={score}" for score in (0, 9))):
        desk.goto(address)
        desk.wait_for_load_state("networkidle")
    record = links.read(link.rpartition("/")[2], links.ANSWER)
    assert record is not None
    desk.goto(f"/u/{links.make(cast.alice.tenant.pk, links.UNSUBSCRIBE, record.id)}")
    desk.wait_for_load_state("networkidle")
    assert counted(cast) == (0, 0, 4)
    assert len(loaded) == 4, "nothing is loaded but the page itself"
    assert desk.context.cookies() == []
    desk.get_by_role("button", name="Unsubscribe").click()
    expect(desk.get_by_role("heading", name="You are unsubscribed")).to_be_visible()
    assert counted(cast)[1] == 1


@pytest.fixture
def shop() -> Iterator[Callable[[str], str]]:
    """Serves somebody else's page, at an origin of its own."""
    pages: list[str] = []

    class Shop(BaseHTTPRequestHandler):
        """Always the same page."""

        def do_GET(self) -> None:
            """The page."""
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(pages[-1].encode())

        def log_message(self, *told: object) -> None:
            """Nothing is logged."""

    def serve(page: str) -> str:
        pages.append(page)
        return f"http://127.0.0.1:{server.server_port}/"

    with ThreadingHTTPServer(("127.0.0.1", 0), Shop) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield serve
        server.shutdown()


def test_a_touchpoint_is_answered_in_somebody_elses_page(
    service: Service, cast: Cast, desk: Page, shop: Callable[[str], str]
) -> None:
    with editing(cast.alice.tenant) as tenant_id:
        row = touchpoints.create(tenant_id, COMMAND, {"name": "Counter"})
        TouchpointLink.objects.create(tenant_id=tenant_id, touchpoint_id=row.id, opened_at=row.created_at)
    address = f"{service.url}/t/{links.make(cast.alice.tenant.pk, links.TOUCHPOINT, row.id)}"
    desk.goto(shop(f'<h1>Shop</h1><iframe src="{address}" title="Survey" width="600" height="600"></iframe>'))
    frame = desk.frame_locator("iframe")
    frame.get_by_role("radio", name="9", exact=True).check(force=True)
    frame.get_by_role("button", name="Send").click()
    expect(frame.get_by_role("heading", name="Thank you!")).to_be_visible()
    assert counted(cast)[0] == 1


def test_the_editor_shows_beside_it_what_is_typed(cast: Cast, sign_in: Callable[..., Page]) -> None:
    page = sign_in(cast.alice)
    page.get_by_role("link", name="Surveys", exact=True).click()
    page.get_by_role("link", name="Relationship NPS").click()
    page.get_by_role("link", name="Edit").click()
    page.locator("[name=p0-q0-text]").fill("Would you recommend us, {{ contact.first_name }}?")
    preview = page.frame_locator("iframe[name=preview]")
    expect(preview.get_by_text("Would you recommend us, Ada?")).to_be_visible()
    page.get_by_role("button", name="Save as version 2").click()
    expect(page.get_by_text("Version 2 is saved.")).to_be_visible()
    with tenant_scope(cast.alice.tenant) as tenant_id:
        survey = Survey.objects.get(tenant_id=tenant_id)
        assert survey.version == 2
        assert surveys.document(survey, 1) == STARTERS["relationship-nps"].document
