"""The Django app `members`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rapport.tenants import lifecycle

if TYPE_CHECKING:
    from rapport.tenants.models import Tenant

#: The first administrator; the address is never mailed to and can be changed.
FIRST_ADMIN = "admin@example.com"


class MembersConfig(lifecycle.Room):
    """People and memberships."""

    name = "rapport.members"

    def first_tenant_created(self, tenant: Tenant) -> dict[str, str]:
        """Makes the administrator of the first tenant, who has no password."""
        user = self.get_model("User").objects.create(email=FIRST_ADMIN, name="Administrator")
        membership = self.get_model("Membership")
        membership.objects.create(tenant_id=tenant.pk, user_id=user.pk, role=membership.Role.SYSTEM_ADMIN)
        return {"admin_email": user.email}
