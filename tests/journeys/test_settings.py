"""Settings in the browser: inviting somebody, filtering the audit log, a field from its form to a record."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import httpx2

from rapport.connected_apps import issue
from rapport.tenants.actors import COMMAND
from tests.ingest.serving import PATIENCE
from tests.members.conftest import PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.cast import Cast
    from tests.journeys.conftest import Service

SignIn = Callable[..., "Page"]


def test_somebody_is_invited_joins_and_is_removed(
    service: Service, cast: Cast, sign_in: SignIn, chromium: Browser
) -> None:
    alice, email = sign_in(cast.alice), f"dora@{cast.alice.tenant.slug}.example.com"
    alice.goto(f"/s/{cast.alice.tenant.slug}/settings/users")
    alice.get_by_role("link", name="Invite somebody").click()
    alice.get_by_label("E-mail").fill(email)
    alice.get_by_label("Admin also changes these").check()
    alice.get_by_role("button", name="Invite").click()
    link = alice.locator(".secret code").inner_text()
    alice.get_by_role("link", name="I have passed it on").click()
    alice.get_by_role("cell", name=email, exact=True).wait_for()

    dora = chromium.new_context(base_url=service.url).new_page()
    dora.goto(link[link.index("/invitation/") :])
    dora.get_by_label("Your name").fill("Dora")
    dora.get_by_label("New password").fill(PASSWORD)
    dora.get_by_role("button", name="Join").click()
    dora.wait_for_url(f"**/s/{cast.alice.tenant.slug}")

    alice.reload()
    row = alice.get_by_role("row", name=re.compile("^Dora"))
    row.get_by_role("link", name="Remove").click()
    dialog = alice.get_by_role("dialog")
    dialog.get_by_text("sees nothing of").wait_for()
    dialog.get_by_role("button", name="Remove").click()
    alice.get_by_text("Dora is no longer a member.").wait_for()
    assert dora.goto(f"/s/{cast.alice.tenant.slug}").status == 404
    dora.context.close()


def test_the_audit_log_is_narrowed_down_without_leaving_the_page(cast: Cast, sign_in: SignIn) -> None:
    issue.create_app(cast.alice.tenant, COMMAND, "Webshop")
    page = sign_in(cast.alice)
    page.goto(f"/s/{cast.alice.tenant.slug}/settings/audit")
    page.get_by_role("link", name="Webshop").wait_for()
    page.get_by_label("What").select_option("member.sign_in")
    page.get_by_role("link", name="Webshop").wait_for(state="detached")
    page.wait_for_url("**/settings/audit?*action=member.sign_in*")
    page.get_by_role("cell", name="signed in").first.wait_for()
    page.go_back()
    page.get_by_role("link", name="Webshop").wait_for()


def test_a_field_made_in_the_browser_can_be_mapped_and_filled(service: Service, cast: Cast, sign_in: SignIn) -> None:
    page = sign_in(cast.alice)
    page.goto(f"/s/{cast.alice.tenant.slug}/settings/fields")
    page.get_by_role("link", name="Add a field").first.click()
    page.get_by_label("Label").fill("Segment")
    page.get_by_label("Type", exact=True).select_option("choice")
    page.get_by_label("Choices").fill("Gold\nSilver")
    page.get_by_role("button", name="Add the field").click()
    page.get_by_role("link", name="Segment", exact=True).wait_for()
    mapping = [{"heading": "E-Mail", "field": "email"}, {"heading": "Kind", "field": "contact.segment"}]
    content = {"name": "Nightly", "reference": "nightly", "kind": "api", "data_type": "contact", "mapping": mapping}
    with httpx2.Client(base_url=service.url, headers=cast.alice.bearer, timeout=PATIENCE) as client:
        assert client.post("/api/configurations", json=content).status_code == 201
        record = {"E-Mail": "ada@journey.example", "Kind": "Gold"}
        answer = client.put("/records", json={"configuration": "nightly", "record": record})
        assert answer.status_code == 200
        refused = client.put("/records", json={"configuration": "nightly", "record": record | {"Kind": "Tin"}})
    assert "must be one of: Gold, Silver." in refused.text
