"""What everybody who can act is called: apps, webhooks, people, imports; in their tenant's scope."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Model

from rapport.campaigns.models import Campaign
from rapport.connected_apps.senders import senders
from rapport.evidence.models import Replay, Undo
from rapport.imports.models import Import
from rapport.members import accounts
from rapport.members.models import User

if TYPE_CHECKING:
    from rapport.tenants.models import Tenant

#: Imports that can be chosen.
IMPORTS = 50
#: What acts by itself -> its rows, the column with a name, and what it is called with that.
_BEGUN: dict[str, tuple[type[Model], str, str]] = {
    "import": (Import, "name", "{}"),
    "campaign": (Campaign, "name", "{}"),
    "undo": (Undo, "author_name", "Undo by {}"),
    "replay": (Replay, "author_name", "Sent again by {}"),
}
Actor = tuple[str, UUID | None]
#: Whoever has no name any more, or never had one.
NAMELESS = {
    "app": "A Connected App",
    "webhook": "A webhook",
    "user": "Somebody",
    "import": "An import",
    "respondent": "The contact",
    "campaign": "A campaign",
    "undo": "An undo",
    "replay": "A replay",
}


def names(tenant_id: int, actors: Iterable[Actor]) -> dict[Actor, str]:
    """Each actor with its name; in a query for each kind."""
    wanted = set(actors)
    found: dict[Actor, str] = {key: source.name for key, source in senders(tenant_id).items()}
    people = {id for type, id in wanted if type == "user" and id}
    if people:
        rows = User.objects.filter(id__in=people).values_list("id", "name", "email")
        found |= {("user", id): name or email for id, name, email in rows}
    for kind in _BEGUN:
        named = begun(tenant_id, kind, [id for type, id in wanted if type == kind and id])
        found |= {(kind, id): name for id, name in named.items()}
    return {actor: found.get(actor) or NAMELESS.get(actor[0], actor[0]) for actor in wanted}


def begun(tenant_id: int, kind: str, ids: Sequence[UUID]) -> dict[UUID, str]:
    """What imports, campaigns, undos and replays are called, the last two by who began them."""
    if kind not in _BEGUN or not ids:
        return {}
    model, column, words = _BEGUN[kind]
    rows = model._default_manager.filter(tenant_id=tenant_id, id__in=ids).values_list("id", column)
    return {id: words.format(name) for id, name in rows}


def choices(tenant_id: int) -> dict[str, list[tuple[str, str]]]:
    """Who can be asked for besides people, by group: id and name, imports newest first."""
    found = sorted((each.name, str(each.id)) for each in senders(tenant_id).values())
    files = Import.objects.filter(tenant_id=tenant_id).order_by("-id").values_list("id", "name")[:IMPORTS]
    return {
        "Connected Apps and webhooks": [(id, name) for name, id in found],
        "Imports": [(str(id), name) for id, name in files],
        "Undos and replays": [*_newest(tenant_id, "undo"), *_newest(tenant_id, "replay")],
    }


def _newest(tenant_id: int, kind: str) -> list[tuple[str, str]]:
    """Undos or replays, newest first, each with its day."""
    model, column, words = _BEGUN[kind]
    rows = model._default_manager.filter(tenant_id=tenant_id).order_by("-id")
    told = rows.values_list("id", column, "started_at")[:IMPORTS]
    return [(str(id), f"{words.format(name)}, {at:%-d %b %Y, %H:%M} UTC") for id, name, at in told]


def people(tenant: Tenant) -> list[tuple[str, str]]:
    """The members of a tenant: id and name. Outside of its scope."""
    return [(str(each["id"]), each["name"] or each["email"]) for each in accounts.members(tenant)]
