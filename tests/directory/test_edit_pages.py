"""Contacts and accounts made and changed in the browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from uuid_utils.compat import uuid7

from rapport.directory import hand
from rapport.members.models import Role
from rapport.tenants.errors import BusyError
from tests.cast import new_person
from tests.directory.browsing import Browser, inputs, read
from tests.directory.desk import Desk
from tests.directory.feed import feed
from tests.directory.test_record_pages import app_of, put_field

if TYPE_CHECKING:
    from tests.cast import Cast
    from tests.conftest import Database


@pytest.fixture
def desk(cast: Cast) -> Desk:
    """Alice's forms, without a browser, and a look at what is stored."""
    return Desk(cast.alice)


@pytest.fixture
def carol(cast: Cast) -> Browser:
    """The browser of an Admin, which is all that editing needs."""
    return Browser(new_person("Carol", cast.alice.tenant, Role.ADMIN))


def test_a_contact_is_made(carol: Browser, desk: Desk) -> None:
    put_field(carol.person, "contact", "news", "boolean")
    given = {"email": " ada@example.com ", "account_name": "Navy", "contact.news": "true", "contact.absent": "x"}
    answer = carol.post("contacts/new", given)
    [row] = [desk.contact(id) for key, id in desk.contact_keys().items() if key == "e:ada@example.com"]
    assert (answer.status_code, answer["Location"]) == (302, f"/s/{desk.tenant.slug}/contacts/{row.id}")
    assert (row.attributes, desk.account(row.account_id).name) == ({"news": True}, "Navy")
    assert {(entry.actor_type, entry.actor_id) for entry in desk.ledger()} == {("user", carol.person.user.id)}
    assert "The contact is made." in carol.text(f"contacts/{row.id}")
    desk.check()


def test_an_account_is_made_and_renamed(carol: Browser, desk: Desk) -> None:
    carol.post("accounts/new", {"account_name": "Navy", "region": "Nordics"})
    account = desk.account_keys()["navy"][0]
    answer = carol.save(f"accounts/{account}/edit", account_name="Royal Navy")
    assert answer.status_code == 302
    assert desk.account(account).name == "Royal Navy"
    assert desk.account_keys() == {"royal navy": (account, False), "navy": (account, True)}
    assert "Aliases Add Navy" in carol.text(f"accounts/{account}")


def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(carol: Browser, desk: Desk) -> None:
    put_field(carol.person, "contact", "born", "date")
    answer = carol.post("contacts/new", {"email": "no address", "contact.born": "soon", "first_name": "Ada"})
    text, page = read(answer, 422), answer.content.decode()
    assert "The Email must be a valid email address" in text
    assert "The Born must be a date such as 2026-01-31." in text
    assert 'value="Ada"' in page
    assert 'aria-invalid="true"' in page
    assert "required" in read(carol.post("contacts/new", {"first_name": "Ada"}), 422)
    assert "The Account Name field is required." in read(carol.post("accounts/new", {"region": "x"}), 422)
    assert desk.ledger() == []


def test_a_contacts_own_address_can_be_changed_but_not_into_another_contacts(carol: Browser, desk: Desk) -> None:
    ada, grace = (desk.make("contact", email=f"{name}@example.com") for name in ("ada", "grace"))
    answer = carol.save(f"contacts/{ada}/edit", email="grace@example.com")
    assert "The Email belongs to another contact." in read(answer, 422)
    assert carol.save(f"contacts/{ada}/edit", email="augusta@example.com").status_code == 302
    assert desk.contact_keys() == {"e:augusta@example.com": ada, "e:grace@example.com": grace}


def test_saving_what_is_there_changes_nothing(carol: Browser, desk: Desk) -> None:
    contact = desk.make("contact", email="ada@example.com", account_name="Navy")
    before = len(desk.ledger())
    carol.save(f"contacts/{contact}/edit")
    assert "Nothing was different." in carol.text(f"contacts/{contact}")
    assert len(desk.ledger()) == before


def test_what_a_feed_changed_meanwhile_is_shown_and_not_overwritten(
    database: Database, carol: Browser, desk: Desk
) -> None:
    contact = desk.make("contact", email="ada@example.com", first_name="Ada", job_title="Clerk")
    given = inputs(carol.get(f"contacts/{contact}/edit")) | {"last_name": "King", "job_title": "Chief"}
    feed(
        database.settings,
        desk.tenant.pk,
        app_of(carol.person),
        {"Email": "ada@example.com", "First Name": "Augusta", "Job Title": "Countess"},
    )
    answer = carol.post(f"contacts/{contact}/edit", given)
    text = read(answer, 422)
    assert "It has been changed by Carol's app since you opened it" in text
    assert "First Name Ada Augusta Carol's app, just now" in text
    assert "Job Title Clerk Countess Carol's app, just now . You typed something else" in text
    assert desk.contact(contact).last_name is None
    again = inputs(answer)
    assert (again["first_name"], again["last_name"], again["job_title"]) == ("Augusta", "King", "Chief")
    assert carol.post(f"contacts/{contact}/edit", again).status_code == 302
    row = desk.contact(contact)
    assert (row.first_name, row.last_name, row.job_title) == ("Augusta", "King", "Chief")
    desk.check()


def test_a_form_without_its_version_is_not_saved(carol: Browser, desk: Desk) -> None:
    contact = desk.make("contact", email="ada@example.com", first_name="Ada")
    for version in ("", "x", "-1"):
        answer = carol.post(
            f"contacts/{contact}/edit", {"email": "ada@example.com", "first_name": "Eve", "version": version}
        )
        assert answer.status_code == 422
    assert desk.contact(contact).first_name == "Ada"


def test_who_comes_in_between_too_often_is_told_to_try_again(
    carol: Browser, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = desk.make("account", account_name="Navy")

    def busy(*_: object) -> None:
        raise BusyError

    for name in ("write", "add_alias", "remove_alias"):
        monkeypatch.setattr(hand, name, busy)
    for path in ("contacts/new", f"accounts/{account}/edit", f"accounts/{account}/aliases/new"):
        answer = carol.post(path, {"email": "ada@example.com", "alias": "Fleet", "version": "1"})
        assert "Try again." in read(answer, 422)
    carol.post(f"accounts/{account}/aliases/remove", {"alias": "Fleet"})
    assert "Try again." in carol.text(f"accounts/{account}")


def test_what_vanished_is_not_found(carol: Browser) -> None:
    for path in ("contacts", "accounts"):
        assert carol.get(f"{path}/{uuid7()}").status_code == 404
        assert carol.get(f"{path}/{uuid7()}/edit").status_code == 404
        assert carol.post(f"{path}/{uuid7()}/edit", {"version": "1"}).status_code == 404


def test_aliases_come_and_go(carol: Browser, desk: Desk) -> None:
    account, other = desk.make("account", account_name="Navy"), desk.make("account", account_name="Army")
    answer = carol.post(f"accounts/{account}/aliases/new", {"alias": " The  Fleet "})
    assert answer.status_code == 302
    assert "finds Navy now." in carol.text(f"accounts/{account}")
    assert desk.account_keys()["the fleet"] == (account, True)
    for alias, told in (("army", "belongs to another account"), ("", "Type another name of the account")):
        assert told in read(carol.post(f"accounts/{account}/aliases/new", {"alias": alias}), 422)
    assert "“The Fleet”" in carol.text(f"accounts/{account}/aliases/remove", alias="The Fleet")
    carol.post(f"accounts/{other}/aliases/remove", {"alias": "The Fleet"})
    assert "does not exist" in carol.text(f"accounts/{other}")
    carol.post(f"accounts/{account}/aliases/remove", {"alias": "The Fleet"})
    assert "no longer finds Navy" in carol.text(f"accounts/{account}")
    assert "the fleet" not in desk.account_keys()
    assert "Alias The Fleet nothing" in carol.text(f"accounts/{account}")
    desk.check()
