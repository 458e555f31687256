"""Undo beside deletions and restorations by hand: who refers to what comes and goes, and whose a key is by then."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from django.db import connection

from rapport.connected_apps import issue
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope
from tests.directory.desk import Desk
from tests.evidence.sending import Sender

if TYPE_CHECKING:
    from tests.cast import Cast


@pytest.fixture
def alice(cast: Cast) -> Sender:
    """Her app deletes and restores as well."""
    return Sender(cast.alice)


@pytest.fixture
def other(cast: Cast) -> Sender:
    """Another app of the same system."""
    return Sender(cast.alice, issue.create_app(cast.alice.tenant, COMMAND, "Other").client_id)


def now() -> str:
    return datetime.now(UTC).isoformat()


def delete(alice: Sender, kind: str, id: UUID) -> int:
    """The number of the entry."""
    assert alice.api.delete(f"/api/{kind}s/{id}").status_code == 204
    return alice.head()


def restore(alice: Sender, kind: str, id: UUID) -> int:
    assert alice.api.post(f"/api/{kind}s/{id}/restore").status_code == 200
    return alice.head()


def account_of(alice: Sender, name: str) -> UUID:
    found: UUID = alice.stored()["account_keys"][name][0]
    return found


def test_a_deletion_comes_again_whoever_had_referred_to_what_it_deleted(alice: Sender, other: Sender) -> None:
    other.put(Email="ada@example.com", Account_Name="Engines")
    other.put("activity", Account_Name="Engines", Reference="T-1", Happened_At="2026-01-31 14:30:00",
              Type="ticket", Source="desk")  # fmt: skip
    before = alice.stored()
    seq = delete(alice, "account", account_of(alice, "engines"))
    gone = alice.stored()
    undo = alice.undo(changes=[seq])
    assert alice.stored() == before
    redo = alice.undo(undo=undo["id"])
    assert alice.stored() == gone
    alice.undo(undo=redo["id"])
    assert alice.stored() == before


def mail(alice: Sender, contact: UUID) -> None:
    with tenant_scope(alice.tenant) as tenant_id, connection.cursor() as cursor:
        cursor.execute(
            "insert into deliveries (tenant_id, id, campaign_id, wave, contact_id, state, due_at, updated_at)"
            " values (%s, gen_random_uuid(), gen_random_uuid(), 0, %s, 'sent', now(), clock_timestamp())",
            [tenant_id, contact],
        )


def test_a_mail_keeps_a_contact_that_came_back_only_if_it_went_out_since(alice: Sender) -> None:
    id = alice.put(Email="ada@example.com").objects[0].id
    mail(alice, id)
    undo = alice.undo(changes=[delete(alice, "contact", id)])
    redo = alice.undo(undo=undo["id"])
    assert alice.api.get(f"/api/contacts/{id}").status_code == 410
    undo = alice.undo(undo=redo["id"])
    mail(alice, id)
    assert alice.plan(undo=undo["id"])["reasons"] == {"mailed since": 1}
    alice.undo(undo=undo["id"])
    assert alice.contact(id)["email"] == "ada@example.com"


def test_a_deletion_does_not_come_again_where_others_refer_to_it_since(alice: Sender, other: Sender) -> None:
    seq = delete(alice, "account", alice.put("account", Account_Name="Engines").objects[0].id)
    undo = alice.undo(changes=[seq])
    other.put(Email="ada@example.com", Account_Name="Engines")
    full = alice.stored()
    assert alice.plan(undo=undo["id"])["reasons"] == {"linked since": 1}
    alice.undo(undo=undo["id"])
    assert alice.stored() == full


def test_what_refers_to_an_account_is_looked_at_where_it_comes_back(alice: Sender, other: Sender) -> None:
    """The plan knows, too, although the contact is out of sight yet."""
    account = alice.put("account", Account_Name="Engines").objects[0].id
    contact = other.put(Email="ada@example.com", Account_Name="Engines").objects[0].id
    full, start = alice.stored(), "2020-01-01"
    delete(alice, "contact", contact)
    planned = alice.plan(app=alice.person.client_id, start=start)
    assert (planned["delete"], planned["reasons"]) == (0, {"linked since": 1})
    alice.undo(app=alice.person.client_id, start=start)
    assert alice.stored() == full
    assert alice.account(account)["name"] == "Engines"


def test_what_refers_to_an_account_again_keeps_it(alice: Sender, other: Sender) -> None:
    alice.put("account", Account_Name="Engines")
    other.put(Email="ada@example.com", Account_Name="Engines")
    full = alice.stored()
    alice.put(Email="ada@example.com", Account_Name="Looms")
    assert alice.plan(app=alice.person.client_id, start="2020-01-01")["reasons"] == {"linked since": 1}
    alice.undo(app=alice.person.client_id, start="2020-01-01")
    assert alice.stored() == full


def test_a_link_goes_back_to_an_account_that_was_deleted_before(alice: Sender) -> None:
    alice.put(Email="ada@example.com", Account_Name="Engines")
    engines = account_of(alice, "engines")
    delete(alice, "account", engines)
    before, start = alice.stored(), now()
    alice.put(Email="ada@example.com", Account_Name="Looms")
    alice.undo(start=start)
    assert alice.stored() == before


def test_a_link_that_went_to_and_fro_while_its_account_came_back_keeps_nobody(alice: Sender) -> None:
    alice.put(Email="ada@example.com", Account_Name="Engines")
    engines = account_of(alice, "engines")
    delete(alice, "account", engines)
    before, start = alice.stored(), now()
    alice.put(Email="ada@example.com", Account_Name="Looms")
    restore(alice, "account", engines)
    alice.put(Email="ada@example.com", Account_Name="Engines")
    full = alice.stored()
    undo = alice.undo(start=start)
    assert alice.stored() == before
    alice.undo(undo=undo["id"])
    assert alice.stored() == full


def test_whoever_was_taken_from_a_deleted_account_goes_back_to_it(alice: Sender, cast: Cast) -> None:
    desk = Desk(cast.alice)
    contact = desk.make("contact", email="ada@example.com", account_name="Engines")
    delete(alice, "account", account_of(alice, "engines"))
    before, start = alice.stored(), now()
    desk.save("contact", contact, first_name="Ada", account_name="")
    full = alice.stored()
    assert full["Contact", contact]["account_id"] is None
    undo = alice.undo(start=start)
    assert alice.stored() == before
    alice.undo(undo=undo["id"])
    assert alice.stored() == full


def test_a_key_goes_back_to_a_contact_that_comes_back(alice: Sender) -> None:
    first = alice.put(Email="ada@example.com", Phone="+44 20 1234").objects[0].id
    alice.put(Email="bea@example.com", Phone="+44 20 1234")
    before, start = alice.stored(), now()
    delete(alice, "contact", first)
    alice.put(Email="bea@example.com", Phone="+44 20 1234", First_Name="Bea")
    full = alice.stored()
    assert full["contact_keys"]["p:44201234"] != first
    undo = alice.undo(start=start)
    assert alice.stored() == before
    assert alice.put(Phone="+44 20 1234").objects[0].matched_by == "phone", "it is its own as ever"
    redo = alice.undo(undo=undo["id"])
    assert alice.stored() == full
    alice.undo(undo=redo["id"])
    assert alice.stored() == before


def test_a_key_goes_back_to_a_contact_whose_field_goes_back(alice: Sender, cast: Cast) -> None:
    desk = Desk(cast.alice)
    first = desk.make("contact", email="ada@example.com", phone="+44 20 1234")
    alice.put(Phone="+44 20 5678", First_Name="Bea")
    before, start = alice.stored(), now()
    desk.save("contact", first, email="new@example.com")
    alice.put(Phone="+44 20 5678", Email="ada@example.com")
    full = alice.stored()
    undo = alice.undo(start=start)
    assert alice.stored() == before
    alice.undo(undo=undo["id"])
    assert alice.stored() == full


def test_a_key_that_its_finder_keeps_lets_nobody_come_back(alice: Sender, other: Sender) -> None:
    first = alice.put(Email="ada@example.com", Phone="+44 20 1234").objects[0].id
    alice.put(Email="bea@example.com", Phone="+44 20 1234")
    start = now()
    delete(alice, "contact", first)
    alice.put(Email="bea@example.com", Phone="+44 20 1234", First_Name="Bea")
    other.put(Phone="+44 20 1234", Last_Name="B")
    full = alice.stored()
    planned = alice.plan(app=alice.person.client_id, start=start)
    assert planned["reasons"]["key taken since"] == 1
    alice.undo(app=alice.person.client_id, start=start)
    assert alice.stored()["contact_keys"] == full["contact_keys"]
    assert alice.api.get(f"/api/contacts/{first}").status_code == 410


@pytest.mark.parametrize("kind", ["contact", "account"])
def test_of_two_that_had_a_key_the_last_one_comes_back(alice: Sender, other: Sender, kind: str) -> None:
    given = {"Email": "ada@example.com"} if kind == "contact" else {"Account_Name": "Engines"}
    first = other.put(kind, **given).objects[0].id
    start = now()
    delete(alice, kind, first)
    second = other.put(kind, **given).objects[0].id
    full = alice.stored()
    delete(alice, kind, second)
    gone = alice.stored()
    planned = alice.plan(app=alice.person.client_id, start=start)
    assert planned["reasons"] == {"key taken since": 1}
    undo = alice.undo(app=alice.person.client_id, start=start)
    assert alice.stored() == full
    assert alice.api.get(f"/api/{kind}s/{first}").status_code == 410
    alice.undo(undo=undo["id"])
    assert alice.stored() == gone
