"""Rows read by `read_contacts` and `read_accounts` -> the engine's state."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rapport.records.decide import ACCOUNT_COLUMNS, CONTACT_COLUMNS, Row, State
from rapport.records.receipt import Prepared


def reach(records: Iterable[Prepared]) -> tuple[list[str], list[str]]:
    """The contact keys and the account keys that these records can reach, each once."""
    contacts: dict[str, None] = {}
    accounts: dict[str, None] = {}
    for record in records:
        for name, key in record.keys.items():
            wanted = contacts if name in ("email", "phone") else accounts
            wanted[key] = None
    return list(contacts), list(accounts)


def fill_contacts(state: State, rows: Iterable[Sequence[Any]]) -> None:
    """Enter the rows of `read_contacts`; two keys of one contact meet in one `Row`."""
    for read in rows:
        key, id, *values, version, account_id, attributes, account_name, _ = read
        if id is None:
            continue
        row = state.contacts.rows.get(id)
        if row is None:
            filled = dict(zip(CONTACT_COLUMNS, values, strict=True))
            filled["account_name"] = account_name
            row = Row(id, filled, version, account_id=account_id, attributes=attributes)
            state.contacts.rows[id] = row
        state.contacts.keys[key] = row


def fill_accounts(state: State, rows: Iterable[Sequence[Any]]) -> None:
    """Enter the rows of `read_accounts`."""
    for read in rows:
        key, id, *values, version, attributes, is_alias, _ = read
        if id is None:
            continue
        row = state.accounts.rows.get(id)
        if row is None:
            row = Row(id, dict(zip(ACCOUNT_COLUMNS, values, strict=True)), version, attributes=attributes)
            state.accounts.rows[id] = row
        state.accounts.keys[key] = row
        if is_alias:
            state.aliases.add(key)
