"""Decide: apply records, in order, to the rows that were read, and say what to write.

A `State` holds every row that the group's keys can reach. Data types change it through the few
operations below; nothing here knows SQL. What has to be written afterwards is in `created`,
`changed`, the new keys and the ledger.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from rapport.records.receipt import Change, Diff, Outcome, Touched

NewId = Callable[[], Any]
#: Field name -> value; None clears.
Values = dict[str, Any]


class Row:
    """An account or a contact as the state sees it now.

    `base` is the version that was read (0: the row is new), `version` the one it has by now.
    """

    __slots__ = ("account_id", "attributes", "base", "id", "values", "version")

    def __init__(
        self,
        id: Any,
        values: dict[str, Any],
        version: int,
        *,
        account_id: Any = None,
        attributes: str = "{}",
    ) -> None:
        self.id = id
        self.values = values
        self.base = self.version = version
        #: The linked account, of a contact.
        self.account_id = account_id
        #: Custom fields, as JSON text.
        self.attributes = attributes

    def read_attributes(self) -> dict[str, Any]:
        """The custom fields by name."""
        values: dict[str, Any] = json.loads(self.attributes)
        return values


class Table:
    """One kind of object: rows by key, and what became of them."""

    __slots__ = ("changed", "columns", "created", "keys", "name", "new_keys", "released", "rows")

    def __init__(self, name: str, columns: tuple[str, ...]) -> None:
        self.name = name
        self.columns = columns
        self.keys: dict[str, Row] = {}
        #: Every row that was read or created, by id.
        self.rows: dict[Any, Row] = {}
        self.created: dict[Any, Row] = {}
        self.changed: dict[Any, Row] = {}
        #: Keys to write, and the row that each belongs to.
        self.new_keys: dict[str, Row] = {}
        #: Stored keys that find their row no longer; only edits by hand have any.
        self.released: dict[str, Row] = {}

    def claim(self, key: str, row: Row) -> None:
        """Give a key that nobody has to `row`."""
        self.keys[key] = row
        self.new_keys[key] = row

    def release(self, key: str) -> None:
        """Take a stored key from the row that has it."""
        self.released[key] = self.keys.pop(key)


#: The text columns of each object that records write.
CONTACT_COLUMNS = (
    "email", "phone", "first_name", "last_name", "job_title", "job_level", "language",
)  # fmt: skip
ACCOUNT_COLUMNS = (
    "name", "manager", "manager_email", "parent_account", "industry", "company_size", "region", "number",
)  # fmt: skip


ACTIVITY_COLUMNS = ("reference", "type", "source", "happened_at", "information", "contact_id")


class State:
    """The rows that a group of records can reach, changed in memory as the records are decided."""

    def __init__(self, new_id: NewId) -> None:
        self.contacts = Table("contact", CONTACT_COLUMNS)
        self.accounts = Table("account", ACCOUNT_COLUMNS)
        #: Account keys that are aliases, and how they were first written (None: as it was read).
        self.aliases: dict[str, str | None] = {}
        #: Activities by reference.
        self.activities = Table("activity", ACTIVITY_COLUMNS)
        #: Aliases that go to another account: key -> the account that has it in the database.
        self.moved_aliases: dict[str, Any] = {}
        #: Objects that are only ever added: kind -> (id, values).
        self.appended: dict[str, list[tuple[Any, Values]]] = {}
        self.ledger: list[Change] = []
        #: Position of the record that is being decided; its ledger rows carry it.
        self.record = 0
        self._new_id = new_id

    def create(self, table: Table, values: Values, custom: Values | None = None, account: Row | None = None) -> Touched:
        """A new row with those `values` (None: left out); the caller claims its keys."""
        diff: Diff = {name: (None, value) for name, value in values.items() if value is not None}
        row = Row(self._new_id(), dict.fromkeys(table.columns), 0)
        row.values.update((name, new) for name, (_, new) in diff.items())
        if custom:
            _set_attributes(row, custom, diff)
        if account is not None:
            _link(row, account, diff)
        table.rows[row.id] = table.created[row.id] = row
        return self._enter(table, row, "created", None, diff)

    def update(
        self,
        table: Table,
        row: Row,
        values: Values,
        matched_by: str,
        custom: Values | None = None,
        account: Row | None = None,
    ) -> Touched:
        """Bring `values`, custom fields and the account link into `row`; equal values change nothing."""
        stored = row.values
        diff: Diff = {}
        for name, value in values.items():
            if stored[name] != value:
                diff[name] = (stored[name], value)
                stored[name] = value
        if custom:
            _set_attributes(row, custom, diff)
        if account is not None and row.account_id != account.id:
            _link(row, account, diff)
        if not diff:
            return Touched(table.name, row.id, "unchanged", matched_by, diff)
        if row.base:
            table.changed[row.id] = row
        return self._enter(table, row, "updated", matched_by, diff)

    def append(self, kind: str, values: Values) -> Touched:
        """A new object that no record ever changes again."""
        added = (self._new_id(), values)
        self.appended.setdefault(kind, []).append(added)
        diff: Diff = {name: (None, value) for name, value in values.items() if value is not None}
        self.ledger.append(Change(kind, added[0], 1, "created", diff, self.record))
        return Touched(kind, added[0], "created", None, diff)

    def alias(self, key: str, text: str, account: Row) -> Touched:
        """Let an alias find `account`; it leaves the account that it found before."""
        owner = self.accounts.keys.get(key)
        if owner is account:
            return Touched("account_alias", account.id, "unchanged", "alias", {})
        if owner is None:
            self.accounts.claim(key, account)
        else:
            self._move(key, text, owner, account)
        self.aliases.setdefault(key, text)
        self._note(account, {"alias": (None, text)})
        if owner is None:
            changes: Diff = {"alias": (None, text), "account_name": (None, account.values["name"])}
            return Touched("account_alias", account.id, "created", None, changes)
        changes = {"account_name": (owner.values["name"], account.values["name"])}
        return Touched("account_alias", account.id, "updated", "alias", changes)

    def remove_alias(self, key: str, text: str) -> Touched:
        """Let an alias find nothing any more."""
        account = self.accounts.keys[key]
        self.accounts.release(key)
        self.aliases.pop(key)
        changes: Diff = {"alias": (text, None)}
        self._note(account, changes)
        return Touched("account_alias", account.id, "updated", "alias", changes)

    def _move(self, key: str, text: str, owner: Row, account: Row) -> None:
        """Take an alias from its owner."""
        self._note(owner, {"alias": (text, None)})
        self.accounts.keys[key] = account
        if key in self.accounts.new_keys:
            self.accounts.new_keys[key] = account
        else:
            self.moved_aliases.setdefault(key, owner.id)

    def _note(self, account: Row, diff: Diff) -> None:
        """A ledger row for an account whose columns stay as they are."""
        if account.base:
            self.accounts.changed[account.id] = account
        self._enter(self.accounts, account, "updated", None, diff)

    def _enter(self, table: Table, row: Row, outcome: Outcome, matched_by: str | None, diff: Diff) -> Touched:
        row.version += 1
        kind: Any = outcome
        self.ledger.append(Change(table.name, row.id, row.version, kind, diff, self.record))
        return Touched(table.name, row.id, outcome, matched_by, diff)

    def account(
        self, name: str, key: str, values: Values | None = None, custom: Values | None = None
    ) -> tuple[Row, Touched]:
        """The account with that name or alias; created with `values` when there is none."""
        row = self.accounts.keys.get(key)
        if row is not None:
            matched_by = "alias" if key in self.aliases else "name"
            return row, Touched("account", row.id, "unchanged", matched_by, {})
        touched = self.create(self.accounts, {"name": " ".join(name.split())} | (values or {}), custom)
        row = self.accounts.rows[touched.id]
        self.accounts.claim(key, row)
        return row, touched


def _set_attributes(row: Row, custom: Values, diff: Diff) -> None:
    """Bring custom fields into `row`; None removes one."""
    stored = row.read_attributes()
    changed = {name: value for name, value in custom.items() if stored.get(name) != value}
    for name, value in changed.items():
        diff["custom." + name] = (stored.pop(name, None), value)
        if value is not None:
            stored[name] = value
    if changed:
        row.attributes = json.dumps(stored, ensure_ascii=False)


def _link(row: Row, account: Row, diff: Diff) -> None:
    """Make `account` the contact's own."""
    diff["account_name"] = (row.values.get("account_name"), account.values["name"])
    row.account_id = account.id
    row.values["account_name"] = account.values["name"]
