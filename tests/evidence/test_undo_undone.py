"""What stands undone counts as never written: step by step an undo gets where it gets at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rapport.connected_apps import issue
from rapport.tenants.actors import COMMAND
from tests.directory.desk import Desk
from tests.evidence.sending import Sender

if TYPE_CHECKING:
    from uuid import UUID

    from tests.cast import Cast


@pytest.fixture
def alice(cast: Cast) -> Sender:
    return Sender(cast.alice)


@pytest.fixture
def shop(cast: Cast) -> Sender:
    return Sender(cast.alice, issue.create_app(cast.alice.tenant, COMMAND, "Shop").client_id)


def contact(sender: Sender, name: str, **fields: str) -> Any:
    return sender.put(Email=f"{name}@example.com", **fields).objects[0].id


def merge(sender: Sender, into: UUID, *merged: UUID, kind: str = "contacts", **keep: UUID) -> str:
    body = {"into": str(into), "from": [str(each) for each in merged], "keep": {k: str(v) for k, v in keep.items()}}
    answer = sender.api.post(f"/api/{kind}/merge", body, content_type="application/json")
    assert answer.status_code == 200, answer.content
    told: str = answer.json()["merge"]
    return told


def first_name(sender: Sender, id: UUID) -> Any:
    return sender.contact(id)["first_name"]


def test_the_last_and_then_the_one_before_are_both_gone(alice: Sender, shop: Sender) -> None:
    ann = contact(shop, "ann", First_Name="0")
    first, second = (alice.put(Email="ann@example.com", First_Name=name).record for name in "12")
    alice.undo(record=second)
    assert first_name(alice, ann) == "1"
    alice.undo(record=first)
    assert first_name(alice, ann) == "0"


def test_what_was_made_goes_when_its_changes_were_undone_before(alice: Sender) -> None:
    before = alice.stored()
    made = alice.put(Email="ann@example.com", First_Name="1").record
    changed = alice.put(Email="ann@example.com", First_Name="2").record
    alice.undo(record=changed)
    assert alice.undo(record=made)["delete"] == 1
    assert alice.stored() == before


def test_an_undone_value_that_was_written_over_does_not_come_back(alice: Sender) -> None:
    made, middle, last = (alice.put(Email="ann@example.com", First_Name=name) for name in "123")
    ann = made.objects[0].id
    assert alice.undo(record=middle.record)["reasons"] == {"changed since": 1}
    alice.undo(record=last.record)
    assert first_name(alice, ann) == "1"
    alice.undo(record=made.record)
    assert alice.contact(ann)["deleted_at"]


def test_an_undo_that_was_undone_has_taken_nothing_back(alice: Sender, shop: Sender) -> None:
    ann = contact(shop, "ann", First_Name="0")
    first, second = (alice.put(Email="ann@example.com", First_Name=name).record for name in "12")
    undo = alice.undo(record=first)
    assert undo["keep"] == 1
    back = alice.undo(record=second)
    assert first_name(alice, ann) == "0"
    alice.undo(undo=back["id"])
    assert first_name(alice, ann) == "2"
    alice.undo(record=second)
    assert first_name(alice, ann) == "0"


def test_merges_are_undone_one_by_one_outer_first(alice: Sender) -> None:
    ann, ben = contact(alice, "ann", First_Name="Ann"), contact(alice, "ben", Last_Name="Ben")
    cora = contact(alice, "cora")
    start = alice.stored()
    inner = merge(alice, ann, ben)
    between = alice.stored()
    outer = merge(alice, cora, ann)
    alice.undo(merge=outer)
    assert alice.stored() == between
    assert alice.undo(merge=inner)["keep"] == 0
    assert alice.stored() == start


def test_merges_of_accounts_are_undone_one_by_one_outer_first(alice: Sender) -> None:
    one, two, three = (
        alice.put("account", Account_Name=name, Region=name).objects[0].id for name in ("A1", "B2", "C3")
    )
    start = alice.stored()
    inner = merge(alice, one, two, kind="accounts")
    outer = merge(alice, three, one, kind="accounts")
    alice.undo(merge=outer)
    alice.undo(merge=inner)
    assert alice.stored() == start


@pytest.mark.parametrize("by_hand", [True, False])
def test_a_merge_is_undone_though_its_survivor_was_deleted_and_came_back(alice: Sender, by_hand: bool) -> None:
    ann, ben = contact(alice, "ann", First_Name="Ann"), contact(alice, "ben", Last_Name="Ben")
    start = alice.stored()
    merged = merge(alice, ann, ben)
    assert alice.api.delete(f"/api/contacts/{ann}").status_code == 204
    if by_hand:
        assert alice.api.post(f"/api/contacts/{ann}/restore").status_code == 200
    else:
        alice.undo(changes=[alice.head()])
    alice.undo(merge=merged)
    assert alice.stored() == start


def test_an_undone_merge_that_is_undone_merges_again_and_can_be_undone(alice: Sender) -> None:
    ann, ben = contact(alice, "ann", First_Name="Ann"), contact(alice, "ben", Last_Name="Ben")
    start = alice.stored()
    merged = merge(alice, ann, ben)
    between = alice.stored()
    undo = alice.undo(merge=merged)
    alice.undo(undo=undo["id"])
    assert alice.stored() == between
    alice.undo(merge=merged)
    assert alice.stored() == start


def test_what_was_merged_takes_its_address_along_whatever_came_to_the_other(alice: Sender, shop: Sender) -> None:
    ann, ben = contact(alice, "ann"), contact(alice, "ben")
    merged = merge(alice, ann, ben, email=ben)
    assert alice.contact(ann)["email"] == "ben@example.com"
    shop.put(Email="ann@example.com", Last_Name="Z")
    alice.undo(merge=merged)
    assert (alice.contact(ann)["email"], alice.contact(ann)["last_name"]) == ("ann@example.com", "Z")
    assert alice.contact(ben)["email"] == "ben@example.com"
    keys = alice.stored()["contact_keys"]
    assert (keys["e:ann@example.com"], keys["e:ben@example.com"]) == (ann, ben)


def test_an_address_that_somebody_gave_to_the_other_keeps_what_was_merged_with_all_its_values(
    cast: Cast, alice: Sender
) -> None:
    ann, ben = contact(alice, "ann"), contact(alice, "ben", Last_Name="Ben")
    merged = merge(alice, ann, ben)
    Desk(cast.alice).save("contact", ann, email="ben@example.com")
    before = alice.stored()
    undo = alice.undo(merge=merged)
    assert (undo["restore"], set(undo["reasons"])) == (0, {"key taken since"})
    assert alice.stored() == before
    assert alice.contact(ann)["last_name"] == "Ben"
