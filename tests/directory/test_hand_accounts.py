"""Forms of accounts: names, old names and aliases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uuid_utils.compat import uuid7

from tests.directory.desk import refusal
from tests.directory.feed import feed, first_id

if TYPE_CHECKING:
    from tests.conftest import Database
    from tests.directory.desk import Desk

APP = uuid7()


def test_a_renamed_account_is_found_by_its_old_name_too(desk: Desk, database: Database) -> None:
    account = desk.make("account", account_name="Acme", industry="Anvils")
    receipt = desk.save("account", account, account_name=" Apex  Works ", industry="")
    assert receipt.objects[0].changes == {"name": ("Acme", "Apex Works"), "industry": ("Anvils", None)}
    assert desk.account_keys() == {"apex works": (account, False), "acme": (account, True)}
    [fed] = feed(database.settings, desk.tenant.pk, APP, {"": "account", "Account Name": "ACME", "Region": "EU"})
    assert (first_id(fed), fed.objects[0].matched_by) == (account, "alias")
    desk.check()


def test_an_account_can_take_its_own_alias_as_its_name_and_go_back(desk: Desk) -> None:
    account = desk.make("account", account_name="Acme")
    desk.add_alias(account, "Apex")
    for name, alias in (("APEX", "acme"), ("Acme", "apex")):
        desk.save("account", account, account_name=name)
        assert desk.account(account).name == name
        assert desk.account_keys() == {name.lower(): (account, False), alias: (account, True)}
        desk.check()


def test_another_spelling_of_the_same_name_is_no_alias(desk: Desk) -> None:
    account = desk.make("account", account_name="acme")
    desk.save("account", account, account_name="ACME")
    assert desk.account(account).name == "ACME"
    assert desk.account_keys() == {"acme": (account, False)}
    desk.check()


def test_a_name_or_an_alias_of_another_account_is_refused(desk: Desk) -> None:
    other = desk.make("account", account_name="Acme")
    desk.add_alias(other, "Apex")
    account = desk.make("account", account_name="Bolt")
    for taken in ("ACME", "apex"):
        told = {"account_name": ["The Account Name belongs to another account."]}
        assert refusal(desk.save, "account", account, account_name=taken) == told
        assert refusal(desk.make, "account", account_name=taken) == told
        assert refusal(desk.add_alias, account, taken) == {"alias": ["The Alias belongs to another account."]}
    assert refusal(desk.save, "account", account, account_name=" ").keys() == {"account_name"}
    assert refusal(desk.make, "account", industry="Anvils").keys() == {"account_name"}
    desk.save("account", account, industry="Anvils")
    desk.check()


def test_an_alias_is_added_once_and_removed(desk: Desk) -> None:
    account = desk.make("account", account_name="Acme")
    assert [desk.add_alias(account, text).outcome for text in ("Apex", "APEX", "acme")] == [
        "created",
        "unchanged",
        "unchanged",
    ]
    removed = desk.remove_alias(account, "apex")
    assert removed.objects[0].changes == {"alias": ("Apex", None)}
    assert desk.account_keys() == {"acme": (account, False)}
    assert [entry.diff for entry in desk.ledger()[1:]] == [{"alias": [None, "Apex"]}, {"alias": ["Apex", None]}]
    desk.check()


def test_only_an_alias_of_this_account_can_be_removed(desk: Desk) -> None:
    account, other = desk.make("account", account_name="Acme"), desk.make("account", account_name="Bolt")
    desk.add_alias(other, "Apex")
    own = {"alias": ["The Alias is the account's own name, which cannot be removed."]}
    assert refusal(desk.remove_alias, account, "ACME") == own
    for alias in ("Apex", "Nobody", ""):
        assert refusal(desk.remove_alias, account, alias) == {"alias": ["The selected Alias does not exist."]}
    assert refusal(desk.add_alias, account, " ") == {"alias": ["The Alias field is required."]}
