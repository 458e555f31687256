"""The Django app `connected_apps`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rapport.tenants import lifecycle
from rapport.tenants.actors import COMMAND

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from rapport.tenants.models import Tenant


class ConnectedAppsConfig(lifecycle.Room):
    """Connected Apps and their credentials."""

    name = "rapport.connected_apps"

    def first_tenant_created(self, tenant: Tenant) -> dict[str, str]:
        """Makes the Connected App whose credentials the first start prints."""
        from . import issue  # noqa: PLC0415 (Django has no models yet when it reads this module)

        made = issue.make_app(tenant, COMMAND, "First app")
        return {"client_id": made.client_id, "client_secret": made.client_secret}

    def in_use(self, tenant_id: int, configuration_id: UUID) -> str | None:
        """A webhook that feeds a configuration, or an app that is limited to it, keeps it."""
        from . import use  # noqa: PLC0415 (likewise)

        if use.bound_to(tenant_id, configuration_id):
            return "A webhook or a Connected App names this configuration; deactivate it instead."
        return None

    def parts(self, page: str, row: Any) -> Sequence[lifecycle.Part]:
        """Who uses a configuration."""
        from . import use  # noqa: PLC0415 (likewise)

        if page != "configuration":
            return ()
        return [lifecycle.Part("connected_apps/users.html", {"configuration": row, "users": use.users(row)})]
