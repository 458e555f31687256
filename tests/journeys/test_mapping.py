"""A heading that nothing maps is mended in a browser, and nobody else loses theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2

from tests.ingest.serving import until

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.cast import Cast
    from tests.journeys.conftest import Service


def test_a_heading_of_a_default_configuration_is_mapped_in_a_copy(
    service: Service, cast: Cast, sign_in: Callable[..., Page]
) -> None:
    def put(configuration: str, **record: str) -> int:
        body = {
            "configuration": configuration,
            "record": {name.replace("_", " "): text for name, text in record.items()},
        }
        return httpx2.put(f"{service.url}/records", json=body, headers=cast.alice.bearer, timeout=30).status_code

    system = f"/s/{cast.alice.tenant.slug}"
    assert put("contact", Email="zoe@journey.example", Frist_Name="Zoe") == 200
    page = sign_in(cast.alice)
    page.goto(f"{system}/data/requests?text=zoe@journey")
    page.get_by_role("row", name="zoe@journey.example").get_by_role("link").first.click()
    page.locator(".receipt a", has_text="Map it").click()
    page.get_by_role("heading", name="Frist Name", exact=True).wait_for()
    page.get_by_label("Field", exact=True).select_option(label="First Name, after First Name")
    page.locator("form").filter(has=page.get_by_role("button", name="Copy and map it")).get_by_label(
        "Name of the copy"
    ).fill("From the shop")
    page.get_by_role("button", name="Copy and map it").click()
    page.get_by_role("heading", name="Frist Name is mapped").wait_for()
    message = page.locator(".to-send p").inner_text()
    reference = message.partition("configuration=")[2].split()[0]
    assert f"Please send configuration={reference} in place of configuration=contact" in message
    for record in ({"Frist_Name": "Zora"}, {"First_Name": "Zita"}):
        until(lambda record=record: put(reference, Email="zoe@journey.example", **record) == 200, "the copy takes it")
        page.goto(f"{system}/contacts?q=zoe@journey.example")
        page.get_by_role("link", name=next(iter(record.values()))).first.wait_for()
    page.goto(f"{system}/data/changes?text=zoe@journey.example")
    page.get_by_text("Zora").first.wait_for()
    page.get_by_text("Zita").first.wait_for()


def test_search_leads_to_whatever_has_an_address(cast: Cast, sign_in: Callable[..., Page]) -> None:
    page = sign_in(cast.alice)
    page.goto(f"/s/{cast.alice.tenant.slug}")
    for text, heading in (("invite", "Invite somebody"), ("first name", "Contacts (Default)"), ("changes", "Changes")):
        page.keyboard.press("Control+k")
        page.keyboard.type(text)
        page.locator("#found a").first.wait_for()
        page.keyboard.press("ArrowDown")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        page.get_by_role("heading", level=1).wait_for()
        assert heading.split()[0] in page.locator("h1").inner_text()
