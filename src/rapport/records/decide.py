"""Decide: apply records, in order, to the rows that were read, and say what to write.

A `State` holds every row that the group's keys can reach. Data types change it through the few
operations below; nothing here knows SQL. What has to be written afterwards is in `created`,
`changed`, the new keys and the ledger.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rapport.records.receipt import Change, Diff, Outcome, Touched

NewId = Callable[[], Any]


class Row:
    """An account or a contact as the state sees it now.

    `base` is the version that was read (0: the row is new), `version` the one it has by now.
    """

    __slots__ = ("account_id", "attributes", "base", "id", "values", "version")

    def __init__(
        self, id: Any, values: dict[str, Any], version: int, *, account_id: Any = None,
        attributes: str = "{}",
    ) -> None:
        self.id = id
        self.values = values
        self.base = self.version = version
        #: The linked account, of a contact.
        self.account_id = account_id
        #: Custom fields, as JSON text.
        self.attributes = attributes


class Table:
    """One kind of object: rows by key, and what became of them."""

    __slots__ = ("changed", "columns", "created", "keys", "name", "new_keys")

    def __init__(self, name: str, columns: tuple[str, ...]) -> None:
        self.name = name
        self.columns = columns
        self.keys: dict[str, Row] = {}
        self.created: dict[Any, Row] = {}
        self.changed: dict[Any, Row] = {}
        #: Keys to write, and the row that each belongs to.
        self.new_keys: dict[str, Row] = {}

    def claim(self, key: str, row: Row) -> None:
        """Give a key that nobody has to `row`."""
        self.keys[key] = row
        self.new_keys[key] = row


#: The text columns of each object that records write.
CONTACT_COLUMNS = (
    "email", "phone", "first_name", "last_name", "job_title", "job_level", "language",
)  # fmt: skip
ACCOUNT_COLUMNS = (
    "name", "manager", "manager_email", "parent_account", "industry", "company_size", "region", "number",
)  # fmt: skip


class State:
    """The rows that a group of records can reach, changed in memory as the records are decided."""

    def __init__(self, new_id: NewId) -> None:
        self.contacts = Table("contact", CONTACT_COLUMNS)
        self.accounts = Table("account", ACCOUNT_COLUMNS)
        #: Account keys that are aliases.
        self.aliases: set[str] = set()
        self.ledger: list[Change] = []
        #: Position of the record that is being decided; its ledger rows carry it.
        self.record = 0
        self._new_id = new_id

    def create(self, table: Table, values: dict[str, Any], account: Row | None = None) -> Touched:
        """A new row with those `values` (None: left out); the caller claims its keys."""
        filled = {name: value for name, value in values.items() if value is not None}
        row = Row(self._new_id(), dict.fromkeys(table.columns) | filled, 0)
        diff: Diff = {name: (None, value) for name, value in filled.items()}
        if account is not None:
            row.account_id = account.id
            row.values["account_name"] = account.values["name"]
            diff["account_name"] = (None, account.values["name"])
        table.created[row.id] = row
        return self._enter(table, row, "created", None, diff)

    def update(
        self, table: Table, row: Row, values: dict[str, Any], matched_by: str,
        account: Row | None = None,
    ) -> Touched:
        """Bring `values` and the account link into `row`; equal values change nothing."""
        stored = row.values
        diff: Diff = {}
        for name, value in values.items():
            if stored[name] != value:
                diff[name] = (stored[name], value)
                stored[name] = value
        if account is not None and row.account_id != account.id:
            diff["account_name"] = (stored.get("account_name"), account.values["name"])
            row.account_id = account.id
            stored["account_name"] = account.values["name"]
        if not diff:
            return Touched(table.name, row.id, "unchanged", matched_by, diff)
        if row.base:
            table.changed[row.id] = row
        return self._enter(table, row, "updated", matched_by, diff)

    def _enter(
        self, table: Table, row: Row, outcome: Outcome, matched_by: str | None, diff: Diff
    ) -> Touched:
        row.version += 1
        kind: Any = outcome
        self.ledger.append(Change(table.name, row.id, row.version, kind, diff, self.record))
        return Touched(table.name, row.id, outcome, matched_by, diff)

    def account(
        self, name: str, key: str, values: dict[str, Any] | None = None
    ) -> tuple[Row, Touched]:
        """The account with that name or alias; created with `values` when there is none."""
        row = self.accounts.keys.get(key)
        if row is not None:
            matched_by = "alias" if key in self.aliases else "name"
            return row, Touched("account", row.id, "unchanged", matched_by, {})
        touched = self.create(self.accounts, {"name": " ".join(name.split())} | (values or {}))
        row = self.accounts.created[touched.id]
        self.accounts.claim(key, row)
        return row, touched
