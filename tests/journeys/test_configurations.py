"""The six documented steps to an import configuration, and what callers can do right after them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import httpx2
from playwright.sync_api import expect

from tests.ingest.conftest import Caller

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.cast import Cast
    from tests.journeys.conftest import Service


def open_configurations(page: Page) -> None:
    """Steps 1 and 2: Data > Imports > Configurations, API Configurations."""
    page.get_by_role("link", name="Imports").first.click()
    page.get_by_role("main").get_by_role("link", name="Configurations", exact=True).click()
    expect(page.get_by_role("heading", name="Configurations", level=1)).to_be_visible()
    page.get_by_role("link", name="File Configurations").click()
    page.get_by_role("link", name="API Configurations").click()


def map_field(page: Page, field: str, heading: str) -> None:
    """One line of step 5: a field and its heading."""
    suggested = page.get_by_label(f"Heading of {field}", exact=True)
    expect(suggested).to_be_hidden()
    page.get_by_label(f"Map {field}", exact=True).check()
    expect(suggested).to_have_value(field)
    suggested.fill(heading)


def reference(page: Page) -> str:
    """The reference, as the page of a saved configuration shows it."""
    page.wait_for_url("**/configurations/*")
    return str(page.get_by_label("Copy reference").get_attribute("data-copy"))


def test_the_six_steps_for_contact_and_a_record_that_uses_them(
    service: Service, cast: Cast, sign_in: Callable[..., Page]
) -> None:
    page = sign_in(cast.alice)
    open_configurations(page)
    page.get_by_role("link", name="Add configuration").click()
    page.get_by_label("Configuration name").fill("CRM")
    page.get_by_label("Data type").select_option(label="Contact")
    expect(page.get_by_role("heading", name="File Mapping")).to_be_visible()
    expect(page.get_by_label("Configuration name")).to_have_value("CRM")
    map_field(page, "Email", "E-Mail")
    map_field(page, "First Name", "Vorname")
    page.get_by_role("button", name="Save").click()
    made = reference(page)
    expect(page.get_by_text("CRM is ready for callers.")).to_be_visible()
    with Caller(service.url, cast.alice) as caller:
        answer = caller.record({"E-Mail": "ada@example.com", "Vorname": "Ada"}, made)
        assert answer.status_code == 200
        found = caller.get("/api/contacts", params={"email": "ada@example.com"}).json()["data"]
    assert [(each["email"], each["first_name"]) for each in found] == [("ada@example.com", "Ada")]


def test_the_six_steps_for_multi_object_queue_a_survey_record(
    service: Service, cast: Cast, sign_in: Callable[..., Page]
) -> None:
    page = sign_in(cast.alice)
    open_configurations(page)
    page.get_by_role("link", name="Add configuration").click()
    page.get_by_label("Data type").select_option(label="Multi-object")
    page.get_by_label("Configuration name").fill("Orders")
    for field, heading in (("Email", "Email"), ("Account Name", "Customer"), ("Division", "Division")):
        map_field(page, field, heading)
    page.get_by_label("Account Name is required").check()
    page.get_by_role("button", name="Save").click()
    made = reference(page)
    with Caller(service.url, cast.alice) as caller:
        assert caller.record({"Email": "ada@example.com"}, made).status_code == 422
        answer = caller.record({"Email": "ada@example.com", "Customer": "Example Corp", "Division": "North"}, made)
        assert answer.status_code == 200
        kinds = {each["type"]: each["outcome"] for each in answer.json()["objects"]}
    assert kinds == {"survey_record": "created", "contact": "created", "account": "created"}


def test_a_heading_that_the_sample_shows_becomes_a_custom_field_and_a_webhook_takes_it(
    service: Service, cast: Cast, sign_in: Callable[..., Page]
) -> None:
    page = sign_in(cast.alice)
    open_configurations(page)
    page.get_by_role("link", name="Add configuration").click()
    page.get_by_label("Configuration name").fill("Shop")
    page.get_by_label("Data type").select_option(label="Contact")
    page.get_by_text("Propose from a sample").click()
    page.get_by_label("Sample").fill('{"email": "ada@example.com", "Loyalty points": "12"}')
    page.get_by_role("button", name="Propose").click()
    expect(page.get_by_label("Heading of Email", exact=True)).to_have_value("email")
    page.get_by_role("button", name="Make a custom field").click()
    expect(page.get_by_label("Label")).to_have_value("Loyalty points")
    page.get_by_role("button", name="Make and map it").click()
    expect(page.get_by_label("Heading of Loyalty points")).to_have_value("Loyalty points")
    expect(page.get_by_label("Configuration name")).to_have_value("Shop")
    page.get_by_role("button", name="Save").click()
    reference(page)
    open_configurations(page)
    page.get_by_label("Actions for Shop").click()
    page.get_by_role("link", name="Generate webhook").click()
    page.get_by_role("dialog").get_by_role("button", name="Generate webhook").click()
    url, user, password = (
        str(page.get_by_label(f"Copy {name}").get_attribute("data-copy")) for name in ("URL", "User", "Password")
    )
    answer = httpx2.post(url, auth=(user, password), json={"email": "ada@example.com", "Loyalty points": "12"})
    assert answer.status_code == 200
    with Caller(service.url, cast.alice) as caller:
        found = caller.get("/api/contacts", params={"email": "ada@example.com"}).json()["data"]
    assert found[0]["attributes"] == {"loyalty_points": 12}


def test_everything_works_without_javascript(cast: Cast, sign_in: Callable[..., Page]) -> None:
    page = sign_in(cast.alice, java_script_enabled=False)
    page.goto(f"/s/{cast.alice.tenant.slug}/data/imports/configurations/new")
    page.get_by_label("Data type").select_option(label="Contact")
    page.get_by_label("Configuration name").fill("Plain")
    page.get_by_role("button", name="Continue").click()
    map_field(page, "Phone", "Mobile")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Plain", level=1)).to_be_visible()
    page.get_by_label("Actions for Plain").click()
    page.get_by_role("link", name="Deactivate").click()
    page.get_by_role("button", name="Deactivate").click()
    expect(page.get_by_text("Plain is no longer active.")).to_be_visible()
