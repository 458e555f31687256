"""External Response: an answer that was collected elsewhere. Sends nothing, and is never changed."""

from __future__ import annotations

from typing import Any

from rapport.records.decide import State
from rapport.records.fields import LONG_TEXT, Field
from rapport.records.receipt import Prepared, Receipt
from rapport.records.types import account, contact
from rapport.records.types.base import TOUCHPOINT, DataType
from rapport.records.values import DATE_TIME, choice, whole_number

RESPONSE_FIELDS = (
    Field("nps_score", "NPS Score", whole_number(0, 10)),
    Field("comment", "Comment", LONG_TEXT),
    Field("follow_up_request", "Follow Up Request", choice("Y", "N", parse=str.upper)),
    Field("follow_up_details", "Follow Up Details", LONG_TEXT),
    Field("sent_date", "Sent Date", DATE_TIME),
    Field("response_date", "Response Date", DATE_TIME),
    Field("touchpoint", "Touchpoint", TOUCHPOINT),
    Field("division", "Division"),
)
_OWN = tuple(field.name for field in RESPONSE_FIELDS)


def apply(state: State, record: Prepared) -> Receipt:
    """Upsert account and contact, then store the answer."""
    touched, warnings, linked = contact.upsert_with_account(state, record)
    person = state.contacts.rows[touched.id]
    values: dict[str, Any] = {name: record.values.get(name) for name in _OWN}
    values |= {
        "contact_id": person.id,
        "account_id": person.account_id,
        "attributes": record.custom.get("survey"),
    }
    stored = state.append("external_response", values)
    return Receipt(stored.outcome, [stored, touched, *linked], record.ignored, warnings)


EXTERNAL_RESPONSE = DataType(
    name="external-response",
    label="External Response",
    fields=(*contact.CONTACT_FIELDS, *account.ACCOUNT_FIELDS[1:], *RESPONSE_FIELDS),
    required=(("email", "phone"), ("nps_score",), ("sent_date",), ("response_date",)),
    apply=apply,
    objects=("contact", "account", "survey"),
)
