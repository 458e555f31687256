"""Laws of the engine: a batch equals its records one after the other, twice equals once, the ledger tells all."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rapport.records.keys import email_key, phone_key
from tests.records.shelves import Shelves

#: Few values in several spellings, so that records meet.
emails = st.sampled_from(["a@x.example", "A@X.Example", "b@x.example", "c@x.example", "", "nonsense"])
phones = st.sampled_from(["12345", "+1 2345", "54321", "(5) 4321", "99999", "", "1"])
accounts = st.sampled_from(["Acme", "ACME", "Bolt", "bolt ", "Straße", "STRASSE", ""])
names = st.sampled_from(["Ada", "Bob", ""])
contact_records = st.fixed_dictionaries(
    {}, optional={"Email": emails, "Phone": phones, "Account Name": accounts, "First Name": names, "Unmapped": names}
)
account_records = st.fixed_dictionaries(
    {"": st.just("account")}, optional={"Account Name": accounts, "Industry": names, "Region": names}
)
records = st.lists(contact_records | contact_records | account_records, max_size=12)


@st.composite
def groups(draw: st.DrawFn) -> list[list[dict[str, Any]]]:
    """Records, cut into groups anywhere."""
    found = draw(records)
    cuts = sorted(draw(st.sets(st.integers(1, max(1, len(found) - 1)))))
    return [found[start:end] for start, end in zip([0, *cuts], [*cuts, len(found)], strict=True)]


@given(groups())
def test_any_grouping_equals_one_after_the_other(cut: list[list[dict[str, Any]]]) -> None:
    grouped, single = Shelves(), Shelves()
    receipts = [receipt for group in cut for receipt in grouped.send(*group)]
    assert receipts == single.send_one_by_one(*(record for group in cut for record in group))
    assert grouped.look() == single.look()


@given(records)
def test_twice_equals_once(found: list[dict[str, Any]]) -> None:
    once, twice, doubled = Shelves(), Shelves(), Shelves()
    for record in found:
        (first,), again = once.send(record), twice.send_one_by_one(record, record)
        assert again[0] == first
        assert again[1].outcome == ("rejected" if first.errors else "unchanged")
        assert [touched.id for touched in again[1].objects] == [touched.id for touched in first.objects]
        assert doubled.send(record, record) == again
    for shelves in (twice, doubled):
        shelves.ledger = [note._replace(record=note.record // 2) for note in shelves.ledger]
        assert shelves.look() == once.look()


@given(groups())
def test_the_ledger_replayed_gives_the_state(cut: list[list[dict[str, Any]]]) -> None:
    shelves = Shelves()
    for group in cut:
        shelves.send(*group)
    replayed: dict[Any, dict[str, Any]] = {}
    for note in shelves.ledger:
        assert (note.kind == "created") == (note.id not in replayed) == (note.version == 1)
        values = replayed.setdefault(note.id, {"version": 0})
        assert note.diff
        for name, (old, new) in note.diff.items():
            assert values.get(name) == old != new
            values[name] = new
        values["version"] += 1
        assert values["version"] == note.version
    for rows in (shelves.contacts, shelves.accounts):
        for id, row in rows.items():
            told = {name: value for name, value in row.values.items() if value is not None}
            if row.account_id:
                told["account_name"] = shelves.accounts[row.account_id].values["name"]
            assert replayed.pop(id) == told | {"version": row.version}
    assert replayed == {}


@given(groups())
def test_keys_find_whom_they_should(cut: list[list[dict[str, Any]]]) -> None:
    shelves = Shelves()
    receipts = [receipt for group in cut for receipt in shelves.send(*group)]
    for id, row in shelves.contacts.items():
        email, phone = row.values["email"], row.values["phone"]
        assert email or phone
        if email:
            assert shelves.contact_keys["e:" + email_key(email)] == id
        if phone:
            owner = shelves.contact_keys["p:" + phone_key(phone)]
            shared = [receipt for receipt in receipts if receipt.warnings and receipt.objects[0].id == id]
            assert owner == id or shared
    found = {touched.id for receipt in receipts for touched in receipt.objects}
    assert found == shelves.contacts.keys() | shelves.accounts.keys()
    assert {*shelves.contact_keys.values()} == shelves.contacts.keys()
    assert {*shelves.account_keys.values()} == shelves.accounts.keys()
    assert len(shelves.account_keys) == len(shelves.accounts)


@given(groups())
def test_a_receipt_says_what_the_ledger_notes(cut: list[list[dict[str, Any]]]) -> None:
    shelves = Shelves()
    receipts = [receipt for group in cut for receipt in shelves.send(*group)]
    told = [
        (place, touched.id, touched.outcome, touched.changes)
        for place, receipt in enumerate(receipts)
        for touched in sorted(receipt.objects, key=lambda touched: touched.type)
        if touched.outcome != "unchanged"
    ]
    assert told == [(note.record, note.id, note.kind, note.diff) for note in shelves.ledger]
