"""Contact: found by e-mail, else by phone; created or updated, and linked to its account.

The rules of matching are `contract.md` "Matching".
"""

from __future__ import annotations

from rapport.records.decide import CONTACT_COLUMNS, Row, State
from rapport.records.fields import EMAIL_KEY, NAME_KEY, PHONE_KEY, Field
from rapport.records.keys import same_email, same_phone
from rapport.records.receipt import Prepared, Receipt, Touched
from rapport.records.types import account
from rapport.records.types.base import DataType, custom_news, respelt
from rapport.records.values import TIME_ZONE

CONTACT_FIELDS = (
    Field("email", "Email", EMAIL_KEY),
    Field("phone", "Phone", PHONE_KEY),
    Field("first_name", "First Name"),
    Field("last_name", "Last Name"),
    Field("account_name", "Account Name", NAME_KEY),
    Field("job_title", "Job Title"),
    Field("job_level", "Job Level"),
    Field("language", "Language"),
    Field("time_zone", "Time Zone", TIME_ZONE, kept_in="contact"),
)


_COLUMNS = frozenset(CONTACT_COLUMNS)


def find(state: State, record: Prepared) -> tuple[Row | None, str, bool]:
    """The contact that the record is about: (row or None, matched by, phone belongs to another)."""
    found = state.contacts.keys
    email, phone = record.keys.get("email"), record.keys.get("phone")
    owner = found.get(phone) if phone is not None else None
    if email is None:
        return owner, "phone", False
    row = found.get(email)
    if row is not None:
        return row, "email", owner is not None and owner is not row
    if owner is None:
        return None, "email", False
    if owner.values["email"] is None:
        return owner, "phone", False
    return None, "email", True


def upsert(state: State, record: Prepared, linked: Row | None) -> tuple[Touched, list[str]]:
    """Create or update the record's contact: what was done to it, and warnings."""
    row, matched_by, shared = find(state, record)
    values = {name: value for name, value in record.values.items() if name in _COLUMNS}
    if row is None:
        touched = state.create(state.contacts, values, record.custom.get("contact"), linked)
        row = state.contacts.rows[touched.id]
    else:
        if _came_by_merge(state, record, row, matched_by):
            values.pop(matched_by)
            matched_by = f"merged_{matched_by}"
        custom = custom_news(row, record, "contact")
        touched = state.update(state.contacts, row, values, matched_by, custom, linked, respelt(record))
    if _claim(state, record, row) and touched.outcome == "unchanged":
        touched = touched._replace(outcome="updated")
    return touched, warnings(record, shared=shared)


def _came_by_merge(state: State, record: Prepared, row: Row, found_by: str) -> bool:
    """Whether the address or number that found the contact is not its own, but came with a merge.

    Only a merge leaves a contact with two addresses; earlier numbers of its own find it, too.
    """
    old, new = row.values[found_by], record.values[found_by]
    if old is None or old == new:
        return False
    if found_by == "email":
        return not same_email(old, new)
    return record.keys["phone"] in state.contacts.inherited and not same_phone(old, new)


def warnings(record: Prepared, *, shared: bool) -> list[str]:
    """The record's own warnings, and whether its phone finds somebody else."""
    return [*record.warnings, "phone_shared"] if shared else record.warnings


def _claim(state: State, record: Prepared, row: Row) -> bool:
    """Give those of the record's keys that nobody has to its contact; whether there was one."""
    keys, claimed = state.contacts.keys, False
    for name in ("email", "phone"):
        key = record.keys.get(name)
        if key is not None and key not in keys:
            state.claim(state.contacts, key, row)
            claimed = True
    return claimed


def complete(state: State, record: Prepared, row: Row, matched_by: str) -> Touched:
    """Change nothing of a found contact, but adopt it where it had no e-mail."""
    if row.values["email"] is not None or "email" not in record.keys:
        return Touched("contact", row.id, "unchanged", matched_by, {})
    touched = state.update(state.contacts, row, {"email": record.values["email"]}, matched_by)
    state.claim(state.contacts, record.keys["email"], row)
    return touched


def upsert_with_account(state: State, record: Prepared) -> tuple[Touched, list[str], list[Touched]]:
    """Upsert the named account with its fields, and the contact linked to it: contact, warnings, account."""
    if "account_name" not in record.keys:
        return *upsert(state, record, None), []
    row, touched = account.upsert(state, record)
    return *upsert(state, record, row), [touched]


def apply(state: State, record: Prepared) -> Receipt:
    """Upsert the contact; a named account is linked, and created when nobody knows it."""
    touched, warned, linked = upsert_with_account(state, record)
    return Receipt(touched.outcome, [touched, *linked], record.ignored, warned)


CONTACT = DataType(
    name="contact",
    label="Contact",
    fields=CONTACT_FIELDS,
    required=(("email", "phone"),),
    apply=apply,
    objects=("contact",),
)
