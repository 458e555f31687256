"""What the database would hold, as plain rows: it carries the engine's state from one group of records to the next."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from rapport.db import snapshot
from rapport.records import mapping
from rapport.records.decide import ACCOUNT_COLUMNS, CONTACT_COLUMNS, Row, State, Table
from rapport.records.receipt import Change, Prepared, Receipt
from rapport.records.types import ALL, DataType

#: Configurations with every field of their data type, as tenants start with.
DEFAULTS = {
    name: mapping.Mapping(name, [{"heading": field.label, "field": field.name} for field in kind.fields])
    for name, kind in ALL.items()
}
NOBODY = itertools.repeat(None)


class Stored(NamedTuple):
    """A row of `contacts`, `accounts` or `activities`."""

    values: dict[str, Any]
    version: int
    account_id: UUID | None
    custom: dict[str, Any]
    #: The record that changed it last.
    record: int


class Noted(NamedTuple):
    """A row of `changes`."""

    type: str
    id: UUID
    version: int
    kind: str
    diff: dict[str, Any]
    #: Which of all records ever sent it was, and which changed the object before.
    record: int
    prev: int | None
    #: Of the account that it was linked to and is now; and whom each key found and finds.
    account: tuple[UUID | None, UUID | None] | None
    keys: dict[str, tuple[UUID | None, UUID | None]]


class Shelves:
    """Contacts, accounts and activities with their keys, what is only ever added, and the ledger.

    `mappings` are the configurations that records can name; the one named "" stands in for those that are not there.
    """

    def __init__(self, mappings: Mapping[str, mapping.Mapping] = DEFAULTS) -> None:
        self.contacts: dict[UUID, Stored] = {}
        self.accounts: dict[UUID, Stored] = {}
        self.activities: dict[UUID, Stored] = {}
        self.contact_keys: dict[str, UUID] = {}
        self.account_keys: dict[str, UUID] = {}
        self.references: dict[str, UUID] = {}
        #: Account keys that are aliases, as they were first written.
        self.aliases: dict[str, str] = {}
        #: Survey records and external responses: kind and values.
        self.appended: dict[UUID, tuple[str, dict[str, Any]]] = {}
        self.ledger: list[Noted] = []
        self._mappings = mappings
        self._ids = (UUID(int=number) for number in itertools.count(1))
        self.records = 0

    def send(self, *group: dict[str, Any]) -> list[Receipt]:
        """Send one group; the key `""` of a record names its configuration, `contact` without it."""
        state, receipts = self._decide(group)
        self._keep(state)
        self.records += len(group)
        return receipts

    def send_one_by_one(self, *records: dict[str, Any]) -> list[Receipt]:
        """Send each record as a group of its own."""
        return [receipt for record in records for receipt in self.send(record)]

    def dry_run(self, *group: dict[str, Any]) -> list[Receipt]:
        """What `send` would say; nothing is kept."""
        return self._decide(group)[1]

    def _decide(self, group: Sequence[dict[str, Any]]) -> tuple[State, list[Receipt]]:
        prepared = [self._prepare(record) for record in group]
        state = self._read([kind for kind, _ in prepared], [record for _, record in prepared])
        receipts = []
        for number, (kind, record) in enumerate(prepared):
            state.begin(self.records + number)
            wrong = Receipt("rejected", ignored=record.ignored, errors=record.errors)
            receipts.append(wrong if record.errors else kind.apply(state, record))
        return state, receipts

    def _prepare(self, record: dict[str, Any]) -> tuple[DataType, Prepared]:
        name = record.get("", "contact")
        chosen = self._mappings[name] if name in self._mappings else self._mappings[""]
        return chosen.type, chosen.prepare({heading: text for heading, text in record.items() if heading})

    def _read(self, kinds: list[DataType], records: list[Prepared]) -> State:
        """As `groups/attempt.py` reads."""
        state, wanted = State(lambda: next(self._ids)), snapshot.reach(records)
        snapshot.fill_accounts(state, self._read_accounts(wanted.accounts))
        snapshot.fill_activities(state, self._read_activities(wanted.activities))
        snapshot.fill_contacts(state, self._read_contacts(wanted.contacts))
        if any(kind.reads_linked_accounts for kind in kinds):
            linked = snapshot.linked_accounts(state)
            snapshot.fill_accounts(state, (self._account(None, id, is_alias=False) for id in linked))
        return state

    def _read_contacts(self, keys: Iterable[str]) -> Iterator[Sequence[Any]]:
        """As the statement `read_contacts` would."""
        for key in keys:
            id = self.contact_keys.get(key)
            if id is None:
                continue
            stored = self.contacts[id]
            values = (stored.values[name] for name in CONTACT_COLUMNS)
            yield (
                [key],
                id,
                *values,
                stored.version,
                stored.account_id,
                json.dumps(stored.custom),
                stored.record,
                self._name(stored),
                None,
                None,
            )
        yield (*itertools.islice(NOBODY, len(CONTACT_COLUMNS) + 9),)

    def _read_accounts(self, keys: Iterable[str]) -> Iterator[Sequence[Any]]:
        """As the statement `read_accounts` would."""
        for key in keys:
            id = self.account_keys.get(key)
            if id is not None:
                yield self._account(key, id, is_alias=key in self.aliases)
        yield (*itertools.islice(NOBODY, len(ACCOUNT_COLUMNS) + 8),)

    def _account(self, key: str | None, id: UUID, *, is_alias: bool) -> Sequence[Any]:
        stored = self.accounts[id]
        values = (stored.values[name] for name in ACCOUNT_COLUMNS)
        return (
            key,
            id,
            *values,
            stored.version,
            json.dumps(stored.custom),
            stored.record,
            is_alias,
            self.aliases.get(key or ""),
            None,
        )

    def _read_activities(self, references: Iterable[str]) -> Iterator[Sequence[Any]]:
        """As the statement `read_activities` would."""
        for reference in references:
            id = self.references.get(reference)
            if id is None:
                continue
            stored = self.activities[id]
            v = stored.values
            moment = datetime.fromisoformat(v["happened_at"])
            own = (v["type"], v["source"], moment, v["information"], v["contact_id"], stored.version)
            linked = (stored.account_id, json.dumps(stored.custom))
            yield (reference, id, *own, *linked, stored.record, self._name(stored), None)
        yield (*itertools.islice(NOBODY, 13),)

    def _name(self, stored: Stored) -> str | None:
        """The name of the linked account."""
        return self.accounts[stored.account_id].values["name"] if stored.account_id else None

    def _keep(self, state: State) -> None:
        """Write as the statements would: guarded by keys and versions."""
        for table, rows, keys in (
            (state.accounts, self.accounts, self.account_keys),
            (state.contacts, self.contacts, self.contact_keys),
            (state.activities, self.activities, self.references),
        ):
            _write(table, rows)
            assert not table.new_keys.keys() & keys.keys(), "a key was given away twice"
            keys.update((key, row.id) for key, row in table.new_keys.items())
        self._keep_aliases(state)
        for kind, added in state.appended.items():
            self.appended.update((id, (kind, values)) for id, values, _ in added)
        self.ledger += (self._noted(change) for change in state.ledger)

    def _keep_aliases(self, state: State) -> None:
        labels = ((key, state.aliases.get(key)) for key in state.accounts.new_keys)
        self.aliases.update((key, label) for key, label in labels if label is not None)
        for key, base in state.moved_aliases.items():
            assert key in self.aliases, "only aliases move"
            assert self.account_keys[key] == base, "decided on another owner"
            self.account_keys[key] = state.accounts.keys[key].id

    def _noted(self, change: Change) -> Noted:
        diff = {name: tuple(values) for name, values in change.diff.items()}
        named = (change.object_type, change.object_id, change.version, change.kind, diff)
        return Noted(*named, change.record, change.prev, change.account, change.keys)

    def look(self) -> dict[str, Any]:
        """Everything that is kept, to be compared."""
        kept = {name: value for name, value in vars(self).items() if not name.startswith("_") and name != "records"}
        return {name: value.copy() for name, value in kept.items()}

    def told(self) -> dict[UUID, dict[str, Any]]:
        """What each object is, in the words of the ledger; aliases of accounts by key."""
        objects = {id: self._told(row) for id, row in (self.contacts | self.accounts | self.activities).items()}
        for key in self.aliases:
            objects[self.account_keys[key]].setdefault("aliases", set()).add(key)
        for id, (_, values) in self.appended.items():
            objects[id] = {name: value for name, value in values.items() if value is not None} | {"version": 1}
        return objects

    def _told(self, row: Stored) -> dict[str, Any]:
        values = {name: value for name, value in row.values.items() if value is not None}
        custom = {"custom." + name: value for name, value in row.custom.items()}
        link = {"account_name": self._name(row)} if row.account_id else {}
        return values | custom | link | {"version": row.version}

    def people(self) -> list[tuple[Any, ...]]:
        """E-mail, phone and account name of every contact, in the order of their creation."""
        return [(row.values["email"], row.values["phone"], self._name(row)) for _, row in sorted(self.contacts.items())]


def _write(table: Table, rows: dict[UUID, Stored]) -> None:
    assert not table.created.keys() & rows.keys()
    for id, row in table.changed.items():
        assert rows[id].version == row.base, "decided on another version"
    rows.update((id, _stored(table, row)) for id, row in (table.created | table.changed).items())


def _stored(table: Table, row: Row) -> Stored:
    values = {name: row.values[name] for name in table.empty}
    return Stored(values, row.version, row.account_id, row.read_attributes(), row.record)
