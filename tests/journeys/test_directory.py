"""A contact edited by hand beside a feed that goes on, and what its history tells; search; aliases."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.ingest.conftest import Caller

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.cast import Cast
    from tests.journeys.conftest import Service


def send(service: Service, cast: Cast, **record: str) -> None:
    """Alice's program sends a contact."""
    with Caller(service.url, cast.alice) as caller:
        answer = caller.record({name.replace("_", " "): text for name, text in record.items()})
        assert answer.status_code == 200, answer.text


def open_contact(page: Page, name: str) -> None:
    """From the navigation to the page of a contact."""
    page.get_by_role("link", name="Contacts", exact=True).click()
    page.get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


def test_a_contact_is_edited_by_hand_and_its_history_tells_who_and_what(
    service: Service, cast: Cast, sign_in: Callable[..., Page]
) -> None:
    send(service, cast, Email="ada@example.com", First_Name="Ada", Last_Name="Byron", Job_Title="Clerk")
    page = sign_in(cast.alice)
    open_contact(page, "Ada Byron")
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Last Name").fill("Lovelace")
    page.get_by_label("Account Name").fill("Analytical Engines")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Your changes are saved.")).to_be_visible()
    newest, oldest = page.locator("#history li").first, page.locator("#history li").last
    expect(newest).to_contain_text(re.compile(r"Alice\s+changed 2 fields\s+just now"))
    expect(newest).to_contain_text(re.compile(r"Last Name\s*Byron\s+Lovelace"))
    expect(oldest).to_contain_text(re.compile(r"Alice's app\s+created it"))
    page.get_by_role("link", name="Last Name", exact=True).click()
    expect(page.get_by_role("heading", name="History of Last Name")).to_be_visible()
    expect(page.locator("#history li")).to_have_count(2)
    expect(page.locator("#history")).not_to_contain_text("Job Title")
    page.get_by_role("link", name="Receipt").last.click()
    expect(page.locator(".receipt")).to_contain_text("ada@example.com")


def test_what_a_feed_sends_while_a_form_is_open_is_shown_and_not_overwritten(
    service: Service, cast: Cast, sign_in: Callable[..., Page]
) -> None:
    send(service, cast, Email="ada@example.com", First_Name="Ada", Job_Title="Clerk")
    page = sign_in(cast.alice)
    open_contact(page, "Ada")
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Last Name").fill("Lovelace")
    send(service, cast, Email="ada@example.com", Job_Title="Countess")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("It has been changed by Alice's app since you opened it")).to_be_visible()
    expect(page.locator(".meanwhile")).to_contain_text(re.compile(r"Job Title\s*Clerk\s+Countess"))
    expect(page.get_by_label("Job Title")).to_have_value("Countess")
    expect(page.get_by_label("Last Name")).to_have_value("Lovelace")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Ada Lovelace", level=1)).to_be_visible()
    expect(page.get_by_text("Countess", exact=True).first).to_be_visible()


def test_search_as_one_types_in_the_list_and_from_anywhere(
    service: Service, cast: Cast, sign_in: Callable[..., Page]
) -> None:
    for name in ("Ada", "Grace"):
        send(service, cast, Email=f"{name}@example.com", First_Name=name, Account_Name=f"{name}'s Works")
    page = sign_in(cast.alice)
    page.keyboard.press("Control+k")
    page.keyboard.type("grace@example.com")
    expect(page.locator("#found").get_by_role("link", name="grace@example.com Open")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Grace", level=1)).to_be_visible()
    page.get_by_role("link", name="Contacts", exact=True).first.click()
    expect(page.locator("tr[data-href]")).to_have_count(2)
    page.get_by_label("Name, e-mail, phone").fill("ada@example.com")
    expect(page.locator("tr[data-href]")).to_have_count(1)
    expect(page).to_have_url(re.compile("q=ada%40example.com"))
    page.get_by_text("Columns").click()
    page.get_by_role("checkbox", name="Language").check()
    expect(page.get_by_role("columnheader", name="Language")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Ada", level=1)).to_be_visible()


def test_an_alias_is_given_and_taken_back(service: Service, cast: Cast, sign_in: Callable[..., Page]) -> None:
    send(service, cast, Email="ada@example.com", Account_Name="Analytical Engines")
    page = sign_in(cast.alice)
    page.get_by_role("link", name="Accounts", exact=True).click()
    page.get_by_role("link", name="Analytical Engines").click()
    page.get_by_role("link", name="Add", exact=True).click()
    page.get_by_label("Alias").fill("Babbage & Co")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("“Babbage & Co” finds Analytical Engines now.")).to_be_visible()
    send(service, cast, Email="charles@example.com", Account_Name="BABBAGE & CO")
    page.reload()
    expect(page.get_by_role("link", name="charles@example.com")).to_be_visible()
    page.get_by_role("link", name="Remove the alias Babbage & Co").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("will no longer find Analytical Engines")
    dialog.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("“Babbage & Co” no longer finds Analytical Engines.")).to_be_visible()
    expect(page.get_by_role("link", name="Remove the alias Babbage & Co")).to_have_count(0)
