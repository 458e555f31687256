"""One edit at a time: what was checked is still so when it is written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.db import connection

from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from rapport.tenants.models import Tenant

#: First key of the advisory lock that all who edit one tenant's configurations take (the second is the tenant).
EDITORS_LOCK = 1_918_988_401


@contextmanager
def editing(tenant: Tenant | int) -> Iterator[int]:
    """`tenant_scope` for one editor of configurations, fields and touchpoints; others wait until its end."""
    with tenant_scope(tenant) as tenant_id:
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(%s, %s)", [EDITORS_LOCK, tenant_id])
        yield tenant_id
