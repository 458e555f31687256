"""The times that answers tell are those of `as_of` and of undo: what happened at that very time has happened."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.evidence.sending import Sender

if TYPE_CHECKING:
    from uuid import UUID

    from tests.cast import Cast


@pytest.fixture
def alice(cast: Cast) -> Sender:
    return Sender(cast.alice)


def put(sender: Sender, name: str) -> Any:
    return sender.put(Email="ann@example.com", First_Name=name).objects[0].id


def as_of(sender: Sender, id: UUID, moment: str) -> tuple[int, Any]:
    answer = sender.api.get(f"/api/contacts/{id}", {"as_of": moment})
    return answer.status_code, answer.json()


def before(moment: str) -> str:
    return (datetime.fromisoformat(moment) - timedelta(microseconds=1)).isoformat()


def test_an_object_is_there_at_the_time_of_its_making_and_changed_at_that_of_its_change(alice: Sender) -> None:
    ann = put(alice, "1")
    made = alice.contact(ann)
    put(alice, "2")
    changed = alice.contact(ann)
    assert as_of(alice, ann, made["created_at"]) == (200, made)
    assert as_of(alice, ann, changed["updated_at"]) == (200, changed)
    assert as_of(alice, ann, before(changed["updated_at"])) == (200, made)
    assert as_of(alice, ann, before(made["created_at"]))[0] == 404


def test_an_object_is_deleted_at_the_time_of_its_deletion_and_back_at_that_of_its_return(alice: Sender) -> None:
    ann = put(alice, "1")
    there = alice.contact(ann)
    alice.api.delete(f"/api/contacts/{ann}")
    gone = alice.contact(ann)
    assert as_of(alice, ann, gone["deleted_at"]) == (410, gone)
    assert as_of(alice, ann, before(gone["deleted_at"])) == (200, there)
    back = alice.api.post(f"/api/contacts/{ann}/restore").json()
    assert as_of(alice, ann, back["updated_at"]) == (200, back)
    assert as_of(alice, ann, before(back["updated_at"])) == (410, gone)


@pytest.mark.parametrize("earlier", [0, 1, 2])
def test_everything_undone_since_a_told_time_is_what_was_there_at_that_time(alice: Sender, earlier: int) -> None:
    ann = put(alice, "0")
    told = [alice.contact(ann)]
    for name in "123":
        put(alice, name)
        told.append(alice.contact(ann))
    alice.undo(start=told[earlier]["updated_at"])
    now = alice.contact(ann)
    assert now["first_name"] == str(earlier) == as_of(alice, ann, told[earlier]["updated_at"])[1]["first_name"]


def test_times_that_follow_one_another_share_no_entry_and_leave_none_out(alice: Sender) -> None:
    ann = put(alice, "0")
    first = alice.contact(ann)["updated_at"]
    put(alice, "1")
    second = alice.contact(ann)["updated_at"]
    put(alice, "2")
    app = alice.person.client_id
    assert alice.plan(app=app, to=before(first))["objects"] == 0
    assert alice.plan(app=app, to=first)["objects"] == 1
    assert alice.plan(app=app, start=first, to=second)["keep"] == 1
    alice.undo(app=app, start=second)
    alice.undo(app=app, start=first, to=second)
    assert alice.contact(ann)["first_name"] == "0"


def test_what_cannot_be_meant_is_refused(alice: Sender) -> None:
    put(alice, "1")
    missing = alice.ask({"changes": [1, 99_999_999], "plan": True}, 422)
    assert missing["errors"] == {"changes": ["There is no entry 99999999."]}
    turned = {"app": alice.person.client_id, "from": "2026-02-01", "to": "2026-01-01", "plan": True}
    assert alice.ask(turned, 422)["errors"] == {"to": ["The to must not be before the from."]}
