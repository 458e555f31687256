"""How a room is heard by rooms that must not know it: at moments that concern all, and on what is drawn below it.

No app imports one above it; an app that has something to say derives its `AppConfig` from `Room`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from django.apps import AppConfig, apps

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    import psycopg

    from .models import Tenant


class Part(NamedTuple):
    """What a room adds to a page of another: a template, which finds `about` as `part.about`."""

    template: str
    about: Mapping[str, Any]


class Written(NamedTuple):
    """Something that was sent to somebody: to which address, and what shows it."""

    email: str
    contact_id: UUID
    language: str | None
    proof: Mapping[str, str]


class Room(AppConfig):
    """One of our Django apps. Override what concerns it; each does nothing by default.

    Its `apps.py` imports this module and not this class: Django takes the only configuration that it finds by name
    there, and with two of them neither.
    """

    def schema_migrated(self, owner: psycopg.Connection) -> None:
        """The schema has just been migrated; `owner` is an open connection of the tables' owner."""

    def tenant_created(self, tenant: Tenant) -> None:
        """`tenant` has just been made; called inside its scope, in the transaction that made it."""

    def first_tenant_created(self, tenant: Tenant) -> dict[str, str]:
        """The very first tenant was made by the first start; returns what its operator must be told once."""
        return {}

    def in_use(self, tenant_id: int, configuration_id: UUID) -> str | None:
        """Why a configuration cannot be removed, in one sentence, if this room needs it; in the tenant's scope."""

    def parts(self, page: str, row: Any) -> Sequence[Part]:
        """What this room adds to the page (by its route's name) of one object, `row`; in the tenant's scope."""
        return ()

    def actors(self, tenant_id: int, kind: str, ids: Sequence[UUID]) -> Mapping[UUID, str]:
        """What those who act are called, if this room has such; in the tenant's scope."""
        return {}

    def written(self, tenant_id: int, id: UUID) -> Written | None:
        """What this room has sent under an id, if it is one of its own; in the tenant's scope."""

    def removed(self, tenant_id: int, object_type: str, ids: Sequence[UUID]) -> None:
        """Objects have just gone out of sight; in the transaction of their deletion."""

    def merged(self, tenant_id: int, object_type: str, kept: UUID, ids: Sequence[UUID]) -> None:
        """Objects have just become part of another one; in the transaction of their merge."""

    def deliveries(self, survey_record: Any) -> Sequence[Mapping[str, Any]]:
        """The messages for a survey record that this room has made, as callers see them; in the tenant's scope."""
        return ()


def removed(tenant_id: int, object_type: str, ids: Sequence[UUID]) -> None:
    """Tells all rooms that objects have gone out of sight."""
    for room in rooms():
        room.removed(tenant_id, object_type, ids)


def merged(tenant_id: int, object_type: str, kept: UUID, ids: Sequence[UUID]) -> None:
    """Tells all rooms that objects are part of another one by now."""
    for room in rooms():
        room.merged(tenant_id, object_type, kept, ids)


def deliveries(survey_record: Any) -> list[Mapping[str, Any]]:
    """The messages for a survey record, whatever room has made them."""
    return [delivery for room in rooms() for delivery in room.deliveries(survey_record)]


def actors(tenant_id: int, kind: str, ids: Sequence[UUID]) -> dict[UUID, str]:
    """The names of imports, undos, replays, campaigns, whatever room has them."""
    return {id: name for room in rooms() for id, name in room.actors(tenant_id, kind, ids).items()}


def written(tenant_id: int, id: UUID) -> Written | None:
    """What some room has sent under an id."""
    return next((found for room in rooms() if (found := room.written(tenant_id, id))), None)


def rooms() -> Iterator[Room]:
    """Our own apps, in the order of INSTALLED_APPS."""
    return (app for app in apps.get_app_configs() if isinstance(app, Room))


def parts(page: str, row: Any) -> list[Part]:
    """What all rooms add to the page of `row`."""
    return [part for room in rooms() for part in room.parts(page, row)]
