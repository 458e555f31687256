"""What became of an object since a version of it was shown, and by whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import Any
from uuid import UUID

from rapport.connected_apps.models import ConnectedApp, Webhook
from rapport.history.ledger import Traced, walk
from rapport.members.models import User
from rapport.tenants import lifecycle
from rapport.tenants.actors import Author


@dataclass(frozen=True)
class Revision:
    """One entry of the ledger, with the name of its author."""

    version: int
    at: datetime
    author: Author
    #: Field name -> (old value, new value).
    changes: dict[str, tuple[Any, Any]]


def since(told: Traced, version: int) -> list[Revision]:
    """The changes of an object after a version, oldest first; inside the tenant's scope."""
    found = [*takewhile(lambda change: change.version > version, walk(told))][::-1]
    known = names(told.tenant_id, ((row.actor_type, row.actor_id) for row in found))
    return [
        Revision(
            row.version,
            row.at,
            Author(row.actor_type, row.actor_id, known.get(row.actor_id, "")),
            {name: (old, new) for name, (old, new) in row.diff.items()},
        )
        for row in found
    ]


def names(tenant_id: int, actors: Iterable[tuple[str, UUID | None]]) -> dict[UUID | None, str]:
    """The names of whoever is in the ledger or the request history, by id; inside the tenant's scope."""
    wanted: dict[str, set[UUID]] = {}
    for kind, id in actors:
        if id is not None:
            wanted.setdefault(kind, set()).add(id)
    begun = (lifecycle.actors(tenant_id, kind, [*ids]) for kind, ids in wanted.items())
    found: dict[UUID | None, str] = {id: name for each in begun for id, name in each.items()}
    for kind, model, column in (("app", ConnectedApp, "name"), ("webhook", Webhook, "user_name")):
        rows = model.objects.filter(tenant_id=tenant_id, id__in=wanted.get(kind, ()))
        found |= dict(rows.values_list("id", column))
    people = User.objects.filter(id__in=wanted.get("user", ())).values_list("id", "name", "email")
    return found | {id: name or email for id, name, email in people}
