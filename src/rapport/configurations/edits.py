"""Makes, changes, copies and removes configurations; each edit is kept with its author and noted in the audit log.

All are called inside `locks.editing`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db.models.functions import Now

from rapport.history.models import MappedHeading, SentRecord, UnmappedHeading, UnmappedValue
from rapport.records.fields import TEXT_LIMIT
from rapport.tenants import audit, lifecycle
from rapport.tenants.actors import Author

from . import document
from .errors import FaultsError, InUseError, UnknownError, ViewOnlyError
from .models import Configuration, ConfigurationDraft, ConfigurationEdit

#: For how long after its last record a configuration is in use.
IN_USE = timedelta(hours=24)


def find(tenant_id: int, reference: str) -> Configuration:
    """The configuration with this reference. Raises `UnknownError`."""
    found = Configuration.objects.filter(tenant_id=tenant_id, reference=reference).first()
    if found is None:
        raise UnknownError
    return found


def create(tenant_id: int, author: Author, given: Mapping[str, Any]) -> Configuration:
    """A new configuration. Raises `FaultsError`."""
    faults = document.faults_of_new(tenant_id, given)
    if faults:
        raise FaultsError(faults)
    return _add(tenant_id, author, {"reference": str(uuid4()), **given})


def change(row: Configuration, author: Author, given: Mapping[str, Any]) -> bool:
    """Gives a configuration new content; whether that is any different. Raises `ViewOnlyError`, `FaultsError`.

    Options that are not given are none; `active` stays as it is. The edit is kept with its `comment`, if it has one.
    """
    if row.is_default:
        raise ViewOnlyError
    faults = document.faults_of_change(row, given)
    if faults:
        raise FaultsError(faults)
    wanted = {"options": {}, **given}
    changed = {name: wanted[name] for name in document.CHANGEABLE if name in wanted}
    return _update(row, author, "change", changed, given.get("comment"))


def copy(row: Configuration, author: Author, given: Mapping[str, Any]) -> Configuration:
    """A configuration like `row`, active, that can be changed. Raises `FaultsError`."""
    faults = document.faults_of_copy(row, given)
    if faults:
        raise FaultsError(faults)
    kept = {"reference": str(uuid4()), "name": _name_of_copy(row), "active": True}
    return _add(row.tenant_id, author, {**document.content(row), **kept, **given})


def set_active(row: Configuration, author: Author, *, active: bool) -> bool:
    """Lets callers use a configuration, or no longer; whether that is any different. Raises `ViewOnlyError`."""
    if row.is_default:
        raise ViewOnlyError
    return _update(row, author, "activate" if active else "deactivate", {"active": active})


def remove(row: Configuration, author: Author) -> None:
    """Removes a configuration that nobody names or used lately, but its edits. Raises `ViewOnlyError`, `InUseError`."""
    if row.is_default:
        raise ViewOnlyError
    tenant_id = row.tenant_id
    for room in lifecycle.rooms():
        if reason := room.in_use(tenant_id, row.id):
            raise InUseError(reason)
    if SentRecord.objects.filter(tenant_id=tenant_id, at__gte=Now() - IN_USE, configuration_id=row.id).exists():
        raise InUseError("Records came through this configuration within the last 24 hours; deactivate it instead.")
    _keep(row, author, "remove", (document.content(row), None), row.version + 1)
    for model in (UnmappedHeading, UnmappedValue, MappedHeading, ConfigurationDraft):
        model.objects.filter(tenant_id=tenant_id, configuration_id=row.id).delete()
    Configuration.objects.filter(tenant_id=tenant_id, id=row.id).delete()


def _add(tenant_id: int, author: Author, given: Mapping[str, Any]) -> Configuration:
    content = {name: value for name, value in given.items() if name != "comment"}
    row = Configuration.objects.create(tenant_id=tenant_id, **content)
    _keep(row, author, "create", (None, document.content(row)), row.version, given.get("comment"))
    return find(tenant_id, row.reference)


def _update(
    row: Configuration, author: Author, act: str, wanted: Mapping[str, Any], comment: str | None = None
) -> bool:
    before = document.content(row)
    after = {**before, **wanted}
    if after == before:
        return False
    for name, value in wanted.items():
        setattr(row, name, value)
    row.version += 1
    row.updated_at = Now()
    row.save(update_fields=[*wanted, "version", "updated_at"])
    row.refresh_from_db()
    _keep(row, author, act, (before, after), row.version, comment)
    return True


def _keep(
    row: Configuration, author: Author, act: str, contents: tuple[Any, Any], version: int, comment: str | None = None
) -> None:
    """Keeps an edit as a whole; the audit log has what it was, and which parts are different."""
    before, after = contents
    details: dict[str, Any] = {"reference": row.reference, "version": version}
    if before and after:
        details["changed"] = [name for name, value in after.items() if before[name] != value]
    audit.note(row.tenant_id, author, f"configuration.{act}", audit.Object(row.id, row.name), details)
    ConfigurationEdit.objects.create(
        tenant_id=row.tenant_id,
        configuration_id=row.id,
        version=version,
        actor_type=author.type,
        actor_id=author.id,
        actor_name=author.name,
        before=before,
        after=after,
        comment=comment,
    )


def _name_of_copy(row: Configuration) -> str:
    """The first name of its kind that nobody has: `… copy`, `… copy 2`."""
    alike = Configuration.objects.filter(tenant_id=row.tenant_id, kind=row.kind)
    taken = set(alike.values_list("name", flat=True))
    number = 1
    while True:
        ending = " copy" if number == 1 else f" copy {number}"
        name = row.name[: TEXT_LIMIT - len(ending)].rstrip() + ending
        if name not in taken:
            return name
        number += 1
