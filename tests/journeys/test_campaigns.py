"""From contacts that a program sends to an answer on the dashboard, by way of a campaign made in a browser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import Page, expect

from rapport.client import Client
from tests.ingest.serving import until
from tests.sender.sink import Sink, sink
from tests.sender.test_waves import days_pass

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cast import Cast
    from tests.journeys.conftest import Service

PEOPLE = ("ada", "grace")


def text_for(server: Sink, name: str) -> str:
    """The text of the last mail that somebody got."""
    mails = [mail for mail in server.messages() if mail["To"] == f"{name}@example.com"]
    text: str = mails[-1].get_body(("plain",)).get_content()
    return text


def add_server(page: Page, port: int) -> None:
    page.get_by_role("link", name="Sending").click()
    page.get_by_role("link", name="New mail server").click()
    for label, value in (("Name", "Ours"), ("Host", "127.0.0.1"), ("Port", str(port))):
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_label("Security").select_option("smtp")
    page.get_by_role("button", name="Save and check").click()
    expect(page.get_by_text("It answered.")).to_be_visible()


def make_campaign(page: Page) -> None:
    page.get_by_role("link", name="Manual", exact=True).click()
    page.get_by_role("link", name="New campaign").first.click()
    page.get_by_label("Name", exact=True).fill("Q4 relationship")
    page.get_by_label("Kind").select_option("invitation")
    page.get_by_label("Sender's name").fill("Ada")
    page.get_by_label("Sender's address").fill("ada@sender.example")
    page.get_by_label("Mail server").select_option(label="Ours")
    page.get_by_label("Reminders").fill("7")
    page.get_by_label("Field 1").select_option("first_name")
    page.get_by_label("Value 1").fill("Ada")
    expect(page.get_by_text("1 contact now.")).to_be_visible()
    page.get_by_label("Field 1").select_option("")
    expect(page.get_by_text("2 contacts now.")).to_be_visible()
    page.get_by_role("button", name="Save").click()


def see_and_test(page: Page, server: Sink, cast: Cast) -> None:
    """The message as Grace sees it, and a test mail to whoever asks."""
    page.get_by_label("Address of a contact").fill("Grace@Example.com")
    page.get_by_role("button", name="Show").click()
    expect(page.frame_locator("iframe.preview").get_by_text("Hello Grace")).to_be_visible()
    page.get_by_role("button", name="Send me a test").click()
    expect(page.get_by_text(f"It is on its way to {cast.alice.user.email}")).to_be_visible()
    assert [mail["To"] for mail in server.messages()] == [cast.alice.user.email]
    server.taken.clear()


def send(page: Page, server: Sink) -> str:
    """The plan, and what it starts; the campaign's id."""
    page.get_by_role("link", name="Back", exact=True).click()
    page.get_by_role("button", name="Plan").click()
    expect(page.get_by_text("2 contacts of 2 chosen get the message.")).to_be_visible()
    page.get_by_role("button", name="Send to 2").click()
    expect(page.get_by_text("2 of 2 are over, 0 wait")).to_be_visible(timeout=30_000)
    assert server.counts == {f"{name}@example.com": 1 for name in PEOPLE}
    return page.url.rpartition("/")[2]


def answer(page: Page, server: Sink) -> None:
    """Ada clicks the nine in her mail, and sends it."""
    link = re.search(r"\S+/a/\S+\?score=9\b", text_for(server, "ada"))
    assert link, text_for(server, "ada")
    browser = page.context.browser
    assert browser
    contact = browser.new_context().new_page()
    contact.goto(link[0])
    expect(contact.get_by_text("You chose 9.")).to_be_visible()
    contact.get_by_role("button", name="Send").click()
    expect(contact.get_by_role("heading", name="Thank you!")).to_be_visible()
    contact.context.close()


def state(program: Client, campaign: str) -> str:
    return next(each.state for each in program.campaigns() if each.id == campaign)


def test_a_campaign_is_made_seen_tested_sent_answered_and_counted(
    service: Service, cast: Cast, sign_in: Callable[..., Page]
) -> None:
    alice = cast.alice
    with Client(service.url, alice.client_id, alice.client_secret) as program, sink() as server:
        for name in PEOPLE:
            program.put("contact", {"Email": f"{name}@example.com", "First Name": name.capitalize()})
        page = sign_in(alice)
        add_server(page, server.port)
        make_campaign(page)
        see_and_test(page, server, cast)
        campaign = send(page, server)
        answer(page, server)

        days_pass(service.database, alice.tenant, 8)
        until(lambda: state(program, campaign) == "done", "the reminder is out", 60)
        assert server.counts == {"ada@example.com": 1, "grace@example.com": 2}
        assert "a few days ago we asked you" in text_for(server, "grace")
        page.reload()
        expect(page.get_by_role("row", name="ada@example.com Reminder 1 Skipped Answered on")).to_be_visible()
        [skipped] = program.deliveries(campaign=campaign, state="skipped")
        assert skipped.address == "ada@example.com"
        assert str(skipped.reason).startswith("Answered on")

        page.get_by_role("link", name="Responses", exact=True).click()
        expect(page.get_by_text("9 Promoter")).to_be_visible()
        page.get_by_role("link", name="Dashboard", exact=True).click()
        page.get_by_label("Period").select_option("all")
        expect(page.get_by_text("too few for a score")).to_be_visible()
