"""Numbers what writers of the version before have made without one, and enters it into the feeds."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psycopg

_UNNUMBERED = """
select exists (select from survey_records where tenant_id = %(tenant)s and number is null)
    or exists (select from external_responses where tenant_id = %(tenant)s and number is null)
"""
#: In the order in which they were made.
_NUMBER = """
with unnumbered as (
    select 'survey_record' as type, id, created_at from survey_records where tenant_id = %(tenant)s and number is null
    union all
    select 'external_response', id, created_at from external_responses where tenant_id = %(tenant)s and number is null
), numbered as (
    select type, id, %(head)s + row_number() over (order by created_at, id) as number from unnumbered
), surveys as (
    update survey_records s set number = n.number from numbered n
    where s.tenant_id = %(tenant)s and s.id = n.id and n.type = 'survey_record'
), responses as (
    update external_responses r set number = n.number from numbered n
    where r.tenant_id = %(tenant)s and r.id = n.id and n.type = 'external_response'
)
select count(*) from numbered
"""
#: Under the numbers of their ledger rows; what has none from before the ledger stays out.
_ENTER = """
insert into feed_entries (tenant_id, feed, seq, object_type, object_id)
select %(tenant)s, case object_type when 'survey_record' then 'non-responses' else 'responses' end, seq, object_type,
       object_id
from changes
where tenant_id = %(tenant)s and kind = 'created' and object_type in ('survey_record', 'external_response')
on conflict do nothing
"""


def run(owner: psycopg.Connection) -> None:
    """Numbers the rows of every tenant, each in a transaction that keeps its head row."""
    for (tenant_id,) in owner.execute("select id from tenants order by id").fetchall():
        with owner.transaction():
            owner.execute(f"set local rapport.tenant_id = '{tenant_id:d}'")
            _number(owner, tenant_id)


def _number(owner: psycopg.Connection, tenant_id: int) -> None:
    own = {"tenant": tenant_id}
    [(unnumbered,)] = owner.execute(_UNNUMBERED, own).fetchall()
    if not unnumbered:
        return
    [(head,)] = owner.execute("select number from tenant_heads where tenant_id = %(tenant)s for update", own).fetchall()
    [(count,)] = owner.execute(_NUMBER, own | {"head": head}).fetchall()
    told = own | {"count": count}
    owner.execute("update tenant_heads set number = number + %(count)s where tenant_id = %(tenant)s", told)
    owner.execute(_ENTER, own)
