"""What a Django app of ours can do at the three moments that concern all of them.

Tenants know nothing of the apps above them; an app that wants to act derives its `AppConfig` from `Room`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import AppConfig, apps

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

    from .models import Tenant


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


def rooms() -> Iterator[Room]:
    """Our own apps, in the order of INSTALLED_APPS."""
    return (app for app in apps.get_app_configs() if isinstance(app, Room))
