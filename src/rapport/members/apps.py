"""The Django app `members`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rapport.records.keys import email_key
from rapport.tenants import lifecycle, rekeying

if TYPE_CHECKING:
    import psycopg

    from rapport.tenants.models import Tenant

#: The first administrator; the address is never mailed to and can be changed.
FIRST_ADMIN = "admin@example.com"


class MembersConfig(lifecycle.Room):
    """People and memberships."""

    name = "rapport.members"

    def schema_migrated(self, owner: psycopg.Connection) -> None:
        """Renews the keys of people and invitations."""
        rekeying.renew(owner, "users", "email", "email_key", email_key)
        rekeying.renew_each(owner, "invitations", "email", "email_key", email_key)

    def first_tenant_created(self, tenant: Tenant) -> dict[str, str]:
        """Makes the administrator of the first tenant, who has no password."""
        from . import links  # noqa: PLC0415 (Django has no models yet when it reads this module)
        from .models import Membership, OneTimeLink, Role, User  # noqa: PLC0415

        user = User.objects.create(email=FIRST_ADMIN, name="Administrator")
        Membership.objects.create(tenant_id=tenant.pk, user_id=user.pk, role=Role.SYSTEM_ADMIN)
        return {"admin_email": user.email, "sign_in_link": links.new(user, OneTimeLink.Purpose.SIGN_IN)}
