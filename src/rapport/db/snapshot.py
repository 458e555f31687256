"""Rows that were read -> the engine's state."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from rapport.records.decide import ACCOUNT_COLUMNS, CONTACT_COLUMNS, Row, State
from rapport.records.receipt import Prepared


class Reach(NamedTuple):
    """Keys that records can reach, each once."""

    contacts: list[str]
    accounts: list[str]
    activities: list[str]


#: Identity field -> position in `Reach`.
_TABLES = {"email": 0, "phone": 0, "contact": 0, "account_name": 1, "alias": 1, "reference": 2}


def reach(records: Iterable[Prepared]) -> Reach:
    """The keys that these records can reach."""
    wanted: tuple[dict[str, None], ...] = ({}, {}, {})
    for record in records:
        for name, key in record.keys.items():
            wanted[_TABLES[name]][key] = None
    return Reach(*map(list, wanted))


def linked_accounts(state: State) -> list[Any]:
    """Ids of accounts that contacts are linked to and that were not read yet."""
    linked = {row.account_id for row in state.contacts.rows.values()} - {None}
    return [id for id in linked if id not in state.accounts.rows]


def fill_contacts(state: State, rows: Iterable[Sequence[Any]]) -> None:
    """Enter the rows of `read_contacts`, each with the keys that find it."""
    table = state.contacts
    for read in rows:
        keys, id, *values, version, account_id, attributes, record, account_name, inherited, _ = read
        if id is None:
            continue
        row = table.rows.get(id)
        if row is None:
            filled = dict(zip(CONTACT_COLUMNS, values, strict=True))
            filled["account_name"] = account_name
            row = Row(id, filled, version, account_id=account_id, attributes=attributes, record=record)
            table.rows[id] = row
        for key in keys or ():
            table.keys[key] = row
        if inherited:
            table.inherited.update(inherited)


def fill_accounts(state: State, rows: Iterable[Sequence[Any]]) -> None:
    """Enter the rows of `read_accounts` and `read_linked_accounts`."""
    for read in rows:
        key, id, *values, version, attributes, record, is_alias, label, _ = read
        if id is None:
            continue
        row = state.accounts.rows.get(id)
        if row is None:
            filled = dict(zip(ACCOUNT_COLUMNS, values, strict=True))
            row = Row(id, filled, version, attributes=attributes, record=record)
            state.accounts.rows[id] = row
        if key is not None:
            state.accounts.keys[key] = row
        if is_alias:
            state.aliases[key] = label


def fill_activities(state: State, rows: Iterable[Sequence[Any]]) -> None:
    """Enter the rows of `read_activities`."""
    for read in rows:
        reference, id, kind, source, happened_at, information, contact_id, version, *rest, account_name, _ = read
        if id is None:
            continue
        values = {
            "reference": reference,
            "type": kind,
            "source": source,
            "happened_at": happened_at.isoformat().replace("+00:00", "Z"),
            "information": information,
            "contact_id": contact_id,
            "account_name": account_name,
        }
        row = Row(id, values, version, account_id=rest[0], attributes=rest[1], record=rest[2])
        state.activities.rows[id] = state.activities.keys[reference] = row
