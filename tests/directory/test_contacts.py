from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest

from rapport.directory.parameters import Cursor
from tests.stock import change_contact, put_account, put_contact

if TYPE_CHECKING:
    from django.http import HttpResponse

    from tests.cast import Cast
    from tests.directory.conftest import Get

DAY = datetime(2026, 3, 1, 12, tzinfo=UTC)


def ids(answer: HttpResponse) -> list[UUID]:
    assert answer.status_code == 200, answer.content
    return [UUID(row["id"]) for row in answer.json()["data"]]


def test_a_contact_is_shown_as_the_contract_says(cast: Cast, get: Get) -> None:
    account = put_account(cast.alice.tenant, "Analytical Engines")
    made = put_contact(
        cast.alice.tenant,
        at=DAY,
        email="Ada@Example.com",
        phone="+44 (20) 123",
        first_name="Adaé",
        account_id=account,
        attributes={"tier": "gold", "time_zone": "Europe/Berlin"},
    )
    answer = get("contacts", email="ada@example.COM")
    assert answer["Content-Type"] == "application/json"
    assert answer.json() == {
        "data": [
            {
                "id": str(made),
                "email": "Ada@Example.com",
                "phone": "+44 (20) 123",
                "first_name": "Adaé",
                "last_name": None,
                "job_title": None,
                "job_level": None,
                "language": None,
                "time_zone": "Europe/Berlin",
                "account": {"id": str(account), "name": "Analytical Engines"},
                "attributes": {"tier": "gold"},
                "created_at": "2026-03-01T12:00:00Z",
                "updated_at": "2026-03-01T12:00:00Z",
            }
        ],
        "cursor": None,
    }
    assert list(answer.json()["data"][0])[:4] == ["id", "email", "phone", "first_name"]


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_contact_is_found_by_each_of_its_keys(cast: Cast, get: Get, slash: str) -> None:
    made = put_contact(cast.alice.tenant, email="a+b@exämple.de", phone="+44 20 123")
    other = put_contact(cast.alice.tenant, email="other@example.com")
    for parameters in (
        {"email": "A+B@XN--EXMPLE-CUA.de"},
        {"email": " a+b@exämple.de "},
        {"phone": "4420123"},
        {"phone": "(44) 20-123"},
        {"id": made},
        {"id": str(made).upper()},
        {"email": "a+b@exämple.de", "phone": "4420123", "id": made},
    ):
        assert ids(get(f"contacts{slash}", **parameters)) == [made], parameters
    assert ids(get("contacts", raw="email=other@example.com")) == [other]
    for parameters in (
        {"email": "nobody@example.com"},
        {"phone": "99999"},
        {"id": uuid4()},
        {"email": "other@example.com", "phone": "4420123"},
        {"email": "other@example.com", "id": made},
    ):
        assert ids(get("contacts", **parameters)) == [], parameters


def test_a_contact_without_an_account_has_null(cast: Cast, get: Get) -> None:
    put_contact(cast.alice.tenant, phone="12345")
    (row,) = get("contacts").json()["data"]
    assert (row["account"], row["email"]) == (None, None)


def test_pages_lead_through_all_contacts_once(cast: Cast, get: Get) -> None:
    made = [put_contact(cast.alice.tenant, email=f"{number}@example.com") for number in range(7)]
    seen, parameters, sizes = [], {"limit": 3}, []
    while True:
        answer = get("contacts", **parameters)
        page = ids(answer)
        seen += page
        sizes.append(len(page))
        cursor = answer.json()["cursor"]
        if cursor is None:
            break
        parameters["cursor"] = cursor
    assert seen == made
    assert sizes == [3, 3, 1]
    assert get("contacts", limit=7).json()["cursor"] is None


def test_updates_are_read_in_their_order_from_the_ledger(cast: Cast, get: Get) -> None:
    tenant = cast.alice.tenant
    old = put_contact(tenant, at=DAY, email="old@example.com")
    first, second, third = (
        put_contact(tenant, at=DAY + timedelta(hours=number), email=f"{number}@example.com") for number in (1, 2, 3)
    )
    put_account(tenant, "Between", at=DAY + timedelta(hours=4))
    change_contact(tenant, first, at=DAY + timedelta(hours=5), first_name="New")
    since = (DAY + timedelta(hours=1)).isoformat()
    assert ids(get("contacts", updated_since=since)) == [second, third, first]
    assert ids(get("contacts", updated_since=DAY.isoformat())) == [old, second, third, first]
    assert ids(get("contacts", updated_since="2026-03-01T15:00:00Z")) == [third, first]
    assert ids(get("contacts", updated_since="2026-03-01T16:00:00+01:00")) == [third, first]
    assert ids(get("contacts", raw="updated_since=2026-03-01T16:00:00+01:00")) == [third, first]
    assert ids(get("contacts", updated_since="2026-03-02")) == []
    page = get("contacts", updated_since=since, limit=2)
    assert ids(page) == [second, third]
    change_contact(tenant, old, at=DAY + timedelta(hours=6), first_name="Meanwhile")
    rest = get("contacts", updated_since=since, limit=2, cursor=page.json()["cursor"])
    assert ids(rest) == [first, old]
    assert rest.json()["cursor"] is None


def test_updated_since_narrows_what_a_key_finds(cast: Cast, get: Get) -> None:
    made = put_contact(cast.alice.tenant, at=DAY, email="ada@example.com")
    assert ids(get("contacts", email="ada@example.com", updated_since=DAY.isoformat())) == [made]
    later = (DAY + timedelta(seconds=1)).isoformat()
    assert ids(get("contacts", email="ada@example.com", updated_since=later)) == []


def test_the_stranger_finds_nothing_of_ours(cast: Cast, get: Get) -> None:
    made = put_contact(cast.alice.tenant, email="ada@example.com", phone="12345")
    assert ids(get("contacts", "bob", email="ada@example.com")) == [made]
    for parameters in (
        {},
        {"email": "ada@example.com"},
        {"phone": "12345"},
        {"id": made},
        {"updated_since": "2020-01-01"},
        {"cursor": str(Cursor(id=UUID(int=0)))},
        {"updated_since": "2020-01-01", "cursor": str(Cursor(seq=0))},
    ):
        assert ids(get("contacts", "charlie", **parameters)) == [], parameters


def test_the_stranger_may_have_the_same_keys(cast: Cast, get: Get) -> None:
    ours = put_contact(cast.alice.tenant, email="ada@example.com")
    theirs = put_contact(cast.charlie.tenant, email="ada@example.com")
    assert ids(get("contacts", email="ada@example.com")) == [ours]
    assert ids(get("contacts", "charlie", email="ada@example.com")) == [theirs]
