"""What the database would hold, as plain rows: it carries the engine's state from one group of records to the next."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from rapport.db import snapshot
from rapport.records.decide import ACCOUNT_COLUMNS, CONTACT_COLUMNS, Row, State, Table
from rapport.records.mapping import Mapping
from rapport.records.receipt import Change, Receipt
from rapport.records.types import ALL

#: Configurations with every field of their data type, as tenants start with.
DEFAULTS = {
    name: Mapping(name, [{"heading": field.label, "field": field.name} for field in kind.fields])
    for name, kind in ALL.items()
}
NOBODY = itertools.repeat(None)


class Stored(NamedTuple):
    """A row of `contacts` or `accounts`."""

    values: dict[str, Any]
    version: int
    account_id: UUID | None


class Noted(NamedTuple):
    """A row of `changes`."""

    type: str
    id: UUID
    version: int
    kind: str
    diff: dict[str, Any]
    #: Which of all records ever sent it was.
    record: int


class Shelves:
    """Contacts and accounts with their keys, and the ledger."""

    def __init__(self) -> None:
        self.contacts: dict[UUID, Stored] = {}
        self.accounts: dict[UUID, Stored] = {}
        self.contact_keys: dict[str, UUID] = {}
        self.account_keys: dict[str, UUID] = {}
        self.aliases: set[str] = set()
        self.ledger: list[Noted] = []
        self._ids = (UUID(int=number) for number in itertools.count(1))
        self._records = 0

    def send(self, *group: dict[str, Any]) -> list[Receipt]:
        """Send one group; the key `""` of a record names its configuration, `contact` without it."""
        records = [(DEFAULTS[record.get("", "contact")], record) for record in group]
        prepared = [
            (mapping, mapping.prepare({heading: text for heading, text in record.items() if heading}))
            for mapping, record in records
        ]
        contact_keys, account_keys, _ = snapshot.reach(record for _, record in prepared)
        state = State(lambda: next(self._ids))
        snapshot.fill_accounts(state, self._read_accounts(account_keys))
        snapshot.fill_contacts(state, self._read_contacts(contact_keys))
        receipts = []
        for state.record, (mapping, record) in enumerate(prepared):
            wrong = Receipt("rejected", ignored=record.ignored, errors=record.errors)
            receipts.append(wrong if record.errors else mapping.type.apply(state, record))
        self._keep(state)
        self._records += len(group)
        return receipts

    def send_one_by_one(self, *records: dict[str, Any]) -> list[Receipt]:
        """Send each record as a group of its own."""
        return [receipt for record in records for receipt in self.send(record)]

    def _read_contacts(self, keys: Iterable[str]) -> Iterator[Sequence[Any]]:
        """As the statement `read_contacts` would."""
        for key in keys:
            id = self.contact_keys.get(key)
            if id is None:
                yield (key, *itertools.islice(NOBODY, len(CONTACT_COLUMNS) + 6))
                continue
            stored = self.contacts[id]
            account = self.accounts[stored.account_id].values["name"] if stored.account_id else None
            values = (stored.values[name] for name in CONTACT_COLUMNS)
            yield (key, id, *values, stored.version, stored.account_id, "{}", account, None)

    def _read_accounts(self, keys: Iterable[str]) -> Iterator[Sequence[Any]]:
        """As the statement `read_accounts` would."""
        for key in keys:
            id = self.account_keys.get(key)
            if id is None:
                yield (key, *itertools.islice(NOBODY, len(ACCOUNT_COLUMNS) + 5))
                continue
            values = (self.accounts[id].values[name] for name in ACCOUNT_COLUMNS)
            yield (key, id, *values, self.accounts[id].version, "{}", key in self.aliases, None)

    def _keep(self, state: State) -> None:
        """Write as the statements would: guarded by keys and versions."""
        for table, rows, keys in (
            (state.accounts, self.accounts, self.account_keys),
            (state.contacts, self.contacts, self.contact_keys),
        ):
            _write(table, rows)
            assert not table.new_keys.keys() & keys.keys(), "a key was given away twice"
            keys.update((key, row.id) for key, row in table.new_keys.items())
        self.ledger += (self._noted(change) for change in state.ledger)

    def _noted(self, change: Change) -> Noted:
        diff = {name: tuple(values) for name, values in change.diff.items()}
        place = self._records + change.record
        return Noted(change.object_type, change.object_id, change.version, change.kind, diff, place)

    def look(self) -> dict[str, Any]:
        """Everything that is kept, to be compared."""
        return {name: value for name, value in vars(self).items() if not name.startswith("_")}

    def people(self) -> list[tuple[Any, ...]]:
        """E-mail, phone and account name of every contact, in the order of their creation."""
        return [
            (
                row.values["email"],
                row.values["phone"],
                self.accounts[row.account_id].values["name"] if row.account_id else None,
            )
            for _, row in sorted(self.contacts.items())
        ]


def _write(table: Table, rows: dict[UUID, Stored]) -> None:
    assert not table.created.keys() & rows.keys()
    for id, row in table.changed.items():
        assert rows[id].version == row.base, "decided on another version"
    rows.update((id, _stored(table, row)) for id, row in (table.created | table.changed).items())


def _stored(table: Table, row: Row) -> Stored:
    return Stored({name: row.values[name] for name in table.columns}, row.version, row.account_id)
