"""Laws of the engine, for every data type and all of them in one group.

A batch equals its records one after the other, twice equals once, a dry run says what will be, the ledger tells all.
"""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rapport.records.keys import email_key, name_key, phone_key
from rapport.records.receipt import Touched
from tests.records import drawn
from tests.records.shelves import Noted, Shelves

#: For what shows only when several records meet.
often = settings(max_examples=300)


def shelved(*groups: list[dict[str, Any]]) -> Shelves:
    """Shelves with what the groups leave there."""
    shelves = Shelves(drawn.MAPPINGS)
    for group in groups:
        shelves.send(*group)
    return shelves


@often
@given(drawn.groups)
def test_any_grouping_equals_one_after_the_other(cut: list[list[dict[str, Any]]]) -> None:
    grouped, single = shelved(), shelved()
    receipts = [receipt for group in cut for receipt in grouped.send(*group)]
    assert receipts == single.send_one_by_one(*(record for group in cut for record in group))
    assert grouped.look() == single.look()


@given(st.lists(drawn.finding, max_size=12))
def test_twice_equals_once(found: list[dict[str, Any]]) -> None:
    once, twice, doubled = shelved(), shelved(), shelved()
    for record in found:
        (first,), again = once.send(record), twice.send_one_by_one(record, record)
        assert again[0] == first
        assert again[1].outcome == ("rejected" if first.errors else "unchanged")
        assert {touched.outcome for touched in again[1].objects} <= {"unchanged"}
        assert [touched.id for touched in again[1].objects] == [touched.id for touched in first.objects]
        assert doubled.send(record, record) == again
    for shelves in (twice, doubled):
        _halve(shelves)
        assert shelves.look() == once.look()


def _halve(shelves: Shelves) -> None:
    """Number each record as if it had come once."""
    halved = {number: number // 2 for number in range(shelves.records)} | {None: None}
    shelves.ledger = [note._replace(record=halved[note.record], prev=halved[note.prev]) for note in shelves.ledger]
    for rows in (shelves.contacts, shelves.accounts, shelves.activities):
        rows.update((id, row._replace(record=halved[row.record])) for id, row in rows.items())
    shelves.records //= 2


@given(drawn.several, drawn.adding)
def test_twice_creates_two_where_a_type_always_creates(before: list[dict[str, Any]], record: dict[str, Any]) -> None:
    shelves = shelved(before)
    (first,) = shelves.send(record)
    once = shelves.look()
    (again,) = shelves.send(record)
    assert again.errors == first.errors
    if not first.errors:
        (made, *others), (made_before, *others_before) = again.objects, first.objects
        assert (made.outcome, {touched.outcome for touched in others} <= {"unchanged"}) == ("created", True)
        assert [touched.id for touched in others] == [touched.id for touched in others_before]
        assert shelves.ledger.pop().id == made.id
        assert shelves.appended.pop(made.id) == shelves.appended[made_before.id]
    assert shelves.look() == once


@given(drawn.several, drawn.records)
def test_a_dry_run_says_what_will_be(before: list[dict[str, Any]], record: dict[str, Any]) -> None:
    shelves = shelved(before)
    kept = shelves.look()
    (tried,) = shelves.dry_run(record)
    assert shelves.look() == kept
    (receipt,) = shelves.send(record)
    created = {str(touched.id) for touched in receipt.objects if touched.outcome == "created"}
    assert _json(tried.as_json(dry_run=True)) == _without(_json(receipt.as_json()), created)
    assert tried.errors == receipt.errors


def _json(shown: dict[str, Any]) -> Any:
    return json.loads(json.dumps(shown, default=str))


def _without(value: Any, ids: set[str]) -> Any:
    """A value of JSON with null in the place of the ids, wherever they are."""
    if isinstance(value, dict):
        return {name: _without(inner, ids) for name, inner in value.items()}
    if isinstance(value, list):
        return [_without(inner, ids) for inner in value]
    return None if isinstance(value, str) and value in ids else value


@given(drawn.groups)
def test_the_ledger_replayed_gives_the_state(cut: list[list[dict[str, Any]]]) -> None:
    shelves = shelved(*cut)
    replayed: dict[Any, dict[str, Any]] = {}
    for note in shelves.ledger:
        assert (note.kind == "created") == (note.id not in replayed) == (note.version == 1)
        values = replayed.setdefault(note.id, {"version": 0})
        _replay(note, values)
        values["version"] += 1
        assert values["version"] == note.version
    kept = {
        id: {name: value for name, value in values.items() if value not in (None, set())}
        for id, values in replayed.items()
    }
    assert kept == shelves.told()


def _replay(note: Noted, values: dict[str, Any]) -> None:
    assert note.diff
    for name, (old, new) in note.diff.items():
        assert old != new
        if name != "alias":
            assert values.get(name) == old
            values[name] = new
        elif new is None:
            values["aliases"].remove(name_key(old))
        else:
            assert name_key(new) not in values.setdefault("aliases", set())
            values["aliases"].add(name_key(new))


@given(drawn.groups)
def test_the_keys_of_the_ledger_replayed_give_the_keys(cut: list[list[dict[str, Any]]]) -> None:
    shelves = shelved(*cut)
    owners: dict[str, Any] = {}
    taken = {}
    for note in shelves.ledger:
        for key, (before, after) in note.keys.items():
            # A key that moves is told by whom it leaves and by whom it comes to.
            assert owners.get(key) == before or (owners.get(key) == after and taken[key] == note.record)
            owners[key], taken[key] = after, note.record
    assert owners == shelves.contact_keys | shelves.account_keys


@given(drawn.groups)
def test_the_links_of_the_ledger_replayed_give_the_links(cut: list[list[dict[str, Any]]]) -> None:
    shelves = shelved(*cut)
    linked: dict[Any, Any] = {}
    for note in shelves.ledger:
        if note.account is not None:
            assert linked.get(note.id) == note.account[0] != note.account[1]
            linked[note.id] = note.account[1]
    rows = shelves.contacts | shelves.activities
    assert linked == {id: row.account_id for id, row in rows.items() if row.account_id}


@given(drawn.groups)
def test_walking_from_record_to_record_gives_all_of_an_objects_ledger(cut: list[list[dict[str, Any]]]) -> None:
    shelves = shelved(*cut)
    for id, row in (shelves.contacts | shelves.accounts | shelves.activities).items():
        own = [note for note in shelves.ledger if note.id == id]
        walked, record = [], row.record
        while record is not None:
            step = [note for note in own if note.record == record]
            walked[:0] = step
            (record,) = {note.prev for note in step}
        assert walked == own


@often
@given(drawn.groups)
def test_keys_find_whom_they_should(cut: list[list[dict[str, Any]]]) -> None:
    shelves = shelved()
    receipts = [receipt for group in cut for receipt in shelves.send(*group)]
    shared = {touched.id for receipt in receipts if receipt.warnings for touched in receipt.objects}
    for id, row in shelves.contacts.items():
        email, phone = row.values["email"], row.values["phone"]
        assert email or phone
        if email:
            assert shelves.contact_keys["e:" + email_key(email)] == id
        if phone:
            owner = shelves.contact_keys["p:" + phone_key(phone)]
            assert owner == id or id in shared
    for id, row in shelves.accounts.items():
        assert shelves.account_keys[name_key(row.values["name"])] == id
    for id, row in shelves.activities.items():
        assert shelves.references[row.values["reference"]] == id
    assert {*shelves.contact_keys.values()} == shelves.contacts.keys()
    assert {*shelves.account_keys.values()} == shelves.accounts.keys()
    assert len(shelves.account_keys) == len(shelves.accounts) + len(shelves.aliases)
    assert len(shelves.references) == len(shelves.activities)
    found = {touched.id for receipt in receipts for touched in receipt.objects}
    assert found == shelves.told().keys()


@given(drawn.groups)
def test_what_is_named_is_there(cut: list[list[dict[str, Any]]]) -> None:
    shelves = shelved(*cut)
    links = [values for _, values in shelves.appended.values()] + [row.values for row in shelves.activities.values()]
    assert {values["contact_id"] for values in links} <= shelves.contacts.keys() | {None}
    assert {values["account_id"] for _, values in shelves.appended.values()} <= shelves.accounts.keys() | {None}
    assert {row.account_id for row in shelves.activities.values()} <= shelves.accounts.keys()


@given(drawn.groups)
def test_a_receipt_says_what_the_ledger_notes(cut: list[list[dict[str, Any]]]) -> None:
    """But for an account that loses an alias: the receipt names the one that gets it."""
    shelves = shelved()
    receipts = [receipt for group in cut for receipt in shelves.send(*group)]
    told = [
        (place, str(touched.id), *_as_noted(touched))
        for place, receipt in enumerate(receipts)
        for touched in receipt.objects
        if touched.outcome != "unchanged"
    ]
    lost = [note for note in shelves.ledger if note.diff.get("alias", (None, True))[1] is None]
    noted = [
        (note.record, str(note.id), note.kind, "alias" if "alias" in note.diff else note.diff)
        for note in shelves.ledger
        if note not in lost
    ]
    assert sorted(told, key=str) == sorted(noted, key=str)
    assert [note.record for note in lost] == [
        place
        for place, receipt in enumerate(receipts)
        if receipt.outcome == "updated" and receipt.objects[0].type == "account_alias"
    ]


def _as_noted(touched: Touched) -> tuple[str, Any]:
    """An alias is a change of its account."""
    return ("updated", "alias") if touched.type == "account_alias" else (touched.outcome, touched.changes)
