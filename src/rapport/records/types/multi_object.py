"""Multi-object: account, contact and survey record in one go. Empty fields are not filled from stored data."""

from __future__ import annotations

from rapport.records.decide import State
from rapport.records.receipt import Prepared, Receipt
from rapport.records.types import contact, survey
from rapport.records.types.base import DataType


def apply(state: State, record: Prepared) -> Receipt:
    """Upsert account and contact, then queue the survey."""
    touched, warnings, linked = contact.upsert_with_account(state, record)
    person = state.contacts.rows[touched.id]
    queued = survey.queue(state, record, person.id, person.account_id, {})
    return Receipt(queued.outcome, [queued, touched, *linked], record.ignored, warnings)


MULTI_OBJECT = DataType(
    name="multi-object",
    label="Multi-object",
    fields=survey.ALL_FIELDS,
    required=(("email", "phone"),),
    apply=apply,
    objects=("contact", "account", "survey"),
)
