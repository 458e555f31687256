"""Makes, finds and changes tenants."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

from django.conf import settings
from django.db import IntegrityError, transaction

from rapport.records.errors import sentence

from . import audit
from .errors import TenantError, TenantFaultsError
from .lifecycle import rooms
from .models import Tenant
from .scope import enter, tenant_scope

if TYPE_CHECKING:
    from .actors import Author

NAME_LIMIT = 128
#: For how many days what was sent can be kept: as long as the request history itself at most.
SENT_DAYS = range(91)
CHANGEABLE = ("name", "time_zone", "sent_days")

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


def change(tenant: Tenant, author: Author, given: Mapping[str, Any]) -> bool:
    """Changes what is `given` of `CHANGEABLE`; whether that is any different. Raises `TenantFaultsError`."""
    wanted = {name: given[name] for name in CHANGEABLE if name in given}
    faults = _faults(wanted)
    if faults:
        raise TenantFaultsError(faults)
    with tenant_scope(tenant) as tenant_id:
        row = Tenant.objects.select_for_update().get(pk=tenant_id)
        details = audit.changed({name: getattr(row, name) for name in wanted}, wanted)
        if not details["changed"]:
            return False
        Tenant.objects.filter(pk=tenant_id).update(**wanted)
        audit.note(tenant_id, author, "system.change", audit.Object(tenant_id, wanted.get("name", row.name)), details)
        return True


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


def _faults(wanted: Mapping[str, Any]) -> dict[str, list[str]]:
    name, zone, days = wanted.get("name", "-"), wanted.get("time_zone", "UTC"), wanted.get("sent_days", 0)
    faults = {}
    if not (0 < len(name) <= NAME_LIMIT and name.isprintable() and name == name.strip()):
        faults["name"] = [sentence("printable", "name", limit=NAME_LIMIT)]
    if zone not in available_timezones():
        faults["time_zone"] = ["The time zone must be one such as Europe/London."]
    if days not in SENT_DAYS:
        faults["sent_days"] = [sentence("integer_between", "number of days", least=0, most=SENT_DAYS[-1])]
    return faults


def _check(slug: str, name: str, region: str) -> None:
    if not SLUG.fullmatch(slug):
        raise TenantError("A tenant's slug is 1 to 63 lower-case letters, digits and inner dashes.")
    if not name or not name.isprintable():
        raise TenantError("A tenant's name must have a printable character and no control characters.")
    if region not in settings.RAPPORT.regions:
        raise TenantError(f"There is no region {region!r}; known are {', '.join(settings.RAPPORT.regions)}.")
