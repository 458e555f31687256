"""The search field: what names just one thing leads there, all else is found in groups."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from rapport.configurations import edits, fields, remedies, touchpoints
from rapport.configurations.locks import editing
from rapport.configurations.models import Configuration
from rapport.connected_apps.models import ConnectedApp
from rapport.directory.follower import step
from rapport.history.models import UnmappedHeading
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope
from tests.directory.browsing import Browser
from tests.stock import put_account, put_contact

if TYPE_CHECKING:
    from tests.cast import Cast


@pytest.fixture
def alice(cast: Cast) -> Browser:
    """Alice's browser."""
    return Browser(cast.alice)


def led_to(browser: Browser, text: str) -> str:
    """Where one is led; empty where one is led nowhere."""
    address: str = browser.get("search", {"q": text}).get("Location", "")
    return address.removeprefix(f"/s/{browser.person.tenant.slug}/")


def test_an_address_a_number_or_an_id_leads_to_what_it_names(cast: Cast, alice: Browser) -> None:
    tenant = cast.alice.tenant
    contact = put_contact(tenant, email="ada@example.com", phone="+49 30 12345")
    account = put_account(tenant, "Navy")
    with tenant_scope(tenant) as tenant_id:
        app = ConnectedApp.objects.get(tenant_id=tenant_id, client_id=cast.alice.client_id).id
        configuration = Configuration.objects.get(tenant_id=tenant_id, reference="contact").id
    for text in ("ADA@example.com", " (49) 30-12345", str(contact), str(contact).upper()):
        assert led_to(alice, text) == f"contacts/{contact}", text
    assert led_to(alice, str(account)) == f"accounts/{account}"
    for text in (cast.alice.client_id, str(app)):
        assert led_to(alice, text) == f"data/integrations/connected-apps/{app}", text
    for text in ("contact", str(configuration)):
        assert led_to(alice, text) == "data/imports/configurations/contact", text


def test_any_other_id_is_looked_for_among_requests(alice: Browser) -> None:
    id = uuid4()
    assert led_to(alice, id.hex) == f"data/requests?text={id.hex}"
    assert led_to(alice, "nobody@example.com") == ""


def test_groups_of_what_was_found(cast: Cast, alice: Browser) -> None:
    put_contact(cast.alice.tenant, email="ada@example.com", first_name="Ada", last_name="Connected")
    put_account(cast.alice.tenant, "Connexions")
    while step(cast.alice.tenant.pk):
        pass
    text = alice.text("search", q="conn")
    assert "Contacts All Ada Connected ada@example.com" in text
    assert "Accounts All Connexions" in text
    assert "Pages Connected Apps Data" in text
    assert "Look for “conn” in the request history" in text
    assert "Configurations Contacts (Default) contact" in alice.text("search", q="Contacts (")
    assert "Sources Alice's app Connected App" in alice.text("search", q="alice's")


def test_who_only_reads_finds_only_what_they_may_see(cast: Cast) -> None:
    bob = Browser(cast.bob)
    text = bob.text("search", q="con")
    assert "Pages Contacts Records" in text
    assert "Connected Apps" not in text
    assert "Configurations" not in text
    assert "request history" not in text
    for secret in (cast.alice.client_id, "contact", uuid4().hex):
        assert led_to(bob, secret) == "", secret


def test_while_one_types_nobody_is_led_away(cast: Cast, alice: Browser) -> None:
    contact = put_contact(cast.alice.tenant, email="ada@example.com")
    answer = alice.get("search", {"q": "ada@example.com"}, **{"HX-Request": "true"})
    assert answer.status_code == 200
    assert f'href="/s/{cast.alice.tenant.slug}/contacts/{contact}"' in answer.content.decode()


def test_nothing_found_says_so(alice: Browser) -> None:
    assert "Nothing begins with “qqq”." in alice.text("search", q="qqq")
    assert "lead" in alice.text("search", q=" ")


def test_charlies_search_finds_nothing_of_ours(cast: Cast) -> None:
    contact = put_contact(cast.alice.tenant, email="ada@example.com", first_name="Ada")
    while step(cast.alice.tenant.pk):
        pass
    charlie = Browser(cast.charlie)
    assert "Nothing begins with" in charlie.text("search", q="ada")
    for text in ("ada@example.com", cast.alice.client_id):
        assert led_to(charlie, text) == ""
    assert led_to(charlie, str(contact)) == f"data/requests?text={contact}"


def test_the_documentation_is_found_by_everybody(cast: Cast) -> None:
    page = Browser(cast.bob).get("search", {"q": "webhooks"}).content.decode()
    assert 'href="/docs/webhooks"' in page


def test_whatever_has_an_address_is_found_and_what_can_be_done(cast: Cast, alice: Browser) -> None:
    with editing(cast.alice.tenant) as tenant_id:
        fields.create(
            tenant_id, COMMAND, {"object": "contact", "name": "shoe", "label": "Shoe Size", "type": "integer"}
        )
        touchpoints.create(tenant_id, COMMAND, {"name": "After a call"})
    with tenant_scope(cast.alice.tenant) as tenant_id:
        contact = Configuration.objects.get(tenant_id=tenant_id, reference="contact")
        moment = datetime.now(UTC)
        seen = {"count": 1, "first_seen": moment, "last_seen": moment}
        UnmappedHeading.objects.create(tenant_id=tenant_id, configuration_id=contact.id, heading="Frist Name", **seen)
    for text, told in (
        ("invite", "Do Invite a colleague"),
        ("frist", "Headings Frist Name not mapped in Contacts (Default)"),
        ("account name", "Headings Account Name in"),
        ("shoe", "Fields Shoe Size custom field of contact"),
        ("job ti", "Fields Job Title field of contact"),
        ("after", "Touchpoints After a call"),
        (cast.bob.user.email, f"Users Bob {cast.bob.user.email}"),
        ("relationship nps", "Surveys"),
        ("changes", "Pages Changes Data"),
        ("new webhook", "Do Generate a webhook"),
        ("new server", "Do Add a mail server"),
        ("mail server", "Mail servers and senders"),
        ("sender domain", "Do The sender's domain"),
        ("dkim", "Do The sender's domain"),
        ("merge", "Do Merge two contacts"),
        ("export", "Do Export responses Export contacts Export accounts"),
        ("password", "Do Change your password"),
        ("sign out", "Do Sign out"),
        ("postman", "Documentation Overview"),
        ("oauth", "Documentation Authentication"),
        ("rest", "Documentation Overview"),
    ):
        assert told in alice.text("search", q=text), text
    with editing(cast.alice.tenant) as tenant_id:
        copy = edits.copy(edits.find(tenant_id, "contact"), COMMAND, {"name": "CRM"})
        remedies.map_to(copy, COMMAND, "Frist Name", "first_name")
    assert "Frist Name mapped in CRM, not in Contacts (Default) Frist Name in CRM" in alice.text("search", q="frist")
    with CaptureQueriesContext(connection) as made:
        alice.get("search", {"q": "frist"})
    asked = [each["sql"] for each in made if 'FROM "configurations"' in each["sql"]]
    assert len(asked) == len(set(asked))
    bob = Browser(cast.bob)
    for text in ("new server", "dkim", "merge", "export", "password", "sign out"):
        found = bob.get("search", {"q": text}).content.decode().partition("<main")[2]
        assert all(bob.get_at(each).status_code == 200 for each in re.findall(r'<a href="([^"]+)"', found)), text
    for text in ("frist", "shoe", "invite a", "after a"):
        assert "Nothing begins with" in bob.text("search", q=text), text


def test_people_of_one_name_can_be_told_apart(cast: Cast, alice: Browser) -> None:
    account = put_account(cast.alice.tenant, "Acme")
    for email in ("one@example.com", "two@example.com"):
        put_contact(cast.alice.tenant, email=email, first_name="Same", account_id=account)
    while step(cast.alice.tenant.pk):
        pass
    told = alice.text("search", q="same")
    assert "Same one@example.com · Acme" in told
    assert "Same two@example.com · Acme" in told
