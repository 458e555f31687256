"""The Django app `configurations`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rapport.records.keys import name_key
from rapport.tenants import lifecycle, rekeying

if TYPE_CHECKING:
    import psycopg

    from rapport.tenants.models import Tenant


class ConfigurationsConfig(lifecycle.Room):
    """Import configurations."""

    name = "rapport.configurations"

    def schema_migrated(self, owner: psycopg.Connection) -> None:
        """Renews the keys of touchpoints."""
        rekeying.renew_each(owner, "touchpoints", "name", "name_key", name_key)

    def tenant_created(self, tenant: Tenant) -> None:
        """Gives the tenant its default configurations."""
        from . import defaults  # noqa: PLC0415 (Django has no models yet when it reads this module)

        defaults.give(tenant)
