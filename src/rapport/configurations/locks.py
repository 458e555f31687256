"""One edit at a time: what was checked is still so when it is written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.db import OperationalError, connection
from psycopg.errors import LockNotAvailable

from rapport.tenants.scope import tenant_scope

from .errors import BusyError

if TYPE_CHECKING:
    from rapport.tenants.models import Tenant

#: First key of the advisory lock that all who edit one tenant's configurations take (the second is the tenant).
EDITORS_LOCK = 1_918_988_401
#: Seconds that an editor waits for a lock; the console has few threads, and one that waits serves nobody.
LOCK_SECONDS = 3


@contextmanager
def editing(tenant: Tenant | int) -> Iterator[int]:
    """`tenant_scope` for one editor of configurations, fields and touchpoints; others wait until its end.

    Raises `BusyError` where that takes longer than `LOCK_SECONDS`.
    """
    with tenant_scope(tenant) as tenant_id:
        _keep_others_out(tenant_id)
        yield tenant_id


def _keep_others_out(tenant_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"set local lock_timeout = '{LOCK_SECONDS}s'")
        try:
            cursor.execute("select pg_advisory_xact_lock(%s, %s)", [EDITORS_LOCK, tenant_id])
        except OperationalError as error:
            if isinstance(error.__cause__, LockNotAvailable):
                raise BusyError from None
            raise
