"""Getting in, in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.cast import Cast


def test_a_one_time_link_leads_home_and_signing_out_leads_out(cast: Cast, sign_in: Callable[..., Page]) -> None:
    page = sign_in(cast.alice)
    page.get_by_text("Alice", exact=True).click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")
    page.goto(f"/s/{cast.alice.tenant.slug}")
    assert "/sign-in?next=" in page.url
