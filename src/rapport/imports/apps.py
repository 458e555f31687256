"""The Django app `imports`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rapport.tenants import lifecycle

if TYPE_CHECKING:
    from uuid import UUID


class ImportsConfig(lifecycle.Room):
    """Files that become records."""

    name = "rapport.imports"

    def in_use(self, tenant_id: int, configuration_id: UUID) -> str | None:
        """An import that has not come to its end needs its configuration."""
        from .models import OPEN, Import  # noqa: PLC0415 (Django has no models yet when it reads this module)

        needing = Import.objects.filter(tenant_id=tenant_id, configuration_id=configuration_id, state__in=OPEN)
        return "An import needs this configuration; cancel it, or wait for its end." if needing.exists() else None
