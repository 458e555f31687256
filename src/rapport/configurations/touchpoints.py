"""Touchpoints: records can name only those that exist and are active."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import F

from rapport.records.entries import Faults, unknown
from rapport.records.errors import sentence
from rapport.records.fields import TEXT_LIMIT
from rapport.records.keys import name_key
from rapport.tenants import audit
from rapport.tenants.actors import Author
from rapport.tenants.answers import moment

from .document import fit
from .errors import FaultsError, UnknownError
from .models import Touchpoint

CONTENT = ("name", "active")


def represent(row: Touchpoint) -> dict[str, Any]:
    """A touchpoint as callers see it."""
    return {
        "id": str(row.id),
        "name": row.name,
        "active": row.active,
        "version": row.version,
        "created_at": moment(row.created_at),
    }


def find(tenant_id: int, id: UUID) -> Touchpoint:
    """The touchpoint with this id. Raises `UnknownError`."""
    found = Touchpoint.objects.filter(tenant_id=tenant_id, id=id).first()
    if found is None:
        raise UnknownError
    return found


def create(tenant_id: int, author: Author, given: Mapping[str, Any]) -> Touchpoint:
    """A new touchpoint. Raises `FaultsError`."""
    faults = unknown(given, CONTENT) | _faults(tenant_id, {"name": None, **given}, None)
    if faults:
        raise FaultsError(faults)
    row = Touchpoint.objects.create(tenant_id=tenant_id, name_key=name_key(given["name"]), **given)
    row.refresh_from_db()
    audit.note(tenant_id, author, "touchpoint.create", audit.Object(row.id, row.name), {"active": row.active})
    return row


def change(row: Touchpoint, author: Author, given: Mapping[str, Any]) -> None:
    """Changes what is given of name and `active`. Raises `FaultsError`."""
    shown = represent(row)
    faults = unknown(given, tuple(shown)) | _faults(row.tenant_id, given, row)
    for name in shown.keys() & given.keys() - set(CONTENT):
        if str(given[name]) != str(shown[name]):
            faults[name] = [sentence("fixed", name)]
    if faults:
        raise FaultsError(faults)
    wanted = {name: given[name] for name in CONTENT if name in given}
    if all(getattr(row, name) == value for name, value in wanted.items()):
        return
    if "name" in wanted:
        wanted["name_key"] = name_key(wanted["name"])
    Touchpoint.objects.filter(tenant_id=row.tenant_id, id=row.id).update(**wanted, version=F("version") + 1)
    row.refresh_from_db()
    details = audit.changed(shown, represent(row))
    audit.note(row.tenant_id, author, "touchpoint.change", audit.Object(row.id, row.name), details)


def _faults(tenant_id: int, given: Mapping[str, Any], row: Touchpoint | None) -> Faults:
    faults: Faults = {}
    if "name" in given:
        name = given["name"]
        if not fit(name):
            faults["name"] = [sentence("printable", "name", limit=TEXT_LIMIT)]
        else:
            alike = Touchpoint.objects.filter(tenant_id=tenant_id, name_key=name_key(name))
            if (alike if row is None else alike.exclude(id=row.id)).exists():
                faults["name"] = [sentence("taken", "name")]
    if not isinstance(given.get("active", True), bool):
        faults["active"] = [sentence("truth", "active")]
    return faults
