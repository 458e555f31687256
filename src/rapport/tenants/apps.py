"""The Django app `tenants`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import lifecycle

if TYPE_CHECKING:
    from .models import Tenant


class TenantsConfig(lifecycle.Room):
    """Tenants and their head rows."""

    name = "rapport.tenants"

    def tenant_created(self, tenant: Tenant) -> None:
        """Gives the tenant its head row, from which the ledger takes its sequence numbers."""
        from .models import TenantHead  # noqa: PLC0415 (Django has no models yet when it reads this module)

        TenantHead.objects.create(tenant_id=tenant.pk)
