"""Saved sets of conditions; inside the tenant's scope."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from rapport.records.errors import sentence
from rapport.tenants import audit
from rapport.tenants.actors import Author
from rapport.tenants.models import Tenant

from . import conditions
from .drafts import NAME_LIMIT
from .errors import FaultsError, StateError, UnknownError
from .models import Campaign, Segment

KEYS = ("name", "where")


def find(tenant_id: int, id: UUID, *, locked: bool = False) -> Segment:
    """The segment, `locked` until the caller's end. Raises `UnknownError`."""
    rows = Segment.objects.filter(tenant_id=tenant_id, id=id)
    found = (rows.select_for_update() if locked else rows).first()
    if found is None:
        raise UnknownError
    return found


def save(row: Segment, author: Author, given: Mapping[str, Any]) -> Segment:
    """A new segment, or an edited one. Raises `FaultsError`."""
    new = row.name == ""
    faults = {key: [sentence("unknown", key, known=", ".join(KEYS))] for key in given if key not in KEYS}
    faults |= {key: [sentence("required", key)] for key in KEYS if new and key not in given}
    if "name" in given:
        faults |= _name_fault(row, given["name"])
    if "where" in given:
        zone = ZoneInfo(Tenant.objects.values_list("time_zone", flat=True).get(pk=row.tenant_id))
        known = conditions.fields(row.tenant_id)
        faults |= conditions.check(known, zone, given["where"], "where")
    if faults:
        raise FaultsError(faults)
    row.name, row.conditions = given.get("name", row.name), given.get("where", row.conditions)
    if not new:
        row.version, row.updated_at = row.version + 1, Now()
    try:
        with transaction.atomic():
            row.save(force_insert=new, force_update=not new)
    except IntegrityError:  # somebody was faster
        raise FaultsError({"name": [sentence("taken", "name")]}) from None
    audit.note(row.tenant_id, author, f"segment.{'create' if new else 'change'}", audit.Object(row.id, row.name))
    return row


def _name_fault(row: Segment, name: Any) -> dict[str, list[str]]:
    fit = isinstance(name, str) and 0 < len(name) <= NAME_LIMIT and name.isprintable() and name == name.strip()
    if not fit:
        return {"name": [sentence("printable", "name", limit=NAME_LIMIT)]}
    if Segment.objects.filter(tenant_id=row.tenant_id, name=name).exclude(id=row.id).exists():
        return {"name": [sentence("taken", "name")]}
    return {}


def remove(row: Segment, author: Author) -> None:
    """Removes a segment that no open campaign names; one that is being made waits.

    Raises `StateError`, `UnknownError`.
    """
    find(row.tenant_id, row.id, locked=True)
    own = Campaign.objects.filter(tenant_id=row.tenant_id, state__in=Campaign.OPEN, recipients__segment=str(row.id))
    if own.exists():
        raise StateError("A campaign that was not started names this segment.")
    Segment.objects.filter(tenant_id=row.tenant_id, id=row.id).delete()
    audit.note(row.tenant_id, author, "segment.remove", audit.Object(row.id, row.name))
