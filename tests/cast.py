"""The cast: Alice owns a tenant, Bob helps her, Charlie is from another tenant and must see nothing."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from rapport import credentials
from rapport.connected_apps import issue
from rapport.connected_apps.models import AccessToken, ConnectedApp
from rapport.connected_apps.scopes import SCOPES
from rapport.members.models import Membership, User
from rapport.tenants import registry
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rapport.tenants.models import Tenant

_numbers = itertools.count(1)


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody with a Connected App of their own, which has every scope, and a token that works."""

    name: str
    user: User
    tenant: Tenant
    client_id: str
    client_secret: str
    token: str

    @property
    def bearer(self) -> dict[str, str]:
        """The header that an API call of theirs carries."""
        return {"Authorization": f"Bearer {self.token}"}


class Cast:
    """Everybody a test needs: Alice and Bob of one new tenant, and, from when he is asked for, Charlie of another."""

    def __init__(self) -> None:
        ours = new_tenant()
        self.alice = new_person("Alice", ours, Membership.Role.SYSTEM_ADMIN)
        self.bob = new_person("Bob", ours, Membership.Role.USER)

    @cached_property
    def charlie(self) -> Person:
        """Who must see nothing of theirs."""
        return new_person("Charlie", new_tenant(), Membership.Role.SYSTEM_ADMIN)


def new_tenant() -> Tenant:
    """A tenant that nobody else uses, with its default configurations."""
    return registry.create(f"tenant-{next(_numbers)}")


def new_person(name: str, tenant: Tenant, role: Membership.Role) -> Person:
    """A member of `tenant` with an app and a token, who has proved their address."""
    email = f"{name.lower()}-{next(_numbers)}@example.com"
    user = User.objects.create(email=email, name=name, proved_at=datetime.now(UTC))
    with tenant_scope(tenant):
        Membership.objects.create(tenant_id=tenant.pk, user_id=user.pk, role=role)
    made = issue.create_app(tenant, COMMAND, f"{name}'s app", scopes=list(SCOPES))
    token = new_token(tenant, made.client_id)
    return Person(
        name=name,
        user=user,
        tenant=tenant,
        client_id=made.client_id,
        client_secret=made.client_secret,
        token=token,
    )


def new_token(
    tenant: Tenant,
    client_id: str,
    scopes: Sequence[str] | None = None,
    expires_in: timedelta = timedelta(hours=1),
) -> str:
    """A token of a Connected App, stored as the token endpoint stores it; all of the app's scopes by default."""
    token, now = credentials.new(credentials.TOKEN, tenant.pk), datetime.now(UTC)
    with tenant_scope(tenant) as tenant_id:
        app = ConnectedApp.objects.get(tenant_id=tenant_id, client_id=client_id)
        AccessToken.objects.create(
            tenant_id=tenant_id,
            hash=credentials.digest(token),
            app_id=app.id,
            scopes=app.scopes if scopes is None else list(scopes),
            issued_at=now,
            expires_at=now + expires_in,
        )
    return token
