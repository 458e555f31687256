from __future__ import annotations

import pytest

from rapport.records.receipt import Receipt
from tests.records.shelves import Shelves


@pytest.fixture
def receipts() -> list[Receipt]:
    """Of a new contact of a new account, and of its update."""
    return Shelves().send(
        {"Email": "a@b", "First Name": "A", "Account Name": "Acme", "Frist Name": "x"},
        {"Email": "a@b", "First Name": "Ada", "Account Name": "Acme"},
    )


def test_a_receipt_on_the_wire(receipts: list[Receipt]) -> None:
    contact, account = (touched.id for touched in receipts[0].objects)
    receipts[0].record = "its id"
    assert receipts[0].as_json() == {
        "record": "its id",
        "outcome": "created",
        "objects": [
            {
                "type": "contact",
                "id": contact,
                "outcome": "created",
                "matched_by": None,
                "changes": {"email": (None, "a@b"), "first_name": (None, "A"), "account_name": (None, "Acme")},
            },
            {
                "type": "account",
                "id": account,
                "outcome": "created",
                "matched_by": None,
                "changes": {"name": (None, "Acme")},
            },
        ],
        "ignored": ["Frist Name"],
        "warnings": [],
    }
    assert receipts[1].as_json()["objects"] == [
        {
            "type": "contact",
            "id": contact,
            "outcome": "updated",
            "matched_by": "email",
            "changes": {"first_name": ("A", "Ada")},
        },
        {"type": "account", "id": account, "outcome": "unchanged", "matched_by": "name", "changes": {}},
    ]


def test_a_dry_run_names_no_id_for_what_it_would_create(receipts: list[Receipt]) -> None:
    receipts[0].record = "its id"
    assert receipts[0].as_json(dry_run=True)["record"] is None
    created, updated = (receipt.as_json(dry_run=True)["objects"] for receipt in receipts)
    assert [shown["id"] for shown in created] == [None, None]
    assert all(shown["id"] for shown in updated)
    assert receipts[0].objects[0].id, "the receipt itself stays as it is"
