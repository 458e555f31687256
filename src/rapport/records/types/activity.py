"""Activity: something that happened with an account; found by its reference, created or updated."""

from __future__ import annotations

from dataclasses import replace

from rapport.records.decide import Row, State
from rapport.records.fields import CONTACT_REFERENCE, LONG_TEXT, NAME_KEY, REFERENCE_KEY, Field, FieldType
from rapport.records.receipt import Prepared, Receipt, Touched
from rapport.records.types.base import DataType, custom_news, rejected, respelt
from rapport.records.values import DATE_TIME

#: The key whose JSON object is kept as it is, and all keys of the body of `PUT /activities` -> the fields that they
#: fill (`contract.md` "Bearer-token JSON siblings").
OBJECT = "additional_information_object"
KEYS = {
    "reference": "reference",
    "account": "account_name",
    "contact": "contact",
    "type": "type",
    "source": "source",
    "happened_at": "happened_at",
    OBJECT: "information",
}
_SHORT = FieldType("text", 100)
_COLUMNS = ("reference", "type", "source", "happened_at", "information")


def apply(state: State, record: Prepared) -> Receipt:
    """Upsert the activity; its account is created when nobody knows it, its contact must exist."""
    person: Row | None = None
    if "contact" in record.keys:
        person = state.contacts.keys.get(record.keys["contact"])
        if person is None:
            return rejected(record, "contact", "contact_unknown")
    account, named = state.account(record.values["account_name"], record.keys["account_name"])
    touched = _upsert(state, record, account, person)
    return Receipt(touched.outcome, [touched, named], record.ignored, record.warnings)


def _upsert(state: State, record: Prepared, account: Row, person: Row | None) -> Touched:
    values = {name: record.values[name] for name in _COLUMNS if name in record.values}
    link = {} if person is None else {"contact_id": person.id}
    key = record.keys["reference"]
    row = state.activities.keys.get(key)
    if row is None:
        touched = state.create(state.activities, values | link, record.custom.get("activity"), account)
        state.activities.claim(key, state.activities.rows[touched.id])
        return touched
    custom = custom_news(row, record, "activity")
    return state.update(state.activities, row, values | link, "reference", custom, account, respelt(record))


ACTIVITY = DataType(
    name="activity",
    label="Activity",
    fields=(
        Field("account_name", "Account Name", replace(NAME_KEY, limit=255)),
        Field("reference", "Reference", REFERENCE_KEY),
        Field("source", "Source", _SHORT),
        Field("type", "Type", _SHORT),
        Field("happened_at", "Happened At", DATE_TIME),
        Field("contact", "Contact", CONTACT_REFERENCE),
        Field("information", "Additional Information", LONG_TEXT),
    ),
    required=(("account_name",), ("reference",), ("source",), ("type",), ("happened_at",)),
    apply=apply,
    objects=("activity",),
)
