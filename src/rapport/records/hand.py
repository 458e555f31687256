"""Edits by hand: the texts of a form, checked and brought into exactly the object that the form shows.

A form is no feed. What somebody empties is cleared, fields that the form does not have stay as they are, and what
another object is found by is refused instead of shared, taken or followed. Faults are keyed by the field's name and
say its label.
"""

from __future__ import annotations

from collections.abc import Mapping as Dictionary

from rapport.records.catalogue import Catalogue
from rapport.records.decide import ACCOUNT_COLUMNS, CONTACT_COLUMNS, Row, State, Table, Values
from rapport.records.errors import Invalid, sentence
from rapport.records.fields import EMAIL_KEY, PHONE_KEY, FieldType, Reading
from rapport.records.keys import name_key
from rapport.records.receipt import Prepared, Receipt, Touched
from rapport.records.texts import trimmed
from rapport.records.types import DataType

#: Field name -> sentences.
Faults = dict[str, list[str]]

#: What contacts are found by.
_KEYED = {"email": EMAIL_KEY, "phone": PHONE_KEY}


def prepare(kind: DataType, given: Dictionary[str, str], catalogue: Catalogue) -> Prepared:
    """Check a form: field name -> text. Every fault is in the result's `errors`, all at once."""
    record = Prepared(given)
    fields = catalogue.fields(kind)
    record.headings = {name: field.label for name, field in fields.items()}
    for name, text in given.items():
        custom = catalogue.custom.get(name)
        if name not in fields or (custom is not None and not custom.open):
            record.errors[name] = [sentence("field_unknown", field=name, type=kind.label)]
            continue
        try:
            seen = trimmed(text)
            reading = fields[name].type.read(seen, catalogue.zone) if seen else Reading(None)
        except Invalid as fault:
            record.errors[name] = [fault.sentence(fields[name].label)]
            continue
        if reading.key is not None:
            record.keys[name] = reading.key
        owner = fields[name].kept_in
        if owner is None:
            record.values[name] = reading.value
        else:
            record.custom.setdefault(owner, {})[fields[name].attribute] = reading.value
    return record


def contact_keys(row: Row) -> dict[str, str]:
    """The keys of a contact's own e-mail and phone, by field; its phone may find another contact.

    What older rules took and today's would not has none.
    """
    found = {name: _own_key(kind, row.values[name]) for name, kind in _KEYED.items()}
    return {name: key for name, key in found.items() if key is not None}


def _own_key(kind: FieldType, text: str | None) -> str | None:
    try:
        return None if text is None or kind.key is None else kind.key(text)
    except Invalid:
        return None


def contact(state: State, record: Prepared, row: Row | None) -> Receipt:
    """Edit the contact `row`, or make one; a named account is linked and made when nobody knows it."""
    before = {} if row is None else contact_keys(row)
    after = {name: key for name in _KEYED if (key := _key_after(record, before, name)) is not None}
    moved = row is None or after != before
    faults = _contact_faults(state, record, row, before, after) if moved else {}
    if faults:
        return Receipt("rejected", errors=faults)
    values = {name: value for name, value in record.values.items() if name in CONTACT_COLUMNS}
    account, named = _link(state, record, row, values)
    custom = record.custom.get("contact")
    if row is None:
        touched = state.create(state.contacts, values, custom, account)
        row = state.contacts.rows[touched.id]
    else:
        touched = state.update(state.contacts, row, values, "id", custom, account)
    if moved:
        _move_keys(state, row, before, after)
    # What the request history keeps of this edit is found by the contact's keys, whatever the form had.
    record.keys |= after
    return Receipt(touched.outcome, [touched, *named])


def _key_after(record: Prepared, before: Dictionary[str, str], name: str) -> str | None:
    return record.keys.get(name) if name in record.values else before.get(name)


def _contact_faults(
    state: State, record: Prepared, row: Row | None, before: Dictionary[str, str], after: Dictionary[str, str]
) -> Faults:
    """Every contact has a key of its own, and takes none from another."""
    labels = record.headings
    if not after:
        pairs = (("email", "phone"), ("phone", "email"))
        shown = [pair for pair in pairs if row is None or pair[0] in record.values]
        return {name: [sentence("required_without", labels[name], other=labels[other])] for name, other in shown}
    faults: Faults = {}
    for name, key in after.items():
        if key != before.get(name) or len(after) == 1:
            faults |= _owned(state.contacts, key, row, name, labels[name])
    return faults


def _owned(table: Table, key: str, row: Row | None, name: str, label: str) -> Faults:
    """The fault of a key that finds another object."""
    owner = table.keys.get(key)
    return {} if owner is None or owner is row else {name: [sentence("owned", label, owner=table.name)]}


def _link(state: State, record: Prepared, row: Row | None, values: Values) -> tuple[Row | None, list[Touched]]:
    """The account that the form names, and what was done to it; an emptied name unlinks the contact."""
    if "account_name" in record.keys:
        account, named = state.account(record.values["account_name"], record.keys["account_name"])
        return account, [named]
    if row is not None and row.account_id is not None and "account_name" in record.values:
        row.account_id = values["account_name"] = None
    return None, []


def _move_keys(state: State, row: Row, before: Dictionary[str, str], after: Dictionary[str, str]) -> None:
    """Take the keys that the contact `row` no longer has from it and give it those that nobody has."""
    table = state.contacts
    for name, key in before.items():
        if after.get(name) != key and table.keys.get(key) is row:
            state.release(table, key)
    for key in after.values():
        if key not in table.keys:
            state.claim(table, key, row)


def account(state: State, record: Prepared, row: Row | None) -> Receipt:
    """Edit the account `row`, or make one. Its old name goes on finding it, as an alias: feeds still send it."""
    values = {name: value for name, value in record.values.items() if name in ACCOUNT_COLUMNS}
    custom = record.custom.get("account")
    if row is not None and "account_name" not in record.values:
        touched = state.update(state.accounts, row, values, "id", custom)
        return Receipt(touched.outcome, [touched])
    key, label = record.keys.get("account_name"), record.headings["account_name"]
    if key is None:
        return Receipt("rejected", errors={"account_name": [sentence("required", label)]})
    faults = _owned(state.accounts, key, row, "account_name", label)
    if faults:
        return Receipt("rejected", errors=faults)
    name = record.values["account_name"]
    if row is None:
        _, touched = state.account(name, key, values, custom)
        return Receipt(touched.outcome, [touched])
    return _rename(state, row, key, values | {"name": " ".join(name.split())}, custom)


def _rename(state: State, row: Row, key: str, values: Values, custom: Values | None) -> Receipt:
    """Edit an account whose form has its name; only another key makes it another name."""
    old = row.values["name"]
    old_key = name_key(old)
    aliases = [state.remove_alias(key, values["name"])] if key in state.aliases else []
    touched = state.update(state.accounts, row, values, "id", custom)
    if key != old_key:
        state.claim(state.accounts, key, row)
        # The name of an account that collided when keys changed finds another one.
        if state.accounts.keys.get(old_key) is row:
            state.release(state.accounts, old_key)
            aliases.append(state.alias(old_key, old, row))
    return Receipt(touched.outcome, [touched, *aliases])


def add_alias(state: State, record: Prepared, row: Row) -> Receipt:
    """Let the account be found by another name, which finds none yet."""
    key, label = record.keys.get("alias"), record.headings["alias"]
    if key is None:
        return Receipt("rejected", errors={"alias": [sentence("required", label)]})
    faults = _owned(state.accounts, key, row, "alias", label)
    if faults:
        return Receipt("rejected", errors=faults)
    given = state.alias(key, record.values["alias"], row)
    return Receipt(given.outcome, [given])


def remove_alias(state: State, record: Prepared, row: Row) -> Receipt:
    """Let an alias of the account find nothing any more; its own name stays."""
    key, label = record.keys.get("alias"), record.headings["alias"]
    if key is None or state.accounts.keys.get(key) is not row:
        return Receipt("rejected", errors={"alias": [sentence("selected", label)]})
    if key not in state.aliases:
        return Receipt("rejected", errors={"alias": [sentence("alias_is_own_name", label)]})
    removed = state.remove_alias(key, record.values["alias"])
    return Receipt(removed.outcome, [removed])
