"""Files on their way, without a worker: each job is done here, at once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.conf import settings

from rapport.imports import checking, receiving, running
from rapport.imports.models import Import
from rapport.tenants.actors import COMMAND, Author
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from rapport.tenants.models import Tenant


def use_spool(path: Path) -> None:
    """Let files lie in `path`, until the next test says otherwise."""
    settings.RAPPORT = replace(settings.RAPPORT, spool_dir=path)


def send(
    tenant: Tenant, content: bytes, *, configuration: str = "contact", author: Author = COMMAND, **wanted: Any
) -> UUID:
    """The id of an import that was received."""
    id, path = receiving.new_file(tenant.pk)
    size = receiving.receive([content], path)
    wanted = {"configuration": configuration, "name": "people.csv", **wanted}
    receiving.begin(tenant.pk, author, id, size, receiving.Wanted(**wanted))
    return id


def work(tenant: Tenant, id: UUID) -> Import:
    """The import, when a worker has done what there was to do."""
    checking.check(tenant.pk, id)
    while running.turn(tenant, id):
        pass
    return find(tenant, id)


def find(tenant: Tenant, id: UUID) -> Import:
    """The import as it is."""
    with tenant_scope(tenant) as tenant_id:
        return Import.objects.get(tenant_id=tenant_id, id=id)


def counts(row: Import) -> dict[str, int]:
    """What became of its rows, without zeros; they always add up."""
    told = {name: getattr(row, name) for name in ("created", "updated", "unchanged", "rejected", "blank")}
    assert row.read == sum(told.values())
    return {name: number for name, number in told.items() if number}
