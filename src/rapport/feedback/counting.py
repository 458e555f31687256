"""Lets the figures follow the change ledger, a second behind; what is not counted yet, `known` reads from the rows.

Each step is one transaction of one tenant, like search's (`directory/follower.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection
from django.db.models import Min, Subquery
from django.db.models.functions import Coalesce

from rapport.db.queries import statement
from rapport.directory import follower
from rapport.history.models import Change
from rapport.surveys.models import ScoreHead
from rapport.tenants.models import TenantHead
from rapport.tenants.scope import tenant_scope
from rapport.tenants.statements import fetch

from . import alerts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

_COUNT_ANSWERS = statement("count_answers")
#: Entries of the ledger in one step.
STEP = 5_000


class Figures(follower.Follower):
    """The thread that counts."""

    name, size = "figures", STEP

    def behind(self, tenant_ids: Sequence[int]) -> list[int]:
        """Those tenants with entries behind the head of their figures."""
        return follower.behind(tenant_ids, ScoreHead._meta.db_table)

    def step(self, tenant_id: int) -> int:
        """See `step`."""
        return step(tenant_id)


def step(tenant_id: int) -> int:
    """Counts what up to `STEP` entries of a tenant's ledger changed; how many were read. Raises `Error`."""
    with tenant_scope(tenant_id):
        known = Coalesce(Subquery(ScoreHead.objects.filter(tenant_id=tenant_id).values("seq")), 0)
        end = TenantHead.objects.filter(tenant_id=tenant_id, seq__gt=known).values_list("seq", flat=True).first()
        if end is None:
            return 0
        ScoreHead.objects.bulk_create([ScoreHead(tenant_id=tenant_id, seq=0)], ignore_conflicts=True)
        rows = ScoreHead.objects.filter(tenant_id=tenant_id)
        head = rows.select_for_update(skip_locked=True).first()
        if head is None or head.seq >= end:
            return 0
        with connection.cursor() as cursor:
            cursor.execute("set local synchronous_commit = off")
        end = min(end, head.seq + STEP)
        _count(tenant_id, head.seq, end)
        alerts.defer(tenant_id, head.seq, end)
        rows.update(seq=end)
        return end - head.seq


def _count(tenant_id: int, start: int, end: int) -> None:
    """Counts the answers that the entries behind `start` up to `end` changed."""
    entries = Change.objects.filter(
        tenant_id=tenant_id, seq__gt=start, seq__lte=end, object_type__in=("response", "external_response")
    )
    changed: dict[UUID, int] = dict(entries.values_list("object_id").annotate(first=Min("seq")))
    if changed:
        fetch(_COUNT_ANSWERS, tenant_id, list(changed), list(changed.values()))
