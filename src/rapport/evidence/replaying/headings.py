"""What came under one heading, brought into the object that its record wrote; pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from rapport.records.decide import ACCOUNT_COLUMNS
from rapport.records.receipt import Prepared, Receipt, Touched
from rapport.records.types import DataType
from rapport.records.types.base import custom_news, rejected, respelt
from rapport.records.types.contact import CONTACT_FIELDS

if TYPE_CHECKING:
    from rapport.history.models import SentRecord
    from rapport.records.decide import Row, State

    from .cases import Case

#: Standard fields of contacts, as they are called where objects are told apart.
_PATHS = {field.name: field.path for field in CONTACT_FIELDS}
#: Objects that are read by their ids; activities are by their references.
BY_ID = ("contact", "account")
#: Why a value has no place.
MADE_ONCE, FINDS, NO_OBJECT, FOUND_ONLY = (
    "survey records and responses are made once",
    "others are found by it",
    "the record wrote no such object",
    "a survey changes no contact that is there",
)
CHANGED, DELETED, KEY_TAKEN, HAS_ANOTHER = "changed since", "deleted since", "key taken since", "it has another one"
#: A link is not made to an account that would be made anew for it.
ACCOUNT_DELETED = "account deleted since"


class Stays(NamedTuple):
    """A field that is not written."""

    type: str
    id: Any
    field: str
    now: Any
    then: Any
    because: str


#: Whether a field of a row was written after the record that is put through.
Later = Callable[["Row", str], bool]


def owner(kind: DataType, field: str) -> str:
    """The kind of object that a field of a data type is in, or why what is there cannot take it."""
    of, dot, _ = _PATHS.get(field, field).partition(".")
    if dot:
        return MADE_ONCE if of == "survey" else of
    if kind.name == "activity":
        return FINDS if field in ("reference", "account_name") else "activity"
    if kind.name in ("account", "account-alias"):
        return "account" if kind.name == "account" and field in ACCOUNT_COLUMNS else FINDS
    if field in _PATHS:
        return "contact"
    return "account" if field in ACCOUNT_COLUMNS else MADE_ONCE


def target(kind: DataType, owner: str, row: SentRecord) -> UUID | str:
    """The object of a kind that a record wrote, or why its value goes nowhere."""
    if owner in (MADE_ONCE, FINDS):
        return owner
    objects = {each["type"]: each for each in row.objects_written}
    if owner not in objects:
        return NO_OBJECT
    if kind.name == "survey" and objects.get("contact", {}).get("outcome") != "created":
        return FOUND_ONLY
    return UUID(objects[owner]["id"])


def alone(whole: Prepared, heading: str, field: str) -> Prepared:
    """Of a record only what one heading fills."""
    record = Prepared({heading: whole.sent[heading]})
    record.headings, record.types = whole.headings, whole.types
    if field in whole.values:
        record.values[field] = whole.values[field]
    of, _, name = _PATHS.get(field, field).partition(".")
    if name:
        record.custom[of] = {name: whole.custom[of][name]}
    # An activity is read by its reference.
    record.keys = {key: whole.keys[key] for key in (field, "reference") if key in whole.keys}
    return record


def fill(state: State, case: Case, record: Prepared, later: Later, *, gone: bool) -> Receipt:
    """Bring the value into the object, unless `later` says that it was written since, or its account is `gone`."""
    table = {"contact": state.contacts, "account": state.accounts, "activity": state.activities}[case.kind]
    row = table.rows.get(case.target)
    if row is None:
        return _left(case, record, None, DELETED)
    if case.filled == "account_name" and gone and not later(row, "account_name"):
        return _left(case, record, row.values.get("account_name"), ACCOUNT_DELETED)
    if case.filled in _SPECIAL:
        return _SPECIAL[case.filled](state, row, case, record, later)
    custom = custom_news(row, record, case.kind)
    return _told(state.update(table, row, record.values, "id", custom, kept=respelt(record)))


def _link(state: State, row: Row, case: Case, record: Prepared, later: Later) -> Receipt:
    """Link a contact to the account that is named; where the link stays, no account is made."""
    account = state.accounts.keys.get(record.keys["account_name"])
    if later(row, "account_name") and (account is None or account.id != row.account_id):
        return _left(case, record, row.values.get("account_name"), CHANGED)
    account, named = state.account(record.values["account_name"], record.keys["account_name"])
    touched = state.update(state.contacts, row, {}, "id", None, account)
    return Receipt(touched.outcome, [touched, named])


def _address(state: State, row: Row, case: Case, record: Prepared, later: Later) -> Receipt:
    """Give a contact without an address one that finds nobody yet."""
    value, key, now = record.values["email"], record.keys["email"], row.values["email"]
    found = state.contacts.keys.get(key)
    if found is not None and found is not row:
        return _left(case, record, now, KEY_TAKEN)
    if found is None and now is not None:
        return _left(case, record, now, HAS_ANOTHER)
    if now is not None:
        return _told(Touched("contact", row.id, "unchanged", "id", {}))
    touched = state.update(state.contacts, row, {"email": value}, "id")
    return _told(_claimed(state, row, key, touched))


def _call(state: State, row: Row, case: Case, record: Prepared, later: Later) -> Receipt:
    """A contact's phone number, by which it is found where nobody else is."""
    touched = state.update(state.contacts, row, record.values, "id", kept=respelt(record))
    return _told(_claimed(state, row, record.keys["phone"], touched))


def _claimed(state: State, row: Row, key: str, touched: Touched) -> Touched:
    """Where a value was written, its key finds the row from now on."""
    if touched.outcome == "updated" and key not in state.contacts.keys:
        state.claim(state.contacts, key, row)
    return touched


def _about(state: State, row: Row, case: Case, record: Prepared, later: Later) -> Receipt:
    """Link an activity to a contact that is known."""
    person = state.contacts.keys.get(record.keys["contact"])
    if person is None:
        return rejected(record, "contact", "contact_unknown")
    return _told(state.update(state.activities, row, {"contact_id": person.id}, "id"))


_SPECIAL = {"account_name": _link, "email": _address, "phone": _call, "contact": _about}


def _told(touched: Touched) -> Receipt:
    return Receipt(touched.outcome, [touched])


def _left(case: Case, record: Prepared, now: Any, because: str) -> Receipt:
    """Nothing is written, because of something that is told."""
    then = record.values.get(case.filled)
    case.stays.append(Stays(case.kind, case.target, case.filled, now, then, because))
    return _told(Touched(case.kind, case.target, "unchanged", "id", {}))
