"""The Django app `connected_apps`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rapport.tenants import lifecycle
from rapport.tenants.actors import COMMAND

if TYPE_CHECKING:
    from rapport.tenants.models import Tenant


class ConnectedAppsConfig(lifecycle.Room):
    """Connected Apps and their credentials."""

    name = "rapport.connected_apps"

    def first_tenant_created(self, tenant: Tenant) -> dict[str, str]:
        """Makes the Connected App whose credentials the first start prints."""
        from . import issue  # noqa: PLC0415 (Django has no models yet when it reads this module)

        made = issue.make_app(tenant, COMMAND, "First app")
        return {"client_id": made.client_id, "client_secret": made.client_secret}
