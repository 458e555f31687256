"""The law of values: what was accepted, read back and sent again, is `unchanged`; whatever is sent, nothing breaks."""

from __future__ import annotations

import json
from collections.abc import Mapping as Dictionary
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rapport.records import hand
from rapport.records.documents import load_json
from rapport.records.entries import check
from rapport.records.mapping import Mapping
from rapport.records.types import ALL
from tests.records.anything import ADDING, CATALOGUE, FIELDS, FINDING, MAPPINGS, records, texts, value, values
from tests.records.shelves import Shelves, Stored

often = settings(max_examples=200)


def shelved(others: Dictionary[str, Mapping] | None = None) -> Shelves:
    shelves = Shelves(MAPPINGS | dict(others or {}))
    shelves.send({"": "contact", "Email": "known@x.example"})
    return shelves


@often
@given(st.sampled_from(FINDING).flatmap(records))
def test_what_was_accepted_and_read_back_is_unchanged(record: dict[str, Any]) -> None:
    _holds(shelved(), record)


@often
@given(st.sampled_from(FINDING), st.data())
def test_so_is_what_a_default_of_the_configuration_filled_in(configuration: str, data: st.DataObject) -> None:
    fields = list(FIELDS[configuration].values())
    place, field = data.draw(st.sampled_from(list(enumerate(fields))))
    entries: list[Any] = [{"heading": each.label, "field": each.name} for each in fields]
    entries[place]["default"] = data.draw(value(field))
    faults = check("api", configuration, entries, {}, CATALOGUE)
    assert faults.keys() <= {f"mapping.{place}.default"}
    if not faults:
        record = data.draw(records(configuration))
        record[field.label] = data.draw(st.sampled_from(["", None, "\u200b"]))
        _holds(shelved({configuration: Mapping(configuration, entries, CATALOGUE)}), record)


def _holds(shelves: Shelves, record: dict[str, Any]) -> None:
    """Sends a record, once more, and what is read back of it."""
    (receipt,) = shelves.send(record)
    assert receipt.errors == {} or "another account" in str(receipt.errors)
    kept = shelves.look()
    (again,) = shelves.send(record)
    assert {touched.outcome for touched in again.objects} == {"unchanged"}
    sent = _read_back(record[""], shelves)
    (third,) = shelves.send({"": record[""], **sent})
    assert third.errors == {}
    assert {touched.outcome for touched in third.objects} == {"unchanged"}
    assert shelves.look() == kept


def _read_back(configuration: str, shelves: Shelves) -> dict[str, Any]:
    """The object as JSON has it, under the headings of its configuration."""
    if configuration == "account-alias":
        (row,) = shelves.accounts.values()
        return {"Account Name": row.values["name"], "Alias": next(iter(shelves.aliases.values()), row.values["name"])}
    shelf: dict[Any, Stored] = {
        "account": shelves.accounts, "contact": shelves.contacts, "activity": shelves.activities,
    }[configuration]  # fmt: skip
    row = list(shelf.values())[-1]
    told = dict(row.values) | {f"{configuration}.{name}": value for name, value in row.custom.items()}
    if configuration == "account":
        told["account_name"] = told.pop("name")
    elif row.account_id:
        told["account_name"] = shelves.accounts[row.account_id].values["name"]
    labels = {field.name: field.label for field in FIELDS[configuration].values()}
    shown = {labels[name]: value for name, value in told.items() if name in labels and value is not None}
    sent: dict[str, Any] = load_json(json.dumps(shown).encode())
    return sent


@given(st.sampled_from(ADDING).flatmap(records))
def test_what_only_adds_leaves_what_it_found_unchanged(record: dict[str, Any]) -> None:
    shelves = shelved()
    (receipt,) = shelves.send(record)
    assert receipt.errors == {}
    (again,) = shelves.send(record)
    assert [touched.outcome for touched in again.objects[1:]] == ["unchanged"] * (len(again.objects) - 1)


@often
@given(st.sampled_from(list(ALL)), st.dictionaries(texts, values, max_size=5), st.data())
def test_whatever_is_sent_is_taken_or_told(configuration: str, given: dict[str, Any], data: st.DataObject) -> None:
    mapping = MAPPINGS[configuration]
    labels = data.draw(st.lists(st.sampled_from(list(mapping.headings.values())), max_size=5))
    record = mapping.prepare(given | {label: data.draw(values) for label in labels})
    for sentences in record.errors.values():
        assert all(text.endswith(".") and len(text) < 2_000 for text in sentences)
    json.dumps([record.values, record.custom, record.keys], ensure_ascii=False).encode()


@given(st.sampled_from(["contact", "account"]), st.data())
def test_whatever_is_typed_is_taken_or_told(configuration: str, data: st.DataObject) -> None:
    given: Dictionary[str, str] = data.draw(st.dictionaries(st.sampled_from(list(FIELDS[configuration])), texts))
    record = hand.prepare(ALL[configuration], given, CATALOGUE)
    assert record.errors.keys() <= given.keys()
