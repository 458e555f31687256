from __future__ import annotations

import json
from typing import TYPE_CHECKING

from rapport.directory import listing
from tests.stock import put_account, put_contact

if TYPE_CHECKING:
    import pytest

    from tests.cast import Cast


def test_everything_is_listed_oldest_first_and_ready_for_json(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "LIMITS", range(1, 3))
    tenant = cast.alice.tenant
    contacts = [put_contact(tenant, email=f"{number}@example.com") for number in range(5)]
    accounts = [put_account(tenant, name) for name in ("b", "a", "c")]
    assert [row["id"] for row in listing.contacts(tenant)] == [str(contact) for contact in contacts]
    assert [row["id"] for row in listing.accounts(tenant)] == [str(account) for account in accounts]
    json.dumps([*listing.contacts(tenant), *listing.accounts(tenant)])


def test_the_stranger_lists_nothing_of_ours(cast: Cast) -> None:
    put_contact(cast.alice.tenant, email="ada@example.com")
    assert list(listing.contacts(cast.charlie.tenant)) == []
