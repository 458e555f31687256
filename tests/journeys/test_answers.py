"""An answer comes, is seen while one looks, followed up, and counted on the dashboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.ingest.conftest import Caller

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.cast import Cast
    from tests.journeys.conftest import Service


def answered(service: Service, cast: Cast, name: str, score: int) -> None:
    """Alice's program sends an answer that was collected elsewhere."""
    record = {"Email": f"{name.lower()}@example.com", "First Name": name, "NPS Score": str(score), "Comment": "So so"}
    times = {"Sent Date": "2026-01-01", "Response Date": "2026-01-02"}
    with Caller(service.url, cast.alice) as caller:
        answer = caller.record(record | times, configuration="external-response")
        assert answer.status_code == 200, answer.text


def test_an_answer_is_seen_followed_up_and_counted(service: Service, cast: Cast, sign_in: Callable[..., Page]) -> None:
    answered(service, cast, "Ada", 9)
    page = sign_in(cast.alice)
    page.get_by_role("link", name="Responses", exact=True).click()
    expect(page.get_by_text("9 Promoter")).to_be_visible()
    answered(service, cast, "Grace", 3)
    page.get_by_role("link", name="1 new").click()
    expect(page.get_by_text("3 Detractor")).to_be_visible()
    page.get_by_label("Every score").or_(page.locator("#id_group")).first.select_option("detractor")
    expect(page.get_by_text("9 Promoter")).to_have_count(0)
    page.get_by_text("3 Detractor").click()
    expect(page.get_by_role("heading", name="Response of Grace")).to_be_visible()
    page.get_by_label("State").select_option("in_progress")
    page.get_by_label("Assigned to").select_option(label="Bob")
    page.get_by_label("Note").fill("Bob calls her")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("moved it to In Progress, gave it to Bob")).to_be_visible()
    page.get_by_role("link", name="Dashboard", exact=True).click()
    page.get_by_label("Period").select_option("all")
    expect(page.get_by_text("too few for a score")).to_be_visible()
    for number in range(8):
        answered(service, cast, f"Joe{number}", 10)
    page.reload()
    expect(page.get_by_role("img", name="Score by month, with its interval")).to_be_visible()
    expect(page.get_by_role("heading", name="NPS")).to_contain_text("80")
