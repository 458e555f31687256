"""Decide: apply records, in order, to the rows that were read, and say what to write.

A `State` holds every row that the group's keys can reach. Data types change it through the few
operations below; nothing here knows SQL. What has to be written afterwards is in `created`,
`changed`, the new keys and the ledger.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from rapport.records.receipt import Change, Diff, Kind, Touched

NewId = Callable[[], Any]
#: Field name -> value; None clears.
Values = dict[str, Any]
Kept = Callable[[str, Any, Any], bool]


class Row:
    """An account, a contact or an activity as the state sees it now.

    `base` is the version that was read (0: the row is new), `version` the one it has by now.
    """

    __slots__ = ("account_id", "attributes", "base", "id", "linked", "prev", "record", "values", "version")

    def __init__(
        self,
        id: Any,
        values: dict[str, Any],
        version: int,
        *,
        account_id: Any = None,
        attributes: str = "{}",
        record: Any = None,
    ) -> None:
        self.id = id
        self.values = values
        self.base = self.version = version
        #: The linked account, of a contact; and the one that the ledger knows of.
        self.account_id = self.linked = account_id
        #: The last record that changed it, and the one before that.
        self.record = record
        self.prev: Any = None
        #: Custom fields, as JSON text.
        self.attributes = attributes

    def read_attributes(self) -> dict[str, Any]:
        """The custom fields by name."""
        values: dict[str, Any] = json.loads(self.attributes)
        return values


class Table:
    """One kind of object: rows by key, and what became of them."""

    __slots__ = ("changed", "created", "empty", "inherited", "keys", "name", "new_keys", "released", "rows")

    def __init__(self, name: str, columns: tuple[str, ...]) -> None:
        self.name = name
        #: The values of a row that nothing is known of.
        self.empty: Values = dict.fromkeys(columns)
        self.keys: dict[str, Row] = {}
        #: Those of the keys that came to their row with a merge.
        self.inherited: set[str] = set()
        #: Every row that was read or created, by id.
        self.rows: dict[Any, Row] = {}
        self.created: dict[Any, Row] = {}
        self.changed: dict[Any, Row] = {}
        #: Keys to write, and the row that each belongs to.
        self.new_keys: dict[str, Row] = {}
        #: Stored keys that find their row no longer; only edits by hand have any.
        self.released: dict[str, Row] = {}

    def claim(self, key: str, row: Row) -> None:
        """Let a key that nobody has find `row`."""
        self.keys[key] = self.new_keys[key] = row


#: The text columns of each object that records write.
CONTACT_COLUMNS = (
    "email", "phone", "first_name", "last_name", "job_title", "job_level", "language",
)  # fmt: skip
ACCOUNT_COLUMNS = (
    "name", "manager", "manager_email", "parent_account", "industry", "company_size", "region", "number",
)  # fmt: skip


ACTIVITY_COLUMNS = ("reference", "type", "source", "happened_at", "information", "contact_id")


#: Table, row, values, custom fields and account link of an update -> those of them that may come into the row.
Sieve = Callable[[Table, Row, Values, "Values | None", "Row | None"], "tuple[Values, Values | None, Row | None]"]


class State:
    """The rows that a group of records can reach, changed in memory as the records are decided."""

    def __init__(self, new_id: NewId) -> None:
        self.contacts = Table("contact", CONTACT_COLUMNS)
        self.accounts = Table("account", ACCOUNT_COLUMNS)
        #: Account keys that are aliases, and how they were first written (None: nobody knows any more).
        self.aliases: dict[str, str | None] = {}
        #: Activities by reference.
        self.activities = Table("activity", ACTIVITY_COLUMNS)
        #: Aliases that go to another account: key -> the account that has it in the database.
        self.moved_aliases: dict[str, Any] = {}
        #: Objects that are only ever added: kind -> (id, values, record).
        self.appended: dict[str, list[tuple[Any, Values, Any]]] = {}
        self.ledger: list[Change] = []
        #: Id of the record that is being decided, and whose it is; the ledger's rows carry both as they are.
        self.record: Any = None
        self.origin: Any = None
        #: The newest ledger row of each object that this record has changed.
        self._entered: dict[Any, Change] = {}
        #: What of an update may come into a row; None: all of it.
        self.sieve: Sieve | None = None
        self._new_id = new_id

    def emptied(self) -> list[list[Any]]:
        """What it holds, as lists; it holds nothing of it any more."""
        held: list[list[Any]] = [self.ledger, *self.appended.values()]
        self.ledger, self.appended, self._entered = [], {}, {}
        for table in (self.contacts, self.accounts, self.activities):
            held.append([*table.rows.values()])
            for rows in (table.keys, table.rows, table.created, table.changed, table.new_keys, table.released):
                rows.clear()
        return held

    def begin(self, record: Any, origin: Any = None) -> None:
        """From now on ledger rows are those of the record with this id."""
        self.record, self.origin = record, origin
        self._entered = {}

    def claim(self, table: Table, key: str, row: Row) -> None:
        """Give a key that nobody has to `row`; its ledger row says so."""
        table.claim(key, row)
        self._tie(table, key, row, (None, row.id))

    def release(self, table: Table, key: str) -> None:
        """Take a stored key from the row that has it; its ledger row says so."""
        row = table.released[key] = table.keys.pop(key)
        self._tie(table, key, row, (row.id, None))

    def _tie(self, table: Table, key: str, row: Row, owners: tuple[Any, Any]) -> None:
        """Enter a key's owners, before and after, where the row's change is told."""
        change = self._entered.get(row.id)
        if change is None:
            change = self._enter(table, row, "updated", {})
            if row.base:
                table.changed[row.id] = row
        change.keys[key] = owners

    def create(self, table: Table, values: Values, custom: Values | None = None, account: Row | None = None) -> Touched:
        """A new row with those `values` (None: left out); the caller claims its keys."""
        diff: Diff = {name: (None, value) for name, value in values.items() if value is not None}
        row = Row(self._new_id(), table.empty | {name: new for name, (_, new) in diff.items()}, 0)
        if custom:
            _set_attributes(row, custom, diff)
        if account is not None:
            _link(row, account, diff)
        table.rows[row.id] = table.created[row.id] = row
        self._enter(table, row, "created", diff)
        return Touched(table.name, row.id, "created", None, diff)

    def update(
        self,
        table: Table,
        row: Row,
        values: Values,
        matched_by: str,
        custom: Values | None = None,
        account: Row | None = None,
        kept: Kept | None = None,
    ) -> Touched:
        """Bring `values`, custom fields and the account link into `row`; equal values change nothing.

        `kept` says of a field, its stored value and a new one whether the stored one stays: the same spelt otherwise.
        """
        if self.sieve is not None:
            values, custom, account = self.sieve(table, row, values, custom, account)
        stored = row.values
        diff: Diff = {}
        for name, value in values.items():
            old = stored[name]
            if old != value and (kept is None or not kept(name, old, value)):
                diff[name] = (old, value)
                stored[name] = value
        if custom:
            _set_attributes(row, custom, diff)
        if account is not None and row.account_id != account.id:
            _link(row, account, diff)
        if not diff:
            return Touched(table.name, row.id, "unchanged", matched_by, diff)
        if row.base:
            table.changed[row.id] = row
        self._enter(table, row, "updated", diff)
        return Touched(table.name, row.id, "updated", matched_by, diff)

    def append(self, kind: str, values: Values) -> Touched:
        """A new object that no record ever changes again."""
        id = self._new_id()
        self.appended.setdefault(kind, []).append((id, values, self.record))
        diff: Diff = {name: (None, value) for name, value in values.items() if value is not None}
        self.ledger.append(Change(kind, id, 1, "created", diff, self.record, self.origin))
        return Touched(kind, id, "created", None, diff)

    def alias(self, key: str, text: str, account: Row) -> Touched:
        """Let an alias find `account`; it leaves the account that it found before."""
        owner = self.accounts.keys.get(key)
        if owner is account:
            return Touched("account_alias", account.id, "unchanged", "alias", {})
        if owner is None:
            self.aliases[key] = text
        else:
            text = self.aliases[key] or text
            self._move(key, text, owner, account)
        self._note(account, {"alias": (None, text)}).keys[key] = (owner and owner.id, account.id)
        if owner is None:
            self.accounts.claim(key, account)
            changes: Diff = {"alias": (None, text), "account_name": (None, account.values["name"])}
            return Touched("account_alias", account.id, "created", None, changes)
        changes = {"account_name": (owner.values["name"], account.values["name"])}
        return Touched("account_alias", account.id, "updated", "alias", changes)

    def remove_alias(self, key: str, text: str) -> Touched:
        """Let an alias find nothing any more."""
        account = self.accounts.keys[key]
        text = self.aliases.pop(key) or text
        changes: Diff = {"alias": (text, None)}
        self._note(account, changes)
        self.release(self.accounts, key)
        return Touched("account_alias", account.id, "updated", "alias", changes)

    def _move(self, key: str, text: str, owner: Row, account: Row) -> None:
        """Take an alias from its owner."""
        self._note(owner, {"alias": (text, None)}).keys[key] = (owner.id, account.id)
        self.accounts.keys[key] = account
        if key in self.accounts.new_keys:
            self.accounts.new_keys[key] = account
        else:
            self.moved_aliases.setdefault(key, owner.id)

    def _note(self, account: Row, diff: Diff) -> Change:
        """A ledger row for an account whose columns stay as they are."""
        if account.base:
            self.accounts.changed[account.id] = account
        return self._enter(self.accounts, account, "updated", diff)

    def _enter(self, table: Table, row: Row, kind: Kind, diff: Diff) -> Change:
        """A ledger row for the next version of `row`; all rows of one record and object share one `prev`."""
        row.version += 1
        if row.record is not self.record:
            row.prev, row.record = row.record, self.record
        change = self._entered[row.id] = Change(
            table.name, row.id, row.version, kind, diff, self.record, self.origin, row.prev
        )
        if row.linked != row.account_id:
            change.account = (row.linked, row.account_id)
            row.linked = row.account_id
        self.ledger.append(change)
        return change

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
        self.claim(self.accounts, key, row)
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
