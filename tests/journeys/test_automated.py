"""From a survey record that a program sends to the mail that tells somebody of a bad answer, by nobody's hand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import httpx2
import pytest
from playwright.sync_api import Page, expect

from rapport.client import Client
from tests.cast import Cast
from tests.conftest import Database, django_on
from tests.ingest.serving import Server, until
from tests.journeys.conftest import Service
from tests.sender.sink import Sink, sink

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.cast import Cast


@pytest.fixture(scope="module")
def post() -> Iterator[Sink]:
    """The deployment's mail server."""
    with sink() as made:
        yield made


@pytest.fixture(scope="module")
def service(copy: Callable[[], Database], post: Sink, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service of its own, which has a mail server and an address for links."""
    database = copy()
    server = Server(database, tmp_path_factory.mktemp("service"), workers=1, command=("serve",))
    more = {"RAPPORT_PUBLIC_URL": server.url, "RAPPORT_MAIL_URL": f"smtp://127.0.0.1:{post.port}"}
    server.environment |= more
    server.start()
    try:
        with django_on(database):
            yield Service(server, database, Cast())
    finally:
        assert server.stop() == 0


def activate(page: Page) -> None:
    """The default campaign gets a sender, is rehearsed and activated."""
    page.get_by_role("link", name="Automated", exact=True).click()
    page.get_by_role("link", name="Default").click()
    page.get_by_role("link", name="Edit", exact=True).click()
    page.get_by_label("Sender's address").fill("ada@sender.example")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Rehearse").click()
    expect(page.get_by_role("heading", name="Rehearsal")).to_be_visible()
    expect(page.get_by_text("it would have taken 1, and mailed 1")).to_be_visible()
    page.get_by_role("button", name="Activate").click()
    expect(page.get_by_text("Default takes survey records from now on.")).to_be_visible()


def watch(service: Service, cast: Cast) -> None:
    """Alice wants to hear of detractors."""
    rule = {"name": "Bad ones", "score_groups": ["detractor"], "users": [str(cast.alice.user.id)]}
    with httpx2.Client(base_url=service.url, headers=cast.alice.bearer) as api:
        answer = api.post("/api/alerts", json=rule)
        assert answer.status_code == 201, answer.text


def mail_to(post: Sink, address: str) -> str:
    """The text of the one mail to somebody."""
    [found] = [mail for mail in post.messages() if mail["To"] == address]
    body = found.get_body(("plain",))
    assert body
    text: str = body.get_content()
    return text


def test_a_survey_record_is_mailed_answered_and_told_of(
    service: Service, cast: Cast, post: Sink, sign_in: Callable[..., Page]
) -> None:
    alice = cast.alice
    watch(service, cast)
    with Client(service.url, alice.client_id, alice.client_secret) as program:
        program.put("survey", {"Email": "earlier@example.com"})
        page = sign_in(alice)
        expect(
            page.get_by_text("1 survey record waits unsent: no automated campaign is active.", exact=True)
        ).to_be_visible()
        activate(page)
        program.put("survey", {"Email": "grace@example.com"})
        until(lambda: post.counts["grace@example.com"] == 1, "Grace is asked", 60)
    link = re.search(r"\S+/a/\S+\?score=2\b", mail_to(post, "grace@example.com"))
    assert link
    page.goto(link[0])
    expect(page.get_by_text("You chose 2.")).to_be_visible()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="Thank you!")).to_be_visible()
    until(lambda: post.counts[alice.user.email] == 1, "Alice is told", 60)
    assert "Bad ones" in mail_to(post, alice.user.email)
    assert post.counts["earlier@example.com"] == 0
