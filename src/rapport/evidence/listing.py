"""The change ledger and the request history of a tenant, for the command line."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from rapport.history.models import Change, SentRecord
from rapport.records.fields import told
from rapport.tenants.answers import moment
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.db.models import QuerySet

    from rapport.tenants.models import Tenant

#: Rows read in one transaction.
CHUNK = 1000


def changes(tenant: Tenant, since_seq: int = 0, limit: int | None = None) -> Iterator[dict[str, Any]]:
    """The ledger behind `since_seq`, in its order, ready for JSON; at most `limit` entries."""

    def after(last: Change | None) -> QuerySet[Change]:
        return Change.objects.filter(seq__gt=last.seq if last else since_seq).order_by("seq")

    return _read(tenant, after, limit)


def requests(tenant: Tenant, limit: int | None = None) -> Iterator[dict[str, Any]]:
    """The request history, newest first, ready for JSON; at most `limit` records."""

    def after(last: SentRecord | None) -> QuerySet[SentRecord]:
        rows = SentRecord.objects.order_by("-at", "-id")
        return rows if last is None else rows.filter(pk__lt=last.pk)

    return _read(tenant, after, limit)


def _read(tenant: Tenant, after: Callable[[Any], QuerySet[Any]], limit: int | None) -> Iterator[dict[str, Any]]:
    """Rows in chunks, each in a transaction of its own; `after` is the query for what follows a row."""
    left, last = limit, None
    while left is None or left > 0:
        size = CHUNK if left is None else min(CHUNK, left)
        with tenant_scope(tenant) as tenant_id:
            chunk = list(after(last).filter(tenant_id=tenant_id)[:size])
        yield from map(represent, chunk)
        if len(chunk) < size:
            return
        last, left = chunk[-1], None if left is None else left - size


def represent(row: Change | SentRecord) -> dict[str, Any]:
    """Column -> value, without the tenant."""
    columns = (field for field in row._meta.concrete_fields if field.name != "tenant_id")
    shown = {str(field.column): _plain(getattr(row, field.attname)) for field in columns}
    return shown | {"diff": told(row.diff)} if isinstance(row, Change) else shown


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return moment(value)
    return str(value) if isinstance(value, UUID) else value
