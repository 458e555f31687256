"""Account: found by name, created or updated."""

from __future__ import annotations

from typing import Any

import pytest

from tests.records.shelves import Shelves


def account(name: str, **more: str) -> dict[str, str]:
    """A record of the configuration `account`."""
    return {"": "account", "Account Name": name, **{key.replace("_", " "): value for key, value in more.items()}}


@pytest.fixture(params=["together", "one by one"])
def send(request: pytest.FixtureRequest, shelves: Shelves) -> Any:
    """Sends records to `shelves`."""
    return shelves.send if request.param == "together" else shelves.send_one_by_one


@pytest.fixture
def shelves() -> Shelves:
    return Shelves()


@pytest.mark.parametrize(
    ("names", "stored"),
    [
        (["Acme"], ["Acme"]),
        (["Acme", "acme", " ACME "], ["Acme"]),
        (["Example \t Corp", "example corp"], ["Example Corp"]),
        (["Straße", "STRASSE"], ["Straße"]),
        (["Café", "Cafe\N{COMBINING ACUTE ACCENT}"], ["Café"]),
        (["Acme", "Acme Inc"], ["Acme", "Acme Inc"]),
    ],
)
def test_an_account_is_its_name_in_the_first_spelling(
    send: Any, shelves: Shelves, names: list[str], stored: list[str]
) -> None:
    receipts = send(*map(account, names))
    assert [row.values["name"] for row in shelves.accounts.values()] == stored
    matched = [receipt.objects[0].matched_by for receipt in receipts]
    assert matched.count(None) == len(stored)
    assert matched.count("name") == len(names) - len(stored)


def test_every_field_is_stored(send: Any, shelves: Shelves) -> None:
    (receipt,) = send(
        {
            "": "account",
            "Account Name": "Acme",
            "Account Manager": "Bob",
            "Account Manager Email": "Bob@Example.com",
            "Parent Account": "Acme  Holding",
            "Industry": "Anvils",
            "Company Size": "1-10",
            "Region": "EMEA",
            "Account Number": "007",
            "Fax": "1",
        }
    )
    stored = {
        "name": "Acme",
        "manager": "Bob",
        "manager_email": "Bob@Example.com",
        "parent_account": "Acme  Holding",
        "industry": "Anvils",
        "company_size": "1-10",
        "region": "EMEA",
        "number": "007",
    }
    [row] = shelves.accounts.values()
    assert row.values == stored
    assert receipt.ignored == ["Fax"]
    assert receipt.objects[0].changes == {name: (None, value) for name, value in stored.items()}


def test_fields_are_updated_and_the_rest_stays(send: Any, shelves: Shelves) -> None:
    receipts = send(account("Acme", Industry="Anvils", Region="EMEA"), account("ACME", Industry="Rockets", Region=""))
    assert [receipt.outcome for receipt in receipts] == ["created", "updated"]
    assert receipts[1].objects[0].changes == {"industry": ("Anvils", "Rockets")}
    [row] = shelves.accounts.values()
    assert (row.values["name"], row.values["industry"], row.values["region"]) == ("Acme", "Rockets", "EMEA")
    assert row.version == 2


def test_equal_values_change_nothing(send: Any, shelves: Shelves) -> None:
    receipts = send(account("Acme", Industry="Anvils"), account("acme", Industry="Anvils"), account("Acme"))
    assert [receipt.outcome for receipt in receipts] == ["created", "unchanged", "unchanged"]
    assert len(shelves.ledger) == 1


def test_an_account_that_a_contact_has_made_is_updated(send: Any, shelves: Shelves) -> None:
    _, receipt = send({"Email": "a@b", "Account Name": "Acme"}, account("acme", Industry="Anvils"))
    assert (receipt.outcome, receipt.objects[0].matched_by) == ("updated", "name")
    assert len(shelves.accounts) == 1


def test_the_ledger_tells_an_alias_as_it_is_stored_however_it_is_sent() -> None:
    shelves = Shelves()
    for account, alias in (("Acme", "Apex Inc"), ("Other", "APEX  INC")):
        shelves.send({"": "account-alias", "Account Name": account, "Alias": alias})
    assert [note.diff["alias"] for note in shelves.ledger if "alias" in note.diff] == [
        (None, "Apex Inc"), ("Apex Inc", None), (None, "Apex Inc")
    ]  # fmt: skip
