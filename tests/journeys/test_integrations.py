"""Connected Apps from the browser to the wire: created, used, rotated under load, stopped."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

import httpx2

from tests.ingest.serving import PATIENCE, until

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.cast import Cast
    from tests.journeys.conftest import Service

SignIn = Callable[..., "Page"]


def shown(page: Page, what: str) -> str:
    """A text of the box that is shown once."""
    return page.locator(".secret .facts > div", has_text=what).locator("code").inner_text()


def created(page: Page, name: str) -> tuple[str, str]:
    """Creates an app in the browser; its client id and secret."""
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Connected Apps").click()
    page.get_by_role("link", name="Create New App").click()
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Create").click()
    credentials = shown(page, "Client id"), shown(page, "Client secret")
    page.get_by_role("link", name="I have stored it").click()
    page.get_by_role("heading", name=name).wait_for()
    return credentials


def token(client: httpx2.Client, client_id: str, secret: str) -> httpx2.Response:
    given = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    return client.post("/oauth2/token", data=given)


def put(client: httpx2.Client, bearer: str, email: str) -> httpx2.Response:
    record = {"configuration": "contact", "record": {"Email": email, "First Name": "Ada"}}
    return client.put("/records", json=record, headers={"Authorization": f"Bearer {bearer}"})


def test_an_app_made_in_the_browser_sends_a_record_that_the_browser_shows(
    service: Service, cast: Cast, sign_in: SignIn
) -> None:
    page = sign_in(cast.alice)
    client_id, secret = created(page, "Webshop")
    app = page.url
    assert secret not in page.content()
    with httpx2.Client(base_url=service.url, timeout=PATIENCE) as client:
        answer = token(client, client_id, secret)
        assert answer.status_code == 200
        assert put(client, answer.json()["access_token"], "ada@journey.example").status_code == 200

    def counted() -> bool:
        page.goto(app)
        return page.locator("dt:has-text('Last 24 hours') + dd").inner_text() == "1 record"

    until(counted, "the app's page counts the record")
    page.get_by_role("link", name="Its requests").click()
    page.wait_for_url("**/data/requests?app=*")
    page.get_by_text("ada@journey.example").first.wait_for()


def test_an_app_deactivated_in_the_browser_is_out_everywhere(service: Service, cast: Cast, sign_in: SignIn) -> None:
    page = sign_in(cast.alice)
    client_id, secret = created(page, "Webshop")
    with httpx2.Client(base_url=service.url, timeout=PATIENCE) as client:
        bearer = token(client, client_id, secret).json()["access_token"]
        assert put(client, bearer, "ada@journey.example").status_code == 200
        page.get_by_role("link", name="Deactivate").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_text("There is no way back").wait_for()
        dialog.get_by_role("button", name="Deactivate").click()
        page.get_by_text("its tokens stop within five seconds").wait_for()
        until(lambda: put(client, bearer, "ada@journey.example").status_code == 401, "the token stops")
        assert token(client, client_id, secret).status_code == 401


class Program:
    """Fetches tokens and sends records without a pause; `secret` can be changed meanwhile."""

    def __init__(self, url: str, client_id: str, secret: str) -> None:
        self.secret = secret
        self.answers: Counter[int] = Counter()
        self._place = url, client_id
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def __enter__(self) -> Program:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def goes_on(self) -> None:
        """Waits until it has gone around a few times more."""
        wanted = self.answers.total() + 10
        until(lambda: self.answers.total() >= wanted or not self._thread.is_alive(), "the program goes on")
        assert self._thread.is_alive()

    def _work(self) -> None:
        url, client_id = self._place
        with httpx2.Client(base_url=url, timeout=PATIENCE) as client:
            while not self._over.is_set():
                answer = token(client, client_id, self.secret)
                self.answers[answer.status_code] += 1
                if answer.status_code == 200:
                    sent = put(client, answer.json()["access_token"], "ada@journey.example")
                    self.answers[sent.status_code] += 1


def test_a_secret_is_rotated_under_load_without_a_single_401(service: Service, cast: Cast, sign_in: SignIn) -> None:
    page = sign_in(cast.alice)
    client_id, secret = created(page, "Webshop")
    with Program(service.url, client_id, secret) as program:
        for _ in range(2):
            program.goes_on()
            page.get_by_role("link", name="Rotate secret").click()
            page.get_by_role("dialog").get_by_role("button", name="Make a new secret").click()
            new = shown(page, "Client secret")
            program.goes_on()
            program.secret = new
            program.goes_on()
            page.get_by_role("link", name="I have stored it").click()
            old = page.locator("#secrets ~ *, .section:has(#secrets) li").last
            old.get_by_role("link", name=re.compile("^Retire")).click()
            page.get_by_role("dialog").get_by_role("button", name="Retire").click()
            page.get_by_text("The secret is retired.").wait_for()
            program.goes_on()
    assert set(program.answers) == {200}
    with httpx2.Client(base_url=service.url, timeout=PATIENCE) as client:
        assert token(client, client_id, secret).status_code == 401
        assert token(client, client_id, program.secret).status_code == 200
