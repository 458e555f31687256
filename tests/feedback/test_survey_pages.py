"""Pages of survey records, external responses and activities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rapport.configurations import touchpoints
from rapport.configurations.locks import editing
from rapport.tenants.actors import COMMAND
from rapport.tenants.models import Tenant
from tests.directory.browsing import Browser
from tests.directory.desk import Desk
from tests.directory.feed import feed, first_id
from tests.directory.test_record_pages import app_of, names

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from tests.cast import Cast
    from tests.conftest import Database

Send = Callable[..., "list[UUID]"] if TYPE_CHECKING else Any
TIMES = {"Sent Date": "2026-01-31 14:30:00", "Response Date": "2026-02-01 00:00:00"}


@pytest.fixture
def alice(cast: Cast) -> Browser:
    """Alice's browser."""
    return Browser(cast.alice)


@pytest.fixture
def send(database: Database, cast: Cast) -> Send:
    """Sends records from Alice's app; the ids of what they are about."""

    def sent(*records: dict[str, Any]) -> list[UUID]:
        receipts = feed(database.settings, cast.alice.tenant.pk, app_of(cast.alice), *records)
        assert not [receipt.errors for receipt in receipts if receipt.errors]
        return [first_id(receipt) for receipt in receipts]

    return sent


def activity(reference: str, **more: str) -> dict[str, str]:
    """A record of an activity."""
    given = {"Account Name": "Navy", "Reference": reference, "Source": "CRM", "Type": f"Visit {reference}"}
    return {"": "activity", "Happened At": "2026-01-31 14:30:00"} | given | more


@pytest.mark.parametrize("path", ["survey-records", "survey-records/external-responses", "activities"])
def test_empty_lists_say_what_will_be_there(cast: Cast, alice: Browser, path: str) -> None:
    assert "yet" in alice.text(path)
    assert "/data/" not in Browser(cast.bob).get(path).content.decode().partition("<main")[2]


def test_a_survey_record_shows_what_was_known_then_beside_today(send: Send, alice: Browser) -> None:
    send({"Email": "ada@example.com", "First Name": "Ada", "Account Name": "Navy", "Job Title": "Clerk"})
    [survey] = send({"": "survey", "Email": "ada@example.com", "Delivery Vector": "sms"})
    send({"Email": "ada@example.com", "Job Title": "Chief", "Account Name": "Army"})
    text = alice.text(f"survey-records/{survey}")
    assert "Survey of Ada Queued" in text
    assert "Delivery Vector sms" in text
    assert "First Name Ada the same" in text
    assert "Job Title Clerk Chief changed" in text
    assert "Account Name Navy Army changed" in text
    assert "Alice's app created it" in text
    assert alice.get("survey-records").content.decode().count("Queued") == 2  # the filter, and the row


def test_survey_records_of_a_touchpoint_a_state_and_a_contact(send: Send, alice: Browser) -> None:
    desk = Desk(alice.person)
    with editing(desk.tenant) as tenant_id:
        touchpoints.create(tenant_id, COMMAND, {"name": "Delivery"})
    send({"": "survey", "Email": "ada@example.com"}, {"": "survey", "Email": "grace@example.com"})
    contact = desk.contact_keys()["e:ada@example.com"]
    assert names(alice, "survey-records") == ["grace@example.com", "ada@example.com"]
    assert names(alice, "survey-records", state="queued") == ["grace@example.com", "ada@example.com"]
    assert names(alice, "survey-records", contact=contact) == ["ada@example.com"]
    assert names(alice, "survey-records", touchpoint="Delivery") == []
    assert "No survey record fits" in alice.text("survey-records", touchpoint="Delivery")
    assert names(alice, "survey-records", touchpoint="nobody's", state="nowhere") == names(alice, "survey-records")


def test_external_responses(send: Send, alice: Browser) -> None:
    record = {"": "external-response", "Email": "ada@example.com", "NPS Score": "9", "Comment": "Great", **TIMES}
    [response] = send(record)
    assert names(alice, "survey-records/external-responses") == ["ada@example.com"]
    text = alice.text(f"survey-records/external-responses/{response}")
    assert "9 of 10" in text
    assert "Comment Great" in text
    assert "Response Date 1 Feb 2026, 00:00 UTC" in text
    contact = Desk(alice.person).contact_keys()["e:ada@example.com"]
    assert "Responses 9 of 10 Great" in alice.text(f"contacts/{contact}")


def test_activities(send: Send, alice: Browser) -> None:
    send({"Email": "ada@example.com"})
    first, _ = send(activity("T-1", Contact="ada@example.com"), activity("T-2"))
    send(activity("T-1", Type="Order"))
    desk = Desk(alice.person)
    contact, account = desk.contact_keys()["e:ada@example.com"], desk.account_keys()["navy"][0]
    assert names(alice, "activities") == ["Visit T-2", "Order"]
    assert names(alice, "activities", contact=contact) == ["Order"]
    assert names(alice, "activities", account=account) == ["Visit T-2", "Order"]
    assert names(alice, "activities", reference="T-2") == ["Visit T-2"]
    assert "exactly the reference “T-3”" in alice.text("activities", reference="T-3")
    text = alice.text(f"activities/{first}")
    assert "with Navy" in text
    assert "Contact ada@example.com Account Navy" in text
    assert "Type Visit T-1 Order" in text.partition("History")[2]
    assert "Activities Order" in alice.text(f"contacts/{contact}")


@pytest.mark.parametrize("moment", ["0002-01-01 00:00:00Z", "9998-12-31 23:59:59Z"])
@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
def test_the_ends_of_the_calendar_break_no_page(send: Send, alice: Browser, moment: str, zone: str) -> None:
    Tenant.objects.filter(pk=alice.person.tenant.pk).update(time_zone=zone)
    times = {"Sent Date": moment, "Response Date": moment}
    [response] = send({"": "external-response", "Email": "ada@example.com", "NPS Score": "9"} | times)
    [visit] = send(activity("T-1") | {"Happened At": moment})
    for path in (f"external-responses/{response}", "external-responses"):
        assert alice.get(f"survey-records/{path}").status_code == 200
    for path in ("activities", f"activities/{visit}"):
        assert alice.get(path).status_code == 200


def test_a_list_of_a_stranger_is_not_found(alice: Browser) -> None:
    for path in ("survey-records", "survey-records/external-responses", "activities"):
        assert alice.get(path, {"contact": "x"}).status_code == 404
