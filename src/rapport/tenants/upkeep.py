"""Upkeep that ends: one tenant at a time, each with its own failure, in steps that hold nothing for long."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from django.db import connection

from .models import Tenant
from .scope import tenant_scope

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet

log = logging.getLogger("rapport.tenants")

#: Rows of one step, which is one transaction of a fraction of a second.
STEP = 5_000


class UpkeepError(Exception):
    """Some tenants could not be looked after; all others were."""

    def __init__(self, failed: int, tenants: int) -> None:
        super().__init__(f"{failed} of {tenants} tenants could not be looked after")


def each_tenant(look_after: Callable[[Tenant], None]) -> None:
    """Looks after every tenant, outside of any transaction. Raises `UpkeepError` at the end, where some failed."""
    tenants = list(Tenant.objects.order_by("id"))
    failed = 0
    for tenant in tenants:
        try:
            look_after(tenant)
        except Exception as fault:  # noqa: BLE001 (whatever it is, it is this tenant's alone)
            failed += 1
            log.error("tenant %d could not be looked after: %s", tenant.pk, type(fault.__cause__ or fault).__name__)
            connection.close()
    if failed:
        raise UpkeepError(failed, len(tenants))


def delete(tenant: Tenant, rows: QuerySet[Any]) -> None:
    """Deletes those of the `rows` that are a tenant's, a step at a time."""
    deleted = STEP
    while deleted >= STEP:
        with tenant_scope(tenant) as tenant_id:
            own = rows.filter(tenant_id=tenant_id)
            deleted, _ = own.filter(pk__in=list(own.values_list("pk", flat=True)[:STEP])).delete()
