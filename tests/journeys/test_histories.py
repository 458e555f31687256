"""What happened to my record? From the first one on an empty Home to a field that its sender renamed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from rapport.configurations import edits
from rapport.configurations.locks import editing
from rapport.tenants.actors import COMMAND
from tests.ingest.conftest import Caller
from tests.ingest.serving import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from tests.cast import Cast
    from tests.journeys.conftest import Service

#: Milliseconds until something polled has to be there on a busy machine.
PATIENCE = 20_000


@pytest.fixture
def caller(service: Service, cast: Cast) -> Iterator[Caller]:
    """Alice's program."""
    with Caller(service.url, cast.alice) as caller:
        yield caller


def test_the_first_record_arrives_while_somebody_looks(
    caller: Caller, cast: Cast, sign_in: Callable[..., Page]
) -> None:
    page = sign_in(cast.alice)
    expect(page.get_by_text("Waiting for your first record…")).to_be_visible()
    assert caller.record({"Email": "ada@example.com", "Frist Name": "Ada"}).status_code == 200
    became = page.locator("#first-record")
    expect(became.get_by_role("heading", name="What became of it")).to_be_visible(timeout=PATIENCE)
    expect(became.get_by_role("row", name="Email ada@example.com stored as Email: ada@example.com")).to_be_visible()
    expect(became.get_by_role("row", name="Frist Name Ada ignored: nothing maps this heading")).to_be_visible()
    expect(page.get_by_text("Waiting for your first record…")).to_be_hidden()
    expect(page.locator("h1")).to_have_text("Your first record is here")
    became.get_by_role("link", name="Go on to Home").click()
    expect(page.get_by_role("heading", name="record in the last hour")).to_be_visible()


def counted(caller: Caller, heading: str) -> int:
    """Values that the service has counted under a heading."""
    found = caller.get("/api/unmapped").json()["data"]
    return sum(row["count"] for row in found if row["heading"] == heading)


def make_crm(cast: Cast) -> None:
    """A configuration that knows an address and a first name."""
    mapping = [{"heading": "Email", "field": "email"}, {"heading": "First Name", "field": "first_name"}]
    content = {"reference": "crm", "name": "CRM", "kind": "api", "data_type": "contact", "mapping": mapping}
    with editing(cast.alice.tenant) as tenant_id:
        edits.create(tenant_id, COMMAND, content)


def test_a_renamed_field_is_noticed_mapped_and_filled_again(
    caller: Caller, cast: Cast, sign_in: Callable[..., Page]
) -> None:
    make_crm(cast)
    for number in range(3):
        assert caller.record({"Email": f"{number}@example.com", "First Name": "Ada"}, "crm").status_code == 200
    for number in range(12):
        assert caller.record({"Email": f"{number}@example.com", "Frist Name": "Grace"}, "crm").status_code == 200
    until(lambda: counted(caller, "Frist Name") == 12, "every value is counted")

    page = sign_in(cast.alice)
    alarm = page.get_by_role("listitem").filter(has_text="12 values arrived under Frist Name, which nothing maps")
    expect(alarm).to_contain_text("it may be First Name.")
    alarm.get_by_role("link", name="Map it").click()
    expect(page.get_by_label("Field")).to_have_value("first_name")
    page.get_by_role("button", name="Map it", exact=True).click()
    expect(page.get_by_role("heading", name="Frist Name is mapped")).to_be_visible()
    expect(page.get_by_text("wherever First Name brings no value")).to_be_visible()
    expect(page.get_by_text("You need not change anything.")).to_be_visible()
    page.get_by_role("link", name="Back to unmapped fields").click()
    expect(page.get_by_text("Every heading finds its field")).to_be_visible()

    until(
        lambda: caller.record({"Email": "11@example.com", "Frist Name": "Grace"}, "crm").json()["ignored"] == [],
        "every worker knows the new mapping",
    )
    page.get_by_role("link", name="Request history").click()
    page.get_by_role("searchbox", name="Text").fill("11@example.com")
    page.wait_for_url("**text=11%40example.com**")
    expect(page.locator("tbody tr").first).to_contain_text("11@example.com")
    page.get_by_label("Outcome").select_option(label="Updated")
    page.wait_for_url("**outcome=updated**")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.locator("tbody tr a").click()
    expect(page.get_by_role("row", name="Frist Name Grace stored as First Name: Grace")).to_be_visible()


def test_new_records_wait_above_the_list_until_they_are_wanted(
    caller: Caller, cast: Cast, sign_in: Callable[..., Page]
) -> None:
    caller.record({"Email": "first@example.com"})
    page = sign_in(cast.alice)
    page.get_by_role("link", name="Request history").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    for number in range(3):
        caller.record({"Email": f"{number}@example.com"})
    pill = page.get_by_role("link", name="3 new")
    expect(pill).to_be_visible(timeout=PATIENCE)
    expect(page.locator("tbody tr")).to_have_count(1)
    pill.click()
    expect(page.locator("tbody tr")).to_have_count(4)
    expect(pill).to_be_hidden()
