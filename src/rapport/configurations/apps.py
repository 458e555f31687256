"""The Django app `configurations`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rapport.tenants import lifecycle

if TYPE_CHECKING:
    from rapport.tenants.models import Tenant


class ConfigurationsConfig(lifecycle.Room):
    """Import configurations."""

    name = "rapport.configurations"

    def tenant_created(self, tenant: Tenant) -> None:
        """Gives the tenant its default configurations."""
        from . import defaults  # noqa: PLC0415 (Django has no models yet when it reads this module)

        defaults.give(tenant)
