"""Contact: found by e-mail, else by phone; created or updated, and linked to its account.

The rules of matching are `contract.md` "Matching".
"""

from __future__ import annotations

from rapport.records.decide import Row, State
from rapport.records.fields import EMAIL, PHONE, Field
from rapport.records.keys import email_key, name_key, phone_key
from rapport.records.receipt import Prepared, Receipt, Touched
from rapport.records.types.base import DataType

CONTACT_FIELDS = (
    Field("email", "Email", EMAIL),
    Field("phone", "Phone", PHONE),
    Field("first_name", "First Name"),
    Field("last_name", "Last Name"),
    Field("account_name", "Account Name"),
    Field("job_title", "Job Title"),
    Field("job_level", "Job Level"),
    Field("language", "Language"),
)


def identify(record: Prepared) -> None:
    """The contact's keys, and its account's."""
    values = record.values
    if email := values.get("email"):
        record.email_key = "e:" + email_key(email)
    if phone := values.get("phone"):
        record.phone_key = "p:" + phone_key(phone)
    if account := values.get("account_name"):
        record.account_key = name_key(account)


def find(state: State, record: Prepared) -> tuple[Row | None, str, bool]:
    """The contact that the record is about: (row or None, matched by, phone belongs to another)."""
    found = state.contacts.keys
    owner = found.get(record.phone_key) if record.phone_key else None
    if record.email_key is None:
        return owner, "phone", False
    row = found.get(record.email_key)
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
    values = {name: value for name, value in record.values.items() if name != "account_name"}
    if row is None:
        touched = state.create(state.contacts, values, account)
        row = state.contacts.created[touched.id]
    else:
        touched = state.update(state.contacts, row, values, matched_by, account)
    keys = state.contacts.keys
    for key in (record.email_key, record.phone_key):
        if key is not None and key not in keys:
            state.contacts.claim(key, row)
    return touched, ["phone_shared"] if shared else []


def apply(state: State, record: Prepared) -> Receipt:
    """Upsert the contact; a named account is linked, and created when nobody knows it."""
    if record.account_key is None:
        touched, warnings = upsert(state, record, None)
        return Receipt(touched.outcome, [touched], record.ignored, warnings)
    account, linked = state.account(record.values["account_name"], record.account_key)
    touched, warnings = upsert(state, record, account)
    return Receipt(touched.outcome, [touched, linked], record.ignored, warnings)


CONTACT = DataType(
    name="contact",
    label="Contact",
    fields=CONTACT_FIELDS,
    required=(("email", "phone"),),
    identify=identify,
    apply=apply,
)
