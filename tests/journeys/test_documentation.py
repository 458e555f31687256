"""The documentation in a browser: sound at every width, with and without JavaScript, up to a record that is tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rapport.handbook.contents import ENTRIES
from tests.journeys.soundness import Visit

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser, Page

    from tests.cast import Cast
    from tests.journeys.conftest import Service

ADDRESSES = [*(entry.path for entry in ENTRIES.values()), "/docs/search?q=token"]
#: They are looked at in so many tests, so that several processes share them.
PARTS = 2


@pytest.mark.parametrize("part", range(PARTS))
def test_every_page_of_the_documentation_is_sound(cast: Cast, sign_in: Callable[..., Page], part: int) -> None:
    visit = Visit(sign_in, cast.alice)
    assert [fault for address in ADDRESSES[part::PARTS] for fault in visit.faults(address)] == []


def test_the_language_of_one_example_is_that_of_all_and_is_remembered(cast: Cast, sign_in: Callable[..., Page]) -> None:
    page = sign_in(cast.alice)
    page.goto("/docs/batch")
    page.get_by_role("tab", name="Python").first.click()
    assert page.locator("pre:visible", has_text="from urllib.request").count() > 1
    page.goto("/docs/activities")
    assert page.locator("pre:visible", has_text="from urllib.request").count() > 1
    assert page.locator("pre:visible", has_text="curl -X PUT").count() == 0


def test_without_javascript_there_are_all_languages_and_all_regions(service: Service, chromium: Browser) -> None:
    context = chromium.new_context(base_url=service.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/docs/batch")
    assert page.get_by_text("curl_setopt_array").first.is_visible()
    page.get_by_role("button", name="AU").click()
    page.get_by_role("link", name="PUT Records", exact=True).click()
    assert page.get_by_text("https://imports.api.au.example.com/records").first.is_visible()
    context.close()


def test_a_reader_tries_a_record_with_their_own_names(cast: Cast, sign_in: Callable[..., Page]) -> None:
    page = sign_in(cast.alice)
    page.goto("/docs/put-records/contact")
    assert page.get_by_text(cast.bob.client_id).first.is_visible()
    page.get_by_role("link", name="Try it with a record").click()
    page.get_by_label("First Name").fill("Augusta")
    page.get_by_role("button", name="Rehearse").click()
    page.get_by_role("heading", name="What would become of it").wait_for()
    page.get_by_role("button", name="Send for real").click()
    page.get_by_role("link", name="Augusta Lovelace").click()
    assert page.get_by_role("heading", name="Augusta Lovelace").is_visible()
