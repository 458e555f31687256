"""What is known of answers, exact at any time: what followers have counted, and the rows behind their head instead.

One statement sees one moment, so it does not matter that the head may have moved since it was read. A row that the
ledger has changed behind the head is taken as it is now; whatever changed it (a correction, a merge, an undo), the
ledger says so.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection

from rapport.surveys.models import ScoreHead

if TYPE_CHECKING:
    from collections.abc import Mapping

DAY = timedelta(days=1)
_END = datetime.max.replace(tzinfo=UTC)
#: Behind every number of a ledger.
LAST = 2**63 - 1
#: `known` has a row for each answer (n = 1), `rolled` one for each day, touchpoint, campaign and score, for each hour
#: instead where a day is `split`, and for what is not rolled up yet (n = 1 or -1). What a query does not name costs
#: nothing.
#: Index: changes_pkey, counted_answers_pkey, _seq, _at, score_hours_pkey, score_days_pkey,
#: responses_pkey, external_responses_pkey.
RELATIONS = """
with behind as materialized (
    select object_id, min(seq) as seq from changes
    where tenant_id = %(tenant)s and seq > %(head)s and object_type in ('response', 'external_response')
    group by object_id
), present as (
    select r.id, 'response' as type, r.entered_seq as seq, coalesce(r.answered_at, r.paged_at) as at,
           r.nps_score as score, r.touchpoint, r.channel, r.language, r.campaign_id, r.survey_id, r.survey_record_id,
           r.contact_id, r.account_id, 1 as n
    from behind b join responses r on r.tenant_id = %(tenant)s and r.id = b.object_id
    where r.entered_seq is not null
    union all
    select x.id, 'external_response', coalesce(c.seq, b.seq), x.response_date, x.nps_score, x.touchpoint, null, null,
           null, null, null, x.contact_id, x.account_id, 1
    from behind b join external_responses x on x.tenant_id = %(tenant)s and x.id = b.object_id and x.deleted_at is null
    left join counted_answers c on c.tenant_id = %(tenant)s and c.id = b.object_id
), known as (
    select id, type, seq, at, score, touchpoint, channel, language, campaign_id, survey_id, survey_record_id,
           contact_id, account_id, 1 as n
    from counted_answers c
    where tenant_id = %(tenant)s and not exists (select from behind b where b.object_id = c.id)
    union all
    select * from present
), cells as (
    select day as at, score, touchpoint, campaign_id, counted from score_days
    where tenant_id = %(tenant)s and day <> all(%(split)s::timestamptz[])
    union all
    select h.hour, h.score, h.touchpoint, h.campaign_id, h.counted
    from unnest(%(split)s::timestamptz[], %(split_end)s::timestamptz[]) as s (day, end_of_day)
    join score_hours h on h.tenant_id = %(tenant)s and h.hour >= s.day and h.hour < s.end_of_day
), rolled as (
    select at, nullif(score, -1) as score, nullif(touchpoint, '') as touchpoint,
           nullif(campaign_id, '00000000-0000-0000-0000-000000000000') as campaign_id, counted as n
    from cells
    union all
    select at, score, touchpoint, campaign_id, n from present
    union all
    select c.at, c.score, c.touchpoint, c.campaign_id, -1
    from behind b join counted_answers c on c.tenant_id = %(tenant)s and c.id = b.object_id
)
"""


def query(tenant_id: int, sql: str, parameters: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
    """The rows of a query of these relations; inside the tenant's scope."""
    head = ScoreHead.objects.filter(tenant_id=tenant_id).values_list("seq", flat=True).first() or 0
    with connection.cursor() as cursor:
        # A million answers are joined and sorted in memory, and done before a compiler would be.
        cursor.execute("set local work_mem = '64MB'; set local jit = off")
        given: dict[str, Any] = {"tenant": tenant_id, "head": head, "split": [], **(parameters or {})}
        # Not in the statement: behind row-level security no sum of a time and an interval finds an index.
        given["split_end"] = [day + min(DAY, _END - day) for day in given["split"]]
        cursor.execute(RELATIONS + sql, given)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
