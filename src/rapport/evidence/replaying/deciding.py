"""Decides records that are replayed: as their data type does, over nothing that was written after they were sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID

from rapport.db.queries import statement
from rapport.groups.ids import moment_of
from rapport.groups.submission import Decision, Submission
from rapport.records.receipt import Receipt, Touched
from rapport.records.types import contact
from rapport.tenants.statements import fetch

from . import headings
from .headings import ACCOUNT_DELETED, CHANGED, DELETED, Stays
from .undone import passed_over

if TYPE_CHECKING:
    from rapport.db.write import Actor
    from rapport.groups.submission import Result
    from rapport.records.decide import Row, State, Table, Values
    from rapport.records.fields import FieldType
    from rapport.records.receipt import Change, Prepared

    from .cases import Case, Part

_FIND_LATER, _FIND_RELEASED = statement("find_later"), statement("find_released")
_WROTE = ("created", "updated")
#: Data type -> the kind of object that its records are about, and the keys by which it is found; else a contact.
_FINDERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "account": ("account", ("account_name",)),
    "activity": ("contact", ()),
}
#: Data types whose records are nothing without the account that they name.
_OF_ACCOUNT = ("activity", "account-alias")


def submission(tenant_id: int, part: Part, actor: Actor, *, keep_sent: bool, dry_run: bool = False) -> Submission:
    """What of a part goes through the write path; the cases know afterwards which fields stayed."""
    assert part.mapping is not None
    kind, going, row = part.mapping.type, part.going, part.configuration
    deciding = _Deciding(tenant_id, part, going)
    return Submission(
        actor=actor,
        request_id=f"replay-{actor.id}",
        configuration_id=row.id if row else None,
        configuration_version=row.version if row else None,
        type=Decision(deciding.apply, kind.reads_linked_accounts),
        records=[case.record for case in going if case.record is not None],
        keep_sent=keep_sent,
        target=part.target,
        single=False,
        dry_run=dry_run,
    )


def judge(part: Part, result: Result) -> None:
    """Says of each case what became of it."""
    for case, receipt in zip(part.going, result.receipts, strict=True):
        case.objects = receipt.objects
        if receipt.errors:
            case.verdict, case.because = "reject", [text for texts in receipt.errors.values() for text in texts]
        elif any(each.outcome in _WROTE for each in receipt.objects):
            case.verdict = "apply"
        else:
            case.verdict = "keep" if case.stays else "unchanged"


class _Deciding:
    """Knows of each field that was written lately which record wrote it last."""

    def __init__(self, tenant_id: int, part: Part, going: list[Case]) -> None:
        self._tenant_id, self._part = tenant_id, part
        self._cases = {id(case.record): case for case in going}
        self._oldest = min(case.age for case in going)
        self._state: State | None = None
        #: Object and field -> age of what it holds.
        self._written: dict[tuple[Any, str], UUID] = {}
        #: Kind and key that finds nobody -> what it found until that was deleted, and the record that did it.
        self._released: dict[tuple[str, str], tuple[UUID, UUID]] = {}
        self._case = going[0]

    def apply(self, state: State, record: Prepared) -> Receipt:
        """Decide one record."""
        if state is not self._state:
            self._begin(state)
        self._case = case = self._cases[id(record)]
        case.stays = []
        before = len(state.ledger)
        receipt = self._of_heading(state, record) if case.filled else self._whole(state, record)
        for change in state.ledger[before:]:
            self._note(change)
        # What the request history keeps of it is found by the contact's keys, whatever was put through.
        for name, prefix, key in (("email", "e:", case.row.email_key), ("phone", "p:", case.row.phone_key)):
            if case.filled and key:
                record.keys.setdefault(name, prefix + key)
        return receipt

    def later(self, row: Row, field: str) -> bool:
        """Whether a field of a row, or a key behind `key `, was written after the present record."""
        found = self._written.get((row.id, field))
        return found is not None and found > self._case.age

    def _begin(self, state: State) -> None:
        """A new attempt: what was written after the oldest of the records, in one query."""
        self._state, state.sieve = state, self._sieve
        tables = (state.contacts, state.accounts, state.activities)
        rows = [row for table in tables for row in table.rows.values() if row.record is not None]
        ids = [row.id for row in rows]
        passed = passed_over(self._tenant_id)
        last = [row.record for row in rows]
        found = fetch(_FIND_LATER, self._tenant_id, ids, last, self._oldest, passed) if rows else []
        self._written = {(id, field): UUID(record) for id, field, record in found}
        self._released = dict(self._find_released(state, passed))

    def _find_released(self, state: State, passed: list[UUID]) -> Iterator[tuple[tuple[str, str], tuple[UUID, UUID]]]:
        """Of the records' keys that find nobody those that somebody deleted has had, in a query for each kind."""
        kind, names = self._finders
        since, records = moment_of(self._oldest), [case.record for case in self._cases.values() if case.record]
        wholes = [case.record for case in self._cases.values() if case.record and not case.filled]
        people = {each.keys[name] for each in wholes for name in names if name in each.keys and kind == "contact"}
        named = {each.keys["account_name"] for each in records if "account_name" in each.keys}
        for of, wanted, table in (("contact", people, state.contacts), ("account", named, state.accounts)):
            keys = sorted(wanted - table.keys.keys())
            found = fetch(_FIND_RELEASED, self._tenant_id, of, keys, since, passed) if keys else []
            yield from (((of, key), (id, record)) for key, id, record in found)

    @property
    def _finders(self) -> tuple[str, tuple[str, ...]]:
        """The kind of object that a record is about, and the keys that find it, where people delete such objects."""
        assert self._part.mapping is not None
        return _FINDERS.get(self._part.mapping.type.name, ("contact", ("email", "phone")))

    def _deleted(self, state: State, record: Prepared) -> Receipt | None:
        """Where nobody is found who was, when the record was sent: what was deleted since stays away."""
        kind, names = self._finders
        table = state.accounts if kind == "account" else state.contacts
        keys = {name: record.keys[name] for name in names if name in record.keys}
        if any(key in table.keys for key in keys.values()):
            return None
        for name, key in keys.items():
            id = self._deleted_since(kind, key)
            if id is not None:
                field = "name" if kind == "account" else name
                self._case.stays.append(Stays(kind, id, field, None, record.values[name], DELETED))
                return Receipt("unchanged", [Touched(kind, id, "unchanged", name, {})])
        return None

    def _deleted_since(self, kind: str, key: str) -> UUID | None:
        """What a key found until it was deleted, after the present record."""
        id, by = self._released.get((kind, key), (None, self._case.age))
        return id if by > self._case.age else None

    def _account_gone(self, state: State, record: Prepared) -> UUID | None:
        """The account that a record names and nobody finds by that, because it was deleted after the record."""
        key = record.keys.get("account_name")
        return None if key is None or key in state.accounts.keys else self._deleted_since("account", key)

    def _note(self, change: Change) -> None:
        for name in (*change.diff, *(f"key {key}" for key in change.keys)):
            place = (change.object_id, name)
            self._written[place] = max(self._written.get(place, self._case.age), self._case.age)

    def _sieve(
        self, table: Table, row: Row, values: Values, custom: Values | None, account: Row | None
    ) -> tuple[Values, Values | None, Row | None]:
        """Those of the values, custom fields and link that were not written later (`State.sieve`)."""
        types = self._case.record.types if self._case.record else {}
        values = {
            name: value
            for name, value in values.items()
            if not self._stays(table, row, name, (row.values[name], value), types.get(name))
        }
        if custom:
            stored = row.read_attributes()
            custom = {
                name: value
                for name, value in custom.items()
                if not self._stays(table, row, f"custom.{name}", (stored.get(name), value))
            }
        if account is not None and account.id != row.account_id:
            names = (row.values.get("account_name"), account.values["name"])
            account = None if self._stays(table, row, "account_name", names) else account
        return values, custom, account

    def _stays(self, table: Table, row: Row, name: str, change: tuple[Any, Any], type: FieldType | None = None) -> bool:
        """Whether a field was written later; it is told where that makes a difference."""
        if not self.later(row, name):
            return False
        now, then = change
        if now != then and not (type is not None and type.keeps(now, then)):
            self._case.stays.append(Stays(table.name, row.id, name, now, then, CHANGED))
        return True

    def _of_heading(self, state: State, record: Prepared) -> Receipt:
        gone = self._account_gone(state, record) is not None
        return headings.fill(state, self._case, record, self.later, gone=gone)

    def _whole(self, state: State, record: Prepared) -> Receipt:
        """As the data type decides."""
        assert self._part.mapping is not None
        kind = self._part.mapping.type
        if kind.name == "account-alias":
            held = self._held_alias(state, record)
            if held is not None:
                return held
        gone = self._deleted(state, record) or self._homeless(state, record)
        if gone is not None:
            return gone
        with self._without_what_stays(state, record):
            return kind.apply(state, record)

    def _homeless(self, state: State, record: Prepared) -> Receipt | None:
        """What is nothing without its account stays away with it."""
        assert self._part.mapping is not None
        id = self._account_gone(state, record) if self._part.mapping.type.name in _OF_ACCOUNT else None
        if id is None:
            return None
        self._case.stays.append(Stays("account", id, "name", None, record.values["account_name"], ACCOUNT_DELETED))
        return Receipt("unchanged", [Touched("account", id, "unchanged", "name", {})])

    def _held_alias(self, state: State, record: Prepared) -> Receipt | None:
        """An alias that was moved or taken away since stays where it is."""
        key = record.keys["alias"]
        owner, account = state.accounts.keys.get(key), state.accounts.keys.get(record.keys["account_name"])
        moved = [each for each in (owner, account) if each is not None and self.later(each, f"key {key}")]
        if owner is account or not moved:
            return None
        names = owner and owner.values["name"], record.values["account_name"]
        self._case.stays.append(Stays("account", moved[0].id, "alias", *names, CHANGED))
        return Receipt("unchanged", [Touched("account_alias", moved[0].id, "unchanged", "alias", {})])

    @contextmanager
    def _without_what_stays(self, state: State, record: Prepared) -> Iterator[None]:
        """Keys that somebody took from the contact since are not its own again, and no account is made in vain."""
        keys, values = record.keys, record.values
        row = contact.find(state, record)[0] if {"email", "phone"} & keys.keys() else None
        gone = {name for name in keys if row is not None and self._is_gone(state, row, name, keys[name])}
        if row is not None:
            for name in sorted(gone):
                self._case.stays.append(Stays("contact", row.id, name, row.values.get(name), values[name], CHANGED))
            record.keys = {name: key for name, key in keys.items() if name not in gone}
            # What a survey record copies of the account is as it was sent.
            record.values = {name: value for name, value in values.items() if name not in gone - {"account_name"}}
        if self._account_gone(state, record) is not None:
            now = row.values.get("account_name") if row is not None else None
            id, name = row.id if row is not None else None, values["account_name"]
            self._case.stays.append(Stays("contact", id, "account_name", now, name, ACCOUNT_DELETED))
            record.keys = {name: key for name, key in record.keys.items() if name != "account_name"}
        try:
            yield
        finally:
            record.keys, record.values = keys, values

    def _is_gone(self, state: State, row: Row, name: str, key: str) -> bool:
        """Whether a key that finds nobody was the contact's, or names an account where its link was written since."""
        if name == "account_name":
            # A survey that finds its contact links its own account.
            linked = self._part.mapping is not None and self._part.mapping.type.name != "survey"
            return linked and key not in state.accounts.keys and self.later(row, "account_name")
        return name in ("email", "phone") and key not in state.contacts.keys and self.later(row, f"key {key}")
