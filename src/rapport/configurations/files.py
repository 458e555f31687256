"""Configurations as files, to be kept beside the code of whoever sends records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import transaction

from rapport.records.entries import unknown
from rapport.records.errors import sentence
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope

from . import document, drafts, edits
from .errors import ConfigurationError, DraftedError, FaultsError, UnknownError
from .locks import editing
from .models import Configuration

if TYPE_CHECKING:
    from rapport.tenants.models import Tenant

#: The one key of a file.
KEY = "configurations"


@dataclass(frozen=True)
class Applied:
    """What a file did to one configuration."""

    reference: str
    name: str
    #: `created`, `updated`, `drafted` or `unchanged`.
    outcome: str
    #: What is different now.
    changed: list[str] = field(default_factory=list)


def listed(tenant: Tenant) -> list[dict[str, Any]]:
    """Every configuration, oldest first, as the API shows it."""
    with tenant_scope(tenant) as tenant_id:
        return [document.represent(row) for row in Configuration.objects.filter(tenant_id=tenant_id).order_by("id")]


def export(tenant: Tenant, reference: str | None = None) -> dict[str, Any]:
    """The content of a file with one configuration, or with all but the defaults. Raises `UnknownError`."""
    with tenant_scope(tenant) as tenant_id:
        if reference is not None:
            rows = [edits.find(tenant_id, reference)]
        else:
            rows = list(Configuration.objects.filter(tenant_id=tenant_id, is_default=False).order_by("id"))
    return {KEY: [_written(document.content(row)) for row in rows]}


def apply(
    tenant: Tenant,
    content: Mapping[str, Any],
    *,
    dry_run: bool = False,
    draft: bool = False,
    comment: str | None = None,
) -> list[Applied]:
    """Brings the tenant's configurations to what a file says, or with `draft` their drafts; others stay as they are.

    All or nothing, and with `dry_run` nothing. Raises `ConfigurationError` with every fault at once.
    """
    act = _draft if draft else _apply
    given = content.get(KEY)
    if unknown(content, (KEY,)) or not isinstance(given, list):
        raise ConfigurationError(f"The file must hold tables [[{KEY}]] and nothing else.")
    applied, refused = [], []
    with editing(tenant) as tenant_id:
        for position, wanted in enumerate(given):
            try:
                applied.append(act(tenant_id, _named(wanted, comment)))
            except ConfigurationError as error:
                named = wanted.get("reference") if isinstance(wanted, dict) else None
                refused.append(f"{named or f'{KEY}[{position}]'}: {error}")
        if refused:
            raise ConfigurationError(" ".join(refused))
        if dry_run:
            transaction.set_rollback(True)
    return applied


def _written(content: dict[str, Any]) -> dict[str, Any]:
    """A configuration as a file has it: without options where there are none."""
    return {name: value for name, value in content.items() if value != {}}


def _named(wanted: Any, comment: str | None) -> dict[str, Any]:
    """One configuration of a file, with the comment of its edit. Raises `FaultsError` where it has no name."""
    if not isinstance(wanted, dict):
        raise FaultsError({KEY: [sentence("object_expected", KEY)]})
    if not isinstance(wanted.get("reference"), str):
        raise FaultsError({"reference": [sentence("required", "reference")]})
    return wanted if comment is None else {**wanted, "comment": comment}


def _apply(tenant_id: int, wanted: dict[str, Any]) -> Applied:
    """Brings one configuration to what the file says. Raises `ConfigurationError`."""
    try:
        row = edits.find(tenant_id, wanted["reference"])
    except UnknownError:
        made = edits.create(tenant_id, COMMAND, wanted)
        return Applied(made.reference, made.name, "created")
    before = document.content(row)
    if _as_told(row, wanted) == before:
        return Applied(row.reference, row.name, "unchanged")
    edits.change(row, COMMAND, wanted)
    changed = [name for name, value in document.content(row).items() if value != before[name]]
    return Applied(row.reference, row.name, "updated" if changed else "unchanged", changed)


def _draft(tenant_id: int, wanted: dict[str, Any]) -> Applied:
    """Makes what the file says the draft of a configuration that there is. Raises `ConfigurationError`."""
    row = edits.find(tenant_id, wanted["reference"])
    before, told = document.content(row), _as_told(row, wanted)
    if told == before:
        return Applied(row.reference, row.name, "unchanged")
    earlier = drafts.of(row)
    if earlier and earlier.actor_type != COMMAND.type:
        raise DraftedError(earlier.actor_name)
    drafts.save(row, COMMAND, {**wanted, "based_on": row.version})
    changed = [name for name in drafts.PARTS if told[name] != before[name]]
    return Applied(row.reference, row.name, "drafted", changed)


def _as_told(row: Configuration, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """What a file says of a configuration, without the comment."""
    said = {name: value for name, value in wanted.items() if name != "comment"}
    return {"options": {}, "active": row.active, **said}
