"""The Django app `campaigns`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rapport.tenants import lifecycle

if TYPE_CHECKING:
    import psycopg

    from rapport.tenants.models import Tenant


class CampaignsConfig(lifecycle.Room):
    """Campaigns and their deliveries."""

    name = "rapport.campaigns"

    def tenant_created(self, tenant: Tenant) -> None:
        """Gives the system its rules of sending."""
        from . import rules  # noqa: PLC0415 (Django has no models yet when it reads this module)

        rules.give(tenant)

    def schema_migrated(self, owner: psycopg.Connection) -> None:
        """Gives them to systems that are older."""
        from . import rules  # noqa: PLC0415 (likewise)

        rules.give_older(owner)
