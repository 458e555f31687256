"""What configurations are to become: kept beside what callers use until somebody publishes it; and the way back.

All but `of` and `need` are called inside `locks.editing`, those inside the tenant's scope.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from datetime import UTC, datetime
from typing import Any

from rapport.records.errors import sentence
from rapport.tenants import audit
from rapport.tenants.actors import Author
from rapport.tenants.answers import moment

from . import changes, document, edits
from .difference import differences
from .errors import DraftedError, FaultsError, MovedError, UnknownError, ViewOnlyError
from .models import Configuration, ConfigurationDraft, ConfigurationEdit

#: What a draft says of a configuration.
PARTS = ("name", "mapping", "options")


def of(row: Configuration) -> ConfigurationDraft | None:
    """The draft of a configuration, where it has one."""
    return ConfigurationDraft.objects.filter(tenant_id=row.tenant_id, configuration_id=row.id).first()


def need(row: Configuration) -> ConfigurationDraft:
    """The draft of a configuration. Raises `UnknownError`."""
    found = of(row)
    if found is None:
        raise UnknownError("The configuration has no draft.")
    return found


def applied(row: Configuration, draft: ConfigurationDraft | None) -> Configuration:
    """The configuration as it would be with its draft, at the version that the draft was made from; never saved."""
    if draft is None:
        return row
    shown = copy(row)
    for name, value in draft.content.items():
        setattr(shown, name, value)
    shown.version = draft.based_on
    return shown


def check(row: Configuration, given: Mapping[str, Any]) -> None:
    """Raises `ViewOnlyError`, and `FaultsError` with every fault of a draft of the configuration."""
    if row.is_default:
        raise ViewOnlyError
    faults = document.faults_of_change(row, given, "based_on")
    if given.get("active", row.active) != row.active:
        faults["active"] = [sentence("fixed", "active")]
    based_on = given.get("based_on", row.version)
    if type(based_on) is not int or not 1 <= based_on <= row.version:
        faults["based_on"] = [sentence("integer_between", "based_on", least=1, most=row.version)]
    if faults:
        raise FaultsError(faults)


def save(row: Configuration, author: Author, given: Mapping[str, Any]) -> ConfigurationDraft:
    """Keeps what a configuration is to become, in place of an earlier draft. Raises `ViewOnlyError`, `FaultsError`.

    `given` has its `PARTS`, and may have a `comment` and the version that it is `based_on`; left out that is the one
    which the earlier draft was based on, else the present one. Options that are not given are none.
    """
    check(row, given)
    earlier = of(row)
    content = {name: {"options": {}, **given}[name] for name in PARTS}
    based_on = given.get("based_on", earlier.based_on if earlier else row.version)
    saved, _ = ConfigurationDraft.objects.update_or_create(
        tenant_id=row.tenant_id,
        configuration_id=row.id,
        defaults={
            "content": content,
            "based_on": based_on,
            "comment": given.get("comment"),
            "actor_type": author.type,
            "actor_id": author.id,
            "actor_name": author.name,
            "updated_at": datetime.now(UTC),
        },
    )
    _note(row, author, "draft")
    return saved


def discard(row: Configuration, author: Author) -> None:
    """Deletes the draft of a configuration. Raises `UnknownError`."""
    need(row)
    drop(row)
    _note(row, author, "discard")


def drop(row: Configuration) -> None:
    """Deletes the draft of a configuration, where it has one: what it said is published."""
    ConfigurationDraft.objects.filter(tenant_id=row.tenant_id, configuration_id=row.id).delete()


def publish(row: Configuration, author: Author, comment: str | None = None) -> bool:
    """Gives a configuration what its draft says; whether that is any different.

    `comment` goes before the draft's own. Raises `UnknownError`, `FaultsError`, and `MovedError` where the
    configuration changed after the draft was made.
    """
    draft = need(row)
    meanwhile = changes.since(row, draft.based_on)
    if meanwhile:
        raise MovedError(_moved(meanwhile[-1]))
    changed = edits.change(row, author, {**draft.content, "comment": comment or draft.comment})
    drop(row)
    return changed


def back_to(row: Configuration, author: Author, version: int, comment: str | None = None) -> ConfigurationDraft:
    """A draft of what a configuration was at a version. Raises `UnknownError`, `DraftedError` and like `save`."""
    draft = of(row)
    if draft is not None:
        raise DraftedError(draft.actor_name)
    return save(row, author, _at(row, version, comment))


def go_back_to(row: Configuration, author: Author, version: int, comment: str | None = None) -> bool:
    """Gives a configuration at once what it was at a version; whether that is any different. Raises like `back_to`,
    but leaves a draft alone.
    """
    return edits.change(row, author, _at(row, version, comment))


def represent(row: Configuration, draft: ConfigurationDraft) -> dict[str, Any]:
    """A draft as callers see it, with what it makes different."""
    return {
        **draft.content,
        "comment": draft.comment,
        "based_on": draft.based_on,
        "version": row.version,
        "author": {"type": draft.actor_type, "id": draft.actor_id and str(draft.actor_id), "name": draft.actor_name},
        "updated_at": moment(draft.updated_at),
        "differences": [each._asdict() for each in different(row, draft)],
    }


def different(row: Configuration, draft: ConfigurationDraft) -> list[Any]:
    """What publishing the draft would make different, in words."""
    return differences(document.content(row), draft.content, changes.labels(row))


def _at(row: Configuration, version: int, comment: str | None) -> dict[str, Any]:
    """What a configuration was at a version, as a change. Raises `UnknownError`."""
    rows = ConfigurationEdit.objects.filter(tenant_id=row.tenant_id, configuration_id=row.id, version=version)
    edit = rows.first()
    if edit is None or edit.after is None:
        raise UnknownError(f"The configuration has no version {version}.")
    return {name: edit.after[name] for name in PARTS} | {"comment": comment or f"Back to version {version}"}


def _moved(edit: changes.Edit) -> str:
    return (
        f"{edit.actor} {edit.act} at {moment(edit.at)}, after this draft was made; "
        f"look at version {edit.version}, and save the draft again with based_on {edit.version}."
    )


def _note(row: Configuration, author: Author, act: str) -> None:
    audit.note(
        row.tenant_id, author, f"configuration.{act}", audit.Object(row.id, row.name), {"reference": row.reference}
    )
