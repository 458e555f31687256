"""Contact: found by e-mail, else by phone; created or updated, and linked to its account.

The rules of matching are `contract.md` "Matching".
"""

from __future__ import annotations

from rapport.records.decide import Row, State
from rapport.records.fields import EMAIL_KEY, NAME_KEY, PHONE_KEY, Field
from rapport.records.receipt import Prepared, Receipt, Touched
from rapport.records.types.base import DataType

CONTACT_FIELDS = (
    Field("email", "Email", EMAIL_KEY),
    Field("phone", "Phone", PHONE_KEY),
    Field("first_name", "First Name"),
    Field("last_name", "Last Name"),
    Field("account_name", "Account Name", NAME_KEY),
    Field("job_title", "Job Title"),
    Field("job_level", "Job Level"),
    Field("language", "Language"),
)


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


def upsert(state: State, record: Prepared, account: Row | None) -> tuple[Touched, list[str]]:
    """Create or update the record's contact: what was done to it, and warnings."""
    row, matched_by, shared = find(state, record)
    values = record.values
    if account is not None:
        values = {name: value for name, value in values.items() if name != "account_name"}
    if row is None:
        touched = state.create(state.contacts, values, account)
        row = state.contacts.created[touched.id]
    else:
        touched = state.update(state.contacts, row, values, matched_by, account)
    keys = state.contacts.keys
    for name in ("email", "phone"):
        key = record.keys.get(name)
        if key is not None and key not in keys:
            state.contacts.claim(key, row)
    return touched, ["phone_shared"] if shared else []


def apply(state: State, record: Prepared) -> Receipt:
    """Upsert the contact; a named account is linked, and created when nobody knows it."""
    key = record.keys.get("account_name")
    if key is None:
        touched, warnings = upsert(state, record, None)
        return Receipt(touched.outcome, [touched], record.ignored, warnings)
    account, linked = state.account(record.values["account_name"], key)
    touched, warnings = upsert(state, record, account)
    return Receipt(touched.outcome, [touched, linked], record.ignored, warnings)


CONTACT = DataType(
    name="contact",
    label="Contact",
    fields=CONTACT_FIELDS,
    required=(("email", "phone"),),
    apply=apply,
)
