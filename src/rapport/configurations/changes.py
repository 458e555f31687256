"""The edits of a configuration, as people read them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from rapport.records.types import ALL
from rapport.tenants.scope import tenant_scope

from . import catalogue, edits
from .difference import Difference, act, differences
from .models import Configuration, ConfigurationEdit

if TYPE_CHECKING:
    from rapport.tenants.models import Tenant


@dataclass(frozen=True, kw_only=True)
class Edit:
    """One edit: who did what, and what is different since."""

    version: int
    at: datetime
    #: The name of a person, an app or the command line.
    actor: str
    actor_type: str
    act: str
    comment: str | None
    differences: list[Difference]


def since(row: Configuration, version: int | None) -> list[Edit]:
    """What happened to a configuration after somebody saw this version of it, oldest first; inside the scope."""
    rows = ConfigurationEdit.objects.filter(tenant_id=row.tenant_id, configuration_id=row.id)
    return told(row, rows.filter(version__gt=version or 0).order_by("version"))


def versions(tenant: Tenant, reference: str) -> list[Edit]:
    """Every edit of a configuration, newest first, for the command line. Raises `UnknownError`."""
    with tenant_scope(tenant) as tenant_id:
        row = edits.find(tenant_id, reference)
        rows = ConfigurationEdit.objects.filter(tenant_id=tenant_id, configuration_id=row.id)
        return told(row, rows.order_by("-version"))


def told(row: Configuration, rows: Iterable[ConfigurationEdit]) -> list[Edit]:
    """Edits of a configuration in words; inside the tenant's scope."""
    known = labels(row)
    return [
        Edit(
            version=edit.version,
            at=edit.at,
            actor=edit.actor_name,
            actor_type=edit.actor_type,
            act=act(edit.before, edit.after),
            comment=edit.comment,
            differences=differences(edit.before, edit.after, known),
        )
        for edit in rows
    ]


def labels(row: Configuration) -> dict[str, str]:
    """What each field that the configuration can map is called; inside the tenant's scope."""
    fields = catalogue.of_tenant(row.tenant_id).fields(ALL[row.data_type])
    return {name: field.label for name, field in fields.items()}
