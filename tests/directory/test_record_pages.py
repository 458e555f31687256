"""Pages of contacts and accounts: lists, what is known of one, and how it came to be so."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from uuid_utils.compat import uuid7

from rapport.configurations import fields
from rapport.configurations.locks import editing
from rapport.connected_apps.models import ConnectedApp
from rapport.directory.follower import step
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope
from tests.directory.browsing import Browser
from tests.directory.desk import Desk
from tests.directory.feed import feed, first_id
from tests.stock import put_account, put_contact

if TYPE_CHECKING:
    from uuid import UUID

    from tests.cast import Cast, Person
    from tests.conftest import Database


@pytest.fixture
def alice(cast: Cast) -> Browser:
    """Alice's browser."""
    return Browser(cast.alice)


@pytest.fixture
def bob(cast: Cast) -> Browser:
    """Bob's, who only reads."""
    return Browser(cast.bob)


def put_field(person: Person, owner: str, name: str, type: str = "text", **more: Any) -> fields.CustomField:
    """A custom field called like its name."""
    with editing(person.tenant) as tenant_id:
        content = {"object": owner, "name": name, "label": name.title(), "type": type, **more}
        return fields.create(tenant_id, COMMAND, content)


def app_of(person: Person) -> UUID:
    """The id of somebody's Connected App."""
    with tenant_scope(person.tenant) as tenant_id:
        return ConnectedApp.objects.get(tenant_id=tenant_id, client_id=person.client_id).id


def names(browser: Browser, path: str, **query: Any) -> list[str]:
    """The first column of a list."""
    return re.findall(r'class="row-link"[^>]*>([^<]*)<', browser.get(path, query).content.decode())


@pytest.mark.parametrize(("path", "example"), [("contacts", "record[Email]="), ("accounts", "record[Account Name]=")])
def test_an_empty_list_shows_how_the_first_record_comes(alice: Browser, bob: Browser, path: str, example: str) -> None:
    text = alice.text(path)
    assert "curl -X PUT http://testserver/records" in text
    assert example in text
    assert "make one by hand" in text
    assert "by hand" not in bob.text(path)


def test_contacts_are_listed_newest_first_under_what_they_are_called(alice: Browser) -> None:
    tenant = alice.person.tenant
    put_contact(tenant, email="ada@example.com", first_name="Ada", last_name="Lovelace")
    put_contact(tenant, email="grace@example.com")
    put_contact(tenant, phone="12345")
    assert names(alice, "contacts") == ["12345", "grace@example.com", "Ada Lovelace"]


def test_columns_are_chosen_in_the_address(alice: Browser) -> None:
    put_field(alice.person, "contact", "segment")
    account = put_account(alice.person.tenant, "Navy")
    put_contact(
        alice.person.tenant, email="ada@example.com", account_id=account, attributes={"segment": "Large"}, language="en"
    )
    usual = alice.text("contacts")
    assert "Name Email Phone Account Name Job Title Updated" in usual
    assert "Large" not in usual
    chosen = alice.text("contacts", column=["custom.segment", "language"])
    assert "Name Language Segment ada@example.com en Large" in chosen
    assert "Navy" not in chosen
    assert f'href="/s/{alice.person.tenant.slug}/accounts/{account}">Navy' in alice.get("contacts").content.decode()


def test_a_page_leads_to_older_ones_and_keeps_the_columns(alice: Browser) -> None:
    for n in range(52):
        put_contact(alice.person.tenant, email=f"c{n}@example.com")
    page = alice.get("contacts", {"column": "email"}).content.decode()
    assert "Newer" not in page
    older = re.search(r'href="\?([^"]*)" rel="next"', page).group(1).replace("&amp;", "&")
    assert "column=email" in older
    assert names(alice, f"contacts?{older}") == ["c1@example.com", "c0@example.com"]


def test_search_finds_by_the_beginnings_of_words(alice: Browser) -> None:
    tenant = alice.person.tenant
    put_contact(tenant, email="ada@example.com", first_name="Ada", last_name="Lovelace")
    put_contact(tenant, email="grace@example.com", first_name="Grace")
    put_account(tenant, "Analytical Engines", aliases=("Babbage",))
    while step(tenant.pk):
        pass
    assert names(alice, "contacts", q="love") == ["Ada Lovelace"]
    assert names(alice, "contacts", q="GRACE@example.com") == ["Grace"]
    assert names(alice, "accounts", q="babb") == ["Analytical Engines"]
    assert "No contact has words that begin with “nobody”" in alice.text("contacts", q="nobody")


def test_contacts_of_one_account(alice: Browser) -> None:
    tenant = alice.person.tenant
    navy = put_account(tenant, "Navy")
    put_contact(tenant, email="grace@example.com", account_id=navy)
    put_contact(tenant, email="ada@example.com")
    assert names(alice, "contacts", account=navy) == ["grace@example.com"]
    assert "Contacts of Navy" in alice.text("contacts", account=navy)
    assert "Army has no contacts yet" in alice.text("contacts", account=put_account(tenant, "Army"))
    for account in (uuid7(), "x"):
        assert alice.get("contacts", {"account": account}).status_code == 404


@pytest.mark.parametrize("name", ["q", "before", "after", "place", "column", "field", "account"])
@pytest.mark.parametrize("text", ["\0", "é", "x" * 300, "-1"])
def test_mangled_addresses_are_no_mistakes_of_ours(alice: Browser, name: str, text: str) -> None:
    contact = put_contact(alice.person.tenant, email="ada@example.com")
    for path in ("contacts", "accounts", f"contacts/{contact}", "survey-records", "activities", "search"):
        assert alice.get(path, {name: text}).status_code in (200, 400, 404), path


def test_a_contact_shows_its_fields_and_who_changed_them(database: Database, alice: Browser) -> None:
    person, app = alice.person, app_of(alice.person)
    put_field(person, "contact", "segment")
    record = {"Email": "ada@example.com", "First Name": "Ada", "Account Name": "Navy"}
    contact = first_id(feed(database.settings, person.tenant.pk, app, record)[0])
    feed(database.settings, person.tenant.pk, app, record | {"First Name": "Augusta", "Job Title": "Countess"})
    Desk(person).save("contact", contact, first_name="Ada", custom__segment="Large")
    text = alice.text(f"contacts/{contact}")
    assert "Countess at Navy" in text
    assert "First Name Ada" in text
    assert "Segment Large" in text
    story = text.partition("History")[2]
    assert "Alice changed 2 fields just now Receipt First Name Augusta Ada Segment Large" in story
    assert "Alice's app changed 2 fields just now Receipt First Name Ada Augusta Job Title Countess" in story
    assert "Alice's app created it just now Receipt Email ada@example.com First Name Ada Account Name Navy" in story


def test_the_history_of_one_field(alice: Browser) -> None:
    desk = Desk(alice.person)
    contact = desk.make("contact", email="ada@example.com", first_name="Ada")
    desk.save("contact", contact, first_name="Augusta")
    desk.save("contact", contact, last_name="King")
    story = alice.text(f"contacts/{contact}", field="first_name").partition("History of First Name")[2]
    assert "First Name Ada Augusta" in story
    assert "King" not in story
    assert "History of Language" in alice.text(f"contacts/{contact}", field="language")
    assert "Language has never had a value." in alice.text(f"contacts/{contact}", field="language")


def test_a_long_history_has_pages(alice: Browser) -> None:
    desk = Desk(alice.person)
    contact = desk.make("contact", email="ada@example.com")
    for n in range(21):
        desk.save("contact", contact, first_name=f"Ada {n}")
    page = alice.get(f"contacts/{contact}").content.decode()
    older = re.search(r'href="(\?[^"#]*)#history" rel="next"', page).group(1)
    assert "created it" not in page
    assert "created it" in alice.text(f"contacts/{contact}{older}")


def test_archived_fields_stay_readable_while_they_have_a_value(alice: Browser) -> None:
    field = put_field(alice.person, "contact", "segment")
    contact = Desk(alice.person).make("contact", email="ada@example.com", custom__segment="Large")
    with editing(alice.person.tenant):
        fields.change(field, COMMAND, {"archived": True})
    assert "Segment archived Large" in alice.text(f"contacts/{contact}")
    assert "contact.segment" not in alice.get(f"contacts/{contact}/edit").content.decode()


def test_an_account_shows_what_belongs_to_it(database: Database, alice: Browser) -> None:
    person, tenant = alice.person, alice.person.tenant
    put_account(tenant, "Holding")
    desk = Desk(person)
    account = desk.make("account", account_name="Navy", parent_account="holding", region="Nordics")
    desk.add_alias(account, "The Fleet")
    records = [{"Email": f"c{n}@example.com", "Account Name": "Navy"} for n in range(6)]
    happened = {"Account Name": "Navy", "Reference": "T-1", "Source": "CRM", "Type": "Visit"}
    records += [{"": "activity", "Happened At": "2026-01-31 14:30:00"} | happened]
    records += [{"": "survey", "Email": "c1@example.com"}]
    feed(database.settings, tenant.pk, app_of(person), *records)
    text = alice.text(f"accounts/{account}")
    assert text.startswith('id="content" tabindex="-1"> Records Accounts Holding Navy')
    assert "Contacts All c5@example.com c4@example.com c3@example.com c2@example.com c1@example.com Aliases" in text
    assert "Aliases Add The Fleet" in text
    assert "Activities Visit" in text
    assert "Survey records Survey" in text
    assert "Alias The Fleet" in text.partition("History")[2]


def test_who_only_reads_is_offered_nothing_else(alice: Browser, bob: Browser) -> None:
    desk = Desk(alice.person)
    account = desk.make("account", account_name="Navy")
    desk.add_alias(account, "The Fleet")
    contact = desk.make("contact", email="ada@example.com", account_name="Navy")
    for path in (f"contacts/{contact}", f"accounts/{account}", "contacts", "accounts"):
        page = bob.get(path).content.decode()
        assert not re.search(r"/(edit|new|remove|of-change)", page), path
    for path in (f"contacts/{contact}/edit", "contacts/new", f"accounts/{account}/aliases/new"):
        assert bob.get(path).status_code == 403
        assert bob.post(path, {"email": "x@example.com"}).status_code == 403


def test_lists_and_pages_take_as_many_queries_for_much_as_for_little(alice: Browser) -> None:
    desk = Desk(alice.person)
    contact = desk.make("contact", email="ada@example.com", account_name="Navy")
    paths = ("contacts", "accounts", f"contacts/{contact}", "search?q=a")
    alice.get("")  # the first page notes in the session which system it is
    few = [_queries(alice, path) for path in paths]
    for n in range(8):
        desk.make("contact", email=f"a{n}@example.com", account_name=f"Account {n}")
        desk.save("contact", contact, first_name=str(n))
    assert [_queries(alice, path) for path in paths] == few


def _queries(browser: Browser, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(path).status_code == 200
    return len(captured)


def one_of_each(database: Database, person: Person) -> dict[str, UUID]:
    """Something of every kind in somebody's system."""
    desk = Desk(person)
    contact = desk.make("contact", email="ada@example.com", account_name="Navy")
    happened = {"Account Name": "Navy", "Reference": "T-1", "Source": "CRM", "Type": "Visit"}
    times = {"Sent Date": "2026-01-31 14:30:00", "Response Date": "2026-02-01 00:00:00"}
    records = [
        {"": "survey", "Email": "ada@example.com"},
        {"": "external-response", "Email": "ada@example.com", "NPS Score": "9"} | times,
        {"": "activity", "Happened At": "2026-01-31 14:30:00"} | happened,
    ]
    sent = map(first_id, feed(database.settings, person.tenant.pk, app_of(person), *records))
    made = {"contact": contact, "account": desk.account_keys()["navy"][0]}
    return made | dict(zip(("survey", "response", "activity"), sent, strict=True))


def test_charlie_sees_nothing_of_ours_by_any_address(database: Database, cast: Cast) -> None:
    ids = one_of_each(database, cast.alice)
    one_of_each(database, cast.charlie)
    contact, account, survey, response, activity = ids.values()
    paths = [
        f"contacts/{contact}",
        f"contacts/{contact}/edit",
        f"accounts/{account}",
        f"accounts/{account}/edit",
        f"accounts/{account}/aliases/new",
        f"accounts/{account}/aliases/remove",
        f"survey-records/{survey}",
        f"survey-records/external-responses/{response}",
        f"activities/{activity}",
        *(
            f"{of}?{owner}"
            for of in ("activities", "survey-records")
            for owner in (f"contact={contact}", f"account={account}")
        ),
        f"contacts?account={account}",
    ]
    ours, theirs, strange = Browser(cast.alice), Browser(cast.charlie), Browser(cast.charlie, cast.alice.tenant.slug)
    for path in paths:
        assert ours.get(path).status_code == 200, path
        assert theirs.get(path).status_code == 404, path
        assert strange.get(path).status_code == 404, path
        if path.endswith(("edit", "new", "remove")):
            assert theirs.post(path, {"version": "1", "alias": "x", "first_name": "x"}).status_code == 404, path
    for id in ids.values():
        assert not any(path.partition("?")[0] in theirs.get("search", {"q": id}).get("Location", "") for path in paths)


def test_a_name_finds_whom_to_merge(cast: Cast, alice: Browser) -> None:
    kept, other, third = (
        put_contact(cast.alice.tenant, email=f"{name}@example.com", first_name="Zoë", last_name=name.title())
        for name in ("kept", "other", "third")
    )
    while step(cast.alice.tenant.pk):
        pass
    page = alice.get(f"contacts/{kept}/merge", {"other": "zoë"}).content.decode()
    assert re.findall(r'href="\?other=([0-9a-f-]+)"', page) == [str(other), str(third)]
    assert "Zoë Other</a>" in page
    assert "other@example.com" in page
    assert "Zoë Other (other@example.com) becomes part of" in alice.text(f"contacts/{kept}/merge", other=str(other))
    assert "Nothing else is found by this." in alice.text(f"contacts/{kept}/merge", other="Nobody")
    assert Browser(cast.charlie).get(f"contacts/{kept}/merge", {"other": "zoë"}).status_code == 404
