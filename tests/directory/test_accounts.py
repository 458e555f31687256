from __future__ import annotations

from typing import TYPE_CHECKING

from tests.stock import put_account, put_contact

if TYPE_CHECKING:
    from tests.cast import Cast
    from tests.directory.conftest import Get


def test_an_account_is_shown_with_all_its_fields(cast: Cast, get: Get) -> None:
    made = put_account(cast.alice.tenant, "Analytical  Engines", manager="Charles", number="7", attributes={"a": 1})
    (row,) = get("accounts").json()["data"]
    assert list(row) == [
        "id",
        "name",
        "manager",
        "manager_email",
        "parent_account",
        "industry",
        "company_size",
        "region",
        "number",
        "attributes",
        "created_at",
        "updated_at",
    ]
    assert (row["id"], row["name"], row["manager"], row["number"]) == (str(made), "Analytical  Engines", "Charles", "7")
    assert row["attributes"] == {"a": 1}


def test_an_account_is_found_by_its_name_and_its_aliases(cast: Cast, get: Get) -> None:
    made = put_account(cast.alice.tenant, "Straße & Söhne", aliases=("S&S",))
    put_account(cast.alice.tenant, "Other")
    for name in ("Straße & Söhne", "STRASSE  & söhne", " s&s "):
        assert [row["id"] for row in get("accounts", name=name).json()["data"]] == [str(made)], name
    assert get("accounts", name="Nobody").json() == {"data": [], "cursor": None}


def test_contacts_and_accounts_do_not_mix(cast: Cast, get: Get) -> None:
    contact = put_contact(cast.alice.tenant, email="ada@example.com")
    account = put_account(cast.alice.tenant, "Analytical Engines")
    for parameters in ({}, {"updated_since": "2020-01-01"}):
        assert [row["id"] for row in get("accounts", **parameters).json()["data"]] == [str(account)]
        assert [row["id"] for row in get("contacts", **parameters).json()["data"]] == [str(contact)]
    assert get("accounts", id=contact).json()["data"] == []


def test_the_stranger_finds_no_account_of_ours(cast: Cast, get: Get) -> None:
    made = put_account(cast.alice.tenant, "Analytical Engines")
    for parameters in ({}, {"name": "Analytical Engines"}, {"id": made}, {"updated_since": "2020-01-01"}):
        assert get("accounts", "charlie", **parameters).json()["data"] == [], parameters
