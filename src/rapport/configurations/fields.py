"""Custom fields: made, relabelled, archived; never dropped."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import F
from django.db.models.functions import Now

from rapport.records.catalogue import OBJECTS, STANDARD, TYPES, custom_field
from rapport.records.entries import Faults, unknown
from rapport.records.errors import sentence
from rapport.records.fields import TEXT_LIMIT
from rapport.tenants import audit
from rapport.tenants.actors import Author
from rapport.tenants.answers import moment

from . import catalogue
from .document import fit
from .errors import FaultsError, UnknownError
from .models import CustomField
from .proposal import technical_name

CHOICES_LIMIT = 100
#: What is said of a new field, and what can be changed.
CONTENT = ("object", "name", "label", "type", "choices")
CHANGEABLE = ("label", "choices", "archived")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


def represent(row: CustomField) -> dict[str, Any]:
    """A custom field as callers see it."""
    field = custom_field(row.object, row.name, row.label, row.type, row.choices)
    return {
        "id": str(row.id),
        "field": field.path,
        "object": row.object,
        "name": row.name,
        "label": row.label,
        "type": row.type,
        "choices": row.choices,
        "limit": field.type.limit,
        "data_types": catalogue.data_types(row.object),
        "custom": True,
        "archived": row.archived_at is not None,
        "version": row.version,
        "created_at": moment(row.created_at),
    }


def find(tenant_id: int, id: UUID) -> CustomField:
    """The custom field with this id. Raises `UnknownError`."""
    found = CustomField.objects.filter(tenant_id=tenant_id, id=id).first()
    if found is None:
        raise UnknownError
    return found


def create(tenant_id: int, author: Author, given: Mapping[str, Any]) -> CustomField:
    """A new custom field. Raises `FaultsError`."""
    faults = unknown(given, CONTENT) | _faults_of_new(tenant_id, given)
    if faults:
        raise FaultsError(faults)
    row = CustomField.objects.create(tenant_id=tenant_id, **given)
    row.refresh_from_db()
    audit.note(tenant_id, author, "field.create", audit.Object(row.id, row.label), dict(given))
    return row


def with_name(tenant_id: int, given: Mapping[str, Any]) -> dict[str, Any]:
    """A new field with a technical name made from its label, which no other field of the object has."""
    rows = CustomField.objects.filter(tenant_id=tenant_id, object=given.get("object"))
    taken = {*rows.values_list("name", flat=True), *_standard(given.get("object"))}
    own, number = technical_name(str(given.get("label", ""))) or "field", 1
    name = own
    while name in taken:
        number += 1
        name = f"{own[:58]}_{number}"
    return {**given, "name": name}


def change(row: CustomField, author: Author, given: Mapping[str, Any]) -> None:
    """Changes what is given of label, choices and `archived`. Raises `FaultsError`."""
    before = represent(row)
    faults = _faults_of_change(row, given)
    if faults:
        raise FaultsError(faults)
    wanted = {name: given[name] for name in ("label", "choices") if name in given}
    if given.get("archived", row.archived_at is not None) != (row.archived_at is not None):
        wanted["archived_at"] = Now() if given["archived"] else None
    if all(getattr(row, name) == value for name, value in wanted.items()):
        return
    CustomField.objects.filter(tenant_id=row.tenant_id, id=row.id).update(**wanted, version=F("version") + 1)
    row.refresh_from_db()
    details = audit.changed(before, represent(row))
    audit.note(row.tenant_id, author, "field.change", audit.Object(row.id, row.label), details)


def _standard(owner: Any) -> set[str]:
    """Names among an object's attributes that standard fields have."""
    return {field.attribute for field in STANDARD.get(str(owner), ()) if field.kept_in}


def _faults_of_new(tenant_id: int, given: Mapping[str, Any]) -> Faults:
    faults: Faults = {}
    for name, allowed in (("object", OBJECTS), ("type", tuple(TYPES))):
        if given.get(name) not in allowed:
            faults[name] = [sentence("choice", name, allowed=", ".join(allowed))]
    called = given.get("name")
    if not isinstance(called, str) or not _NAME.fullmatch(called):
        faults["name"] = [sentence("technical_name")]
    elif "object" not in faults:
        alike = CustomField.objects.filter(tenant_id=tenant_id, object=given["object"], name=called)
        if alike.exists() or called in _standard(given["object"]):
            faults["name"] = [sentence("taken", "name")]
    if not fit(given.get("label")):
        faults["label"] = [sentence("printable", "label", limit=TEXT_LIMIT)]
    return faults | _faults_of_choices(given.get("type"), given.get("choices"))


def _faults_of_change(row: CustomField, given: Mapping[str, Any]) -> Faults:
    shown = represent(row)
    faults = unknown(given, tuple(shown))
    for name in shown.keys() & given.keys() - set(CHANGEABLE):
        if str(given[name]) != str(shown[name]):
            faults[name] = [sentence("fixed", name)]
    if "label" in given and not fit(given["label"]):
        faults["label"] = [sentence("printable", "label", limit=TEXT_LIMIT)]
    if not isinstance(given.get("archived", False), bool):
        faults["archived"] = [sentence("truth", "archived")]
    return faults | _faults_of_choices(row.type, given.get("choices", row.choices))


def _faults_of_choices(type: Any, choices: Any) -> Faults:
    if type != "choice":
        return {} if choices is None else {"choices": [sentence("only", "choices", of="the type choice")]}
    fitting = isinstance(choices, list) and 0 < len(choices) <= CHOICES_LIMIT and all(map(fit, choices))
    if fitting and len(set(choices)) == len(choices):
        return {}
    return {"choices": [sentence("choices", limit=CHOICES_LIMIT)]}
