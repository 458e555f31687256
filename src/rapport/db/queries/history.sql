-- How the ledger is read where no range of its numbers says it (history/ledger.py), inside the tenant's scope. $1 is the
-- tenant.

-- walk_changes --
-- Numbers of the entries of the object $2 that the record $3 made, the one before it, and so on, $4 records at most, each
-- with the record before; newest first. Several entries of one record name the same record before.
-- `offset 0`: one look-up a record, whatever the planner thinks of their number. Index: changes_record.
with recursive steps (record, depth) as (
    select $3::uuid, 1
    union
    select c.prev, s.depth + 1
    from steps s
    cross join lateral (
        select * from changes c where c.tenant_id = $1 and c.record = s.record and c.object_id = $2 offset 0
    ) c
    where c.prev is not null and s.depth < $4::integer
)
select c.seq, c.prev
from steps s
cross join lateral (
    select * from changes c where c.tenant_id = $1 and c.record = s.record and c.object_id = $2 offset 0
) c
order by c.seq desc

-- find_moment --
-- The number of the first entry at or after $2, behind $3, the tenant's head, where there is none: by halves, since
-- numbers have no gap and times never fall with them. Index: changes_pkey.
with recursive halves (low, high) as (
    select 1::bigint, $3::bigint + 1
    union all
    select case when c.at < $2::timestamptz then c.seq + 1 else h.low end,
           case when c.at < $2::timestamptz then h.high else c.seq end
    from halves h
    cross join lateral (
        select * from changes c where c.tenant_id = $1 and c.seq = (h.low + h.high) / 2 offset 0
    ) c
    where h.low < h.high
)
select low from halves order by high - low limit 1

-- find_later --
-- Fields, and keys behind `key `, of the objects $2 that were written by records behind $4, each with the last of these;
-- $3 are the objects' last records. What a replay wrote counts as old as the record that it repeats. Called by
-- evidence/replaying/deciding.py.
-- `offset 0` as above. Index: changes_record, replayed_records_pkey.
with recursive steps (object_id, record) as (
    select o.object_id, o.record
    from unnest($2::uuid[], $3::uuid[]) as o (object_id, record)
    where o.record > $4::uuid
    union
    select s.object_id, c.prev
    from steps s
    cross join lateral (
        select * from changes c where c.tenant_id = $1 and c.record = s.record and c.object_id = s.object_id offset 0
    ) c
    where c.prev > $4::uuid
)
select s.object_id, f.field, max(coalesce(r.record, s.record)::text collate "C")
from steps s
cross join lateral (
    select * from changes c where c.tenant_id = $1 and c.record = s.record and c.object_id = s.object_id offset 0
) c
left join lateral (
    select * from replayed_records r where r.tenant_id = $1 and r.made = s.record and c.actor_type = 'replay' offset 0
) r on true
cross join lateral (
    select jsonb_object_keys(c.diff) as field
    union all
    select 'key ' || jsonb_object_keys(c.links -> 'keys')
) f
group by s.object_id, f.field
