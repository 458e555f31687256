"""Survey: every record creates a survey record whose invitation waits to be sent.

The contact is found or created, never changed; account and contact fields that the record leaves empty are
filled from what is stored, so that the survey record shows both as they were at that time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rapport.records.decide import ACCOUNT_COLUMNS, CONTACT_COLUMNS, Row, State
from rapport.records.fields import Field
from rapport.records.receipt import Prepared, Receipt, Touched
from rapport.records.types import account, contact
from rapport.records.types.base import TOUCHPOINT, DataType
from rapport.records.values import DATE_TIME, choice

SURVEY_FIELDS = (
    Field("touchpoint", "Touchpoint", TOUCHPOINT),
    Field("order_date", "Order Date", DATE_TIME),
    Field("delivery_vector", "Delivery Vector", choice("email", "sms", "whatsapp", "call", parse=str.lower)),
    Field("division", "Division"),
)
#: Account, contact and survey fields, each once.
ALL_FIELDS = tuple(
    {field.name: field for field in (*contact.CONTACT_FIELDS, *account.ACCOUNT_FIELDS, *SURVEY_FIELDS)}.values()
)
_OWN = tuple(field.name for field in SURVEY_FIELDS)
_OF_ACCOUNT = tuple(name for name in ACCOUNT_COLUMNS if name != "name")
_COPIED = (*CONTACT_COLUMNS, "account_name", *_OF_ACCOUNT)
#: Whose custom fields are copied, each under its name.
_OWNERS = ("contact", "account")


def queue(
    state: State,
    record: Prepared,
    contact_id: Any,
    account_id: Any,
    filled: dict[str, Any],
    how: Mapping[str, Any] | None = None,
) -> Touched:
    """Add the survey record with its copy of contact and account, and its invitation in state `queued`.

    `how` says what no record can: its `origin` and its `survey_id`.
    """
    copy: dict[str, Any] = {name: record.values[name] for name in _COPIED if record.values.get(name) is not None}
    for owner in _OWNERS:
        given = {name: value for name, value in record.custom.get(owner, {}).items() if value is not None}
        if given:
            copy[owner] = filled.get(owner, {}) | given
    values: dict[str, Any] = {name: record.values.get(name) for name in _OWN}
    values |= {
        "contact_id": contact_id,
        "account_id": account_id,
        "state": "queued",
        "fields": filled | copy,
        "attributes": record.custom.get("survey"),
    }
    return state.append("survey_record", {**values, **(how or {})})


def stored_fields(state: State, person: Row, account_id: Any) -> dict[str, Any]:
    """What is stored of a contact and an account, without what is empty."""
    filled: dict[str, Any] = {name: value for name in CONTACT_COLUMNS if (value := person.values[name]) is not None}
    if person.attributes != "{}":
        filled["contact"] = person.read_attributes()
    linked = state.accounts.rows.get(account_id)
    if linked is not None:
        filled["account_name"] = linked.values["name"]
        filled |= {name: value for name in _OF_ACCOUNT if (value := linked.values[name]) is not None}
        if linked.attributes != "{}":
            filled["account"] = linked.read_attributes()
    return filled


def ask(state: State, record: Prepared, how: Mapping[str, Any], person: Row | None = None) -> Receipt:
    """Queue a survey that no record asks for, of a contact that is known or that the record's keys find or create."""
    if person is not None:
        return _receipt(state, record, person, person.account_id, [], [], how)
    return apply(state, record, how)


def apply(state: State, record: Prepared, how: Mapping[str, Any] | None = None) -> Receipt:
    """Find or create contact and account, then queue the survey."""
    person, matched_by, shared = contact.find(state, record)
    if person is None:
        touched, warned, linked = contact.upsert_with_account(state, record)
        person = state.contacts.rows[touched.id]
        return _receipt(state, record, person, person.account_id, [touched, *linked], warned, how)
    objects = [contact.complete(state, record, person, matched_by)]
    account_id = person.account_id
    if "account_name" in record.keys:
        row, named = state.account(record.values["account_name"], record.keys["account_name"])
        account_id = row.id
        objects.append(named)
    return _receipt(state, record, person, account_id, objects, contact.warnings(record, shared=shared), how)


def _receipt(
    state: State,
    record: Prepared,
    person: Row,
    account_id: Any,
    objects: list[Touched],
    warnings: list[str],
    how: Mapping[str, Any] | None,
) -> Receipt:
    queued = queue(state, record, person.id, account_id, stored_fields(state, person, account_id), how)
    return Receipt(queued.outcome, [queued, *objects], record.ignored, warnings)


SURVEY = DataType(
    name="survey",
    label="Survey",
    fields=ALL_FIELDS,
    required=(("email", "phone"),),
    apply=apply,
    objects=("contact", "account", "survey"),
    reads_linked_accounts=True,
)
