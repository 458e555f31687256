"""Forms: what people type goes through the engine into exactly the object that they look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from uuid_utils.compat import uuid7

from rapport.configurations import fields
from rapport.configurations.locks import editing
from rapport.directory import hand
from rapport.directory.errors import ChangedError, UnknownError
from rapport.directory.legend import legend
from rapport.directory.story import story
from rapport.history.models import HourlyCount, SentRecord
from rapport.tenants.actors import COMMAND
from rapport.tenants.models import Tenant
from rapport.tenants.scope import tenant_scope
from tests.directory.desk import Desk, refusal
from tests.directory.feed import feed, first_id

if TYPE_CHECKING:
    from typing import Any

    from tests.cast import Cast
    from tests.conftest import Database

APP = uuid7()
#: What has a meaning in JSON, in SQL, in arrays or in rows.
NASTY = ['a"b', "a\\b", "(a,b)", "{a,b}", "'; drop", "NULL", "null", ",", '"', "\\", "é😀", "a\tb", "%s $1 %(x)s", "{}"]


def put_field(desk: Desk, name: str, type: str = "text", **more: Any) -> fields.CustomField:
    """A custom field of contacts."""
    with editing(desk.tenant) as tenant_id:
        content = {"object": "contact", "name": name, "label": name.title(), "type": type, **more}
        return fields.create(tenant_id, COMMAND, content)


def test_a_contact_is_made_with_its_account(desk: Desk) -> None:
    made = desk.contact(desk.make("contact", email=" Ada@Example.com ", first_name="Ada", account_name=" Acme  Inc "))
    assert (made.email, made.first_name, made.version) == ("Ada@Example.com", "Ada", 1)
    assert desk.account(made.account_id).name == "Acme Inc"
    assert desk.contact_keys() == {"e:ada@example.com": made.id}
    desk.check()


def test_the_ledger_and_the_request_history_name_the_person(desk: Desk) -> None:
    contact = desk.make("contact", email="ada@example.com", first_name="Ada")
    [entry] = desk.ledger()
    assert (entry.actor_type, entry.actor_id) == desk.actor
    with tenant_scope(desk.tenant) as tenant_id:
        row = SentRecord.objects.get(tenant_id=tenant_id, request_id=entry.request_id)
    assert (row.actor_type, row.actor_id, row.configuration_id) == (*desk.actor, None)
    assert (row.status, row.outcome, row.errors) == (200, "created", None)
    assert row.objects_written == [{"type": "contact", "id": str(contact), "outcome": "created", "matched_by": None}]
    assert row.sent == {"email": "ada@example.com", "first_name": "Ada"}
    assert row.email_key == "ada@example.com"


def test_the_request_history_finds_an_edit_by_the_contacts_keys_whatever_the_form_had(desk: Desk) -> None:
    desk.save("contact", desk.make("contact", email="ada@example.com", phone="12345"), first_name="Ada")
    with tenant_scope(desk.tenant) as tenant_id:
        row = SentRecord.objects.filter(tenant_id=tenant_id).latest("at")
    assert (row.email_key, row.phone_key, row.sent) == ("ada@example.com", "12345", {"first_name": "Ada"})


def test_what_was_typed_is_not_kept_where_the_tenant_keeps_nothing(desk: Desk) -> None:
    Tenant.objects.filter(pk=desk.tenant.pk).update(sent_days=0)
    desk.tenant.refresh_from_db()
    desk.make("contact", email="ada@example.com")
    with tenant_scope(desk.tenant) as tenant_id:
        assert SentRecord.objects.get(tenant_id=tenant_id).sent is None


@pytest.mark.parametrize("text", NASTY)
def test_every_character_is_stored_as_it_was_typed(desk: Desk, text: str) -> None:
    put_field(desk, "segment")
    contact = desk.make("contact", email="ada@example.com", first_name=text, custom__segment=text, account_name=text)
    found = desk.contact(contact)
    assert (found.first_name, found.attributes) == (text, {"segment": text})
    assert desk.account(found.account_id).name == " ".join(text.split())
    desk.add_alias(found.account_id, f"alias {text}")
    desk.check()


def test_another_email_stays_with_this_contact_and_the_old_one_finds_nobody(desk: Desk) -> None:
    contact = desk.make("contact", email="ada@example.com", first_name="Ada")
    receipt = desk.save("contact", contact, email="lovelace@example.com")
    assert receipt.objects[0].changes == {"email": ("ada@example.com", "lovelace@example.com")}
    assert desk.contact_keys() == {"e:lovelace@example.com": contact}
    assert desk.contact(contact).first_name == "Ada"
    desk.check()


def test_another_phone_stays_with_this_contact_and_the_old_one_finds_nobody(desk: Desk) -> None:
    contact = desk.make("contact", email="ada@example.com", phone="+44 12345")
    desk.save("contact", contact, phone="+44 67890")
    assert desk.contact_keys() == {"e:ada@example.com": contact, "p:4467890": contact}
    desk.check()


def test_another_spelling_of_the_same_key_moves_nothing(desk: Desk) -> None:
    contact = desk.make("contact", email="ada@example.com", phone="12345")
    desk.save("contact", contact, email="Ada@Example.com", phone="123-45")
    found = desk.contact(contact)
    assert (found.email, found.phone) == ("Ada@Example.com", "123-45")
    assert desk.contact_keys() == {"e:ada@example.com": contact, "p:12345": contact}


def test_what_is_emptied_is_cleared_and_what_is_not_on_the_form_stays(desk: Desk) -> None:
    put_field(desk, "segment")
    given = {"first_name": "Ada", "job_title": "Analyst", "account_name": "Acme", "custom__segment": "A"}
    contact = desk.make("contact", email="ada@example.com", phone="12345", **given)
    desk.save("contact", contact, email=" ", job_title="", account_name="", custom__segment="")
    found = desk.contact(contact)
    assert (found.email, found.phone, found.job_title, found.account_id) == (None, "12345", None, None)
    assert (found.first_name, found.attributes) == ("Ada", {})
    assert desk.contact_keys() == {"p:12345": contact}
    desk.check()


def test_clearing_both_email_and_phone_is_refused(desk: Desk) -> None:
    contact = desk.make("contact", email="ada@example.com", phone="12345")
    assert refusal(desk.save, "contact", contact, email="", phone="") == {
        "email": ["The Email field is required when Phone is not present."],
        "phone": ["The Phone field is required when Email is not present."],
    }
    desk.save("contact", contact, phone="")
    assert refusal(desk.save, "contact", contact, email="", first_name="A").keys() == {"email"}
    assert refusal(desk.make, "contact", first_name="Ada").keys() == {"email", "phone"}


def test_what_finds_another_contact_is_refused(desk: Desk) -> None:
    bob = desk.make("contact", email="bob@example.com", phone="67890")
    contact = desk.make("contact", email="ada@example.com")
    before = desk.ledger()
    told = {"email": ["The Email belongs to another contact."], "phone": ["The Phone belongs to another contact."]}
    assert refusal(desk.save, "contact", contact, email="BOB@example.com", phone="678-90", first_name="A") == told
    assert refusal(desk.make, "contact", email="BOB@example.com", phone="67890") == told
    assert desk.contact_keys()["e:bob@example.com"] == bob
    assert desk.ledger() == before


def test_a_shared_phone_can_stay_but_not_become_the_only_key(desk: Desk, database: Database) -> None:
    desk.make("contact", email="bob@example.com", phone="12345")
    [shared] = feed(database.settings, desk.tenant.pk, APP, {"Email": "ada@example.com", "Phone": "12345"})
    contact = first_id(shared)
    desk.save("contact", contact, phone="12345", first_name="Ada")
    assert refusal(desk.save, "contact", contact, email="") == {"phone": ["The Phone belongs to another contact."]}
    desk.check()


def test_a_phone_that_its_owner_gave_up_finds_whoever_is_left_with_it(desk: Desk, database: Database) -> None:
    bob = desk.make("contact", email="bob@example.com", phone="12345")
    [shared] = feed(database.settings, desk.tenant.pk, APP, {"Email": "ada@example.com", "Phone": "12345"})
    desk.save("contact", bob, phone="")
    desk.save("contact", first_id(shared), email="")
    assert desk.contact_keys()["p:12345"] == first_id(shared)
    desk.check()


def test_a_key_that_comes_free_is_a_change_of_who_gets_it(desk: Desk, database: Database) -> None:
    """The phone that a contact shares finds it, too, once its first owner has another: no field changes, it is told."""
    bob = desk.make("contact", email="bob@example.com", phone="12345")
    put = {"Email": "ada@example.com", "Phone": "12345"}
    ada = first_id(feed(database.settings, desk.tenant.pk, APP, put)[0])
    desk.save("contact", bob, phone="54321")
    [again], [unchanged] = (feed(database.settings, desk.tenant.pk, APP, put) for _ in range(2))
    assert (again.outcome, again.objects[0].changes, unchanged.outcome) == ("updated", {}, "unchanged")
    assert desk.contact_keys()["p:12345"] == ada
    last = desk.ledger()[-1]
    assert (last.object_id, last.diff, last.links) == (ada, {}, {"keys": {"p:12345": [None, str(ada)]}})
    row = desk.contact(ada)
    with tenant_scope(desk.tenant):
        [chapter, *_] = story(row, legend(desk.tenant, "contact"), {}).rows
    assert [(each.label, each.old, each.new) for each in chapter.differences] == [("Found by", "", "12345")]
    desk.check()


def test_what_people_edit_is_counted(desk: Desk) -> None:
    contact = desk.make("contact", email="ada@example.com")
    desk.save("contact", contact, first_name="Ada")
    with tenant_scope(desk.tenant) as tenant_id:
        counts = HourlyCount.objects.filter(tenant_id=tenant_id).values_list("actor_type", "outcome", "records")
        assert sorted(counts) == [("user", "created", 1), ("user", "updated", 1)]


def test_saving_what_is_there_changes_nothing(desk: Desk) -> None:
    contact = desk.make("contact", email="ada@example.com", account_name="Acme")
    before = desk.ledger()
    receipt = desk.save("contact", contact, email="ada@example.com", phone="", account_name="Acme", job_title="")
    assert (receipt.outcome, desk.ledger(), desk.contact(contact).version) == ("unchanged", before, 1)
    with tenant_scope(desk.tenant) as tenant_id:
        assert SentRecord.objects.filter(tenant_id=tenant_id).latest("at").outcome == "unchanged"


def test_every_fault_is_told_at_once_with_the_fields_label(desk: Desk) -> None:
    put_field(desk, "since", "date")
    given = {"email": "no address", "first_name": "x" * 129, "custom__since": "yesterday", "nick_name": "A"}
    assert refusal(desk.make, "contact", **given) == {
        "email": ["The Email must be a valid email address without spaces; a literal + must be sent as %2B."],
        "first_name": ["The First Name must not be greater than 128 characters."],
        "contact.since": ["The Since must be a date such as 2026-01-31."],
        "nick_name": ["The field nick_name does not exist for Contact."],
    }


def test_custom_fields_are_typed(desk: Desk) -> None:
    for name, type in (("age", "integer"), ("vip", "boolean"), ("seen", "date-time")):
        put_field(desk, name, type)
    given = {"custom__age": "042", "custom__vip": "no", "custom__seen": "2026-01-31 14:30:00+01:00"}
    contact = desk.make("contact", email="ada@example.com", **given)
    assert desk.contact(contact).attributes == {"age": 42, "vip": False, "seen": "2026-01-31T13:30:00Z"}
    assert desk.save("contact", contact, custom__age="42", custom__vip="false").outcome == "unchanged"
    desk.check()


def test_an_archived_field_is_on_no_form(desk: Desk) -> None:
    field = put_field(desk, "segment")
    contact = desk.make("contact", email="ada@example.com", custom__segment="A")
    with editing(desk.tenant):
        fields.change(field, COMMAND, {"archived": True})
    assert refusal(desk.save, "contact", contact, custom__segment="B").keys() == {"contact.segment"}
    desk.save("contact", contact, first_name="Ada")
    assert desk.contact(contact).attributes == {"segment": "A"}


def test_a_feeds_put_between_show_and_save_is_noticed_and_told(cast: Cast, desk: Desk, database: Database) -> None:
    contact = desk.make("contact", email="ada@example.com", first_name="Ada")
    feed(database.settings, desk.tenant.pk, APP, {"Email": "ada@example.com", "First Name": "Augusta"})
    bob = Desk(cast.bob)
    bob.save("contact", contact, job_title="Analyst")
    with pytest.raises(ChangedError, match=r"^It has been changed by app and Bob since you opened it") as refused:
        desk.save("contact", contact, version=1, first_name="A.")
    feeds, bobs = refused.value.revisions
    assert (feeds.version, feeds.changes) == (2, {"first_name": ("Ada", "Augusta")})
    assert (feeds.author.type, feeds.author.id) == ("app", APP)
    assert (bobs.version, bobs.changes) == (3, {"job_title": (None, "Analyst")})
    assert (bobs.author.type, bobs.author.id, bobs.author.name) == (*bob.actor, "Bob")
    assert refused.value.version == 3
    assert desk.contact(contact).first_name == "Augusta"
    desk.save("contact", contact, version=3, first_name="A.")
    desk.check()


def test_the_strangers_objects_are_not_found(cast: Cast, desk: Desk) -> None:
    contact, account = desk.make("contact", email="ada@example.com"), desk.make("account", account_name="Acme")
    before, charlie = desk.ledger(), Desk(cast.charlie)
    for id in (contact, uuid7()):
        with pytest.raises(UnknownError):
            charlie.save("contact", id, first_name="Mine")
    for act in (charlie.add_alias, charlie.remove_alias):
        with pytest.raises(UnknownError):
            act(account, "Acme")
    with pytest.raises(UnknownError):
        charlie.save("account", account, account_name="Mine")
    with pytest.raises(UnknownError):
        desk.save("account", contact, account_name="A contact is no account")
    charlie.make("contact", email="ada@example.com", account_name="Acme")
    assert desk.ledger() == before
    assert hand.write(desk.tenant, desk.actor, "contact", {}, "r", hand.Shown(contact)).outcome == "unchanged"
