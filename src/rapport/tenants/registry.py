"""Makes and finds tenants."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from django.conf import settings
from django.db import IntegrityError, transaction

from .errors import TenantError
from .lifecycle import rooms
from .models import Tenant
from .scope import enter

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


def create(
    slug: str,
    name: str | None = None,
    region: str | None = None,
    created_at: datetime | None = None,
) -> Tenant:
    """A new tenant with everything that a tenant starts with, in a transaction of its own.

    `name` defaults to the slug in title case, `region` to the deployment's, `created_at` (aware) to now.
    Raises `TenantError` for a slug that is taken or malformed, a name without a character, or an unknown region.
    """
    with transaction.atomic(durable=True):
        return make(slug, name, region, created_at)


def make(
    slug: str,
    name: str | None = None,
    region: str | None = None,
    created_at: datetime | None = None,
) -> Tenant:
    """`create` inside the caller's transaction, which is bound to the new tenant from then on."""
    region = settings.RAPPORT.region if region is None else region
    name = slug.replace("-", " ").title() if name is None else name.strip()
    _check(slug, name, region)
    tenant = Tenant(slug=slug, name=name, region=region, created_at=created_at or datetime.now(UTC))
    try:
        with transaction.atomic():
            tenant.save(force_insert=True)
    except IntegrityError:
        raise TenantError(f"There is a tenant {slug} already.") from None
    enter(tenant.pk)
    for room in rooms():
        room.tenant_created(tenant)
    return tenant


def find(slug: str | None) -> Tenant:
    """The tenant with this slug; for None the only one there is. Raises `TenantError`."""
    if slug is not None:
        tenant = Tenant.objects.filter(slug=slug).first()
        if tenant is None:
            raise TenantError(f"There is no tenant {slug!r}.")
        return tenant
    tenants = Tenant.objects.order_by("id")[:2]
    if not tenants:
        raise TenantError("There is no tenant yet.")
    if len(tenants) > 1:
        raise TenantError("There is more than one tenant: name one with --tenant SLUG.")
    return tenants[0]


def _check(slug: str, name: str, region: str) -> None:
    if not SLUG.fullmatch(slug):
        raise TenantError("A tenant's slug is 1 to 63 lower-case letters, digits and inner dashes.")
    if not name or not name.isprintable():
        raise TenantError("A tenant's name must have a printable character and no control characters.")
    if region not in settings.RAPPORT.regions:
        raise TenantError(f"There is no region {region!r}; known are {', '.join(settings.RAPPORT.regions)}.")
