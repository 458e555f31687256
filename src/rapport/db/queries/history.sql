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
-- $3 are the objects' last records. What a replay wrote counts as old as the record that it repeats; what actors and records
-- $5 wrote does not count. Called by evidence/replaying/deciding.py.
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
where s.record <> all ($5::uuid[]) and (c.actor_id is null or c.actor_id <> all ($5::uuid[]))
group by s.object_id, f.field

-- find_released --
-- Keys of $3 by which objects of type $2 were found until they were deleted, from the moment $4 on, each with the last one,
-- and the record that deleted it; but for what actors $5 deleted. A row that was emptied since has one more entry. Called
-- by evidence/replaying/deciding.py.
-- `offset 0` as above. Index: contacts_deleted, accounts_deleted, changes_record.
with recursive gone (object_id, record) as (
    select c.id, c.last_record from contacts c
    where $2 = 'contact' and c.tenant_id = $1 and c.deleted_at >= $4::timestamptz and c.merged_into is null
    union all
    select a.id, a.last_record from accounts a
    where $2 = 'account' and a.tenant_id = $1 and a.deleted_at >= $4::timestamptz and a.merged_into is null
), steps (object_id, record) as (
    select * from gone
    union
    select s.object_id, c.prev
    from steps s
    cross join lateral (
        select * from changes c where c.tenant_id = $1 and c.record = s.record and c.object_id = s.object_id offset 0
    ) c
    where c.kind <> 'deleted' and c.prev is not null and c.at >= $4::timestamptz
)
select distinct on (k.key) k.key, s.object_id, s.record
from steps s
cross join lateral (
    select * from changes c where c.tenant_id = $1 and c.record = s.record and c.object_id = s.object_id offset 0
) c
cross join lateral jsonb_object_keys(c.links -> 'keys') as k (key)
where c.kind = 'deleted' and k.key = any ($3::text[]) and (c.actor_id is null or c.actor_id <> all ($5::uuid[]))
order by k.key, c.seq desc

-- find_undos_of_replays --
-- Undos whose entries are those of one replay, one request or record of a replay, or another undo, in their order: id,
-- whether done, whether of an undo, whether of all of what is named, and that. Called by evidence/replaying/undone.py.
-- Index: undos_pkey, replayed_records_pkey.
select u.id, u.state = 'done', coalesce(u.entries ->> 5, '') = 'undo',
       coalesce(u.entries ->> 6, u.entries ->> 3) = coalesce(u.entries ->> 6, u.entries ->> 4),
       coalesce(u.entries ->> 6, u.entries ->> 3)::uuid
from undos u
where u.tenant_id = $1
  and (u.entries ->> 5 in ('replay', 'undo')
       or exists (
           select from replayed_records r
           where r.tenant_id = $1 and r.made between (u.entries ->> 3)::uuid and (u.entries ->> 4)::uuid))
order by u.id

-- find_taken_back --
-- Those of the records $2 of which an undo took something back and nothing stands: what they made is gone, but for an
-- account beside others, and what they changed has another value. Called by evidence/replaying/undone.py.
-- `offset 0` as above. Index: changes_record, the tables' primary keys.
with recursive made as materialized (
    select c.record, c.seq, c.object_id, c.object_type, c.kind, c.diff || coalesce(c.links -> 'keys', '{}') as words
    from unnest($2::uuid[]) as m (record)
    cross join lateral (
        select * from changes c where c.tenant_id = $1 and c.record = m.record offset 0
    ) c
), present as materialized (
    select o.object_id, o.first, p.last_record, p.gone
    from (
        select m.object_id, m.object_type, (array_agg(m.record order by m.record))[1] as first
        from made m group by m.object_id, m.object_type
    ) o
    cross join lateral (
        select c.last_record, c.deleted_at is not null as gone from contacts c
        where o.object_type = 'contact' and c.tenant_id = $1 and c.id = o.object_id
        union all
        select a.last_record, a.deleted_at is not null from accounts a
        where o.object_type = 'account' and a.tenant_id = $1 and a.id = o.object_id
        union all
        select v.last_record, v.deleted_at is not null from activities v
        where o.object_type = 'activity' and v.tenant_id = $1 and v.id = o.object_id
        union all
        select s.last_record, s.deleted_at is not null from survey_records s
        where o.object_type = 'survey_record' and s.tenant_id = $1 and s.id = o.object_id
        union all
        select x.last_record, x.deleted_at is not null from external_responses x
        where o.object_type = 'external_response' and x.tenant_id = $1 and x.id = o.object_id
        offset 0
    ) p
), steps (object_id, record, first) as (
    select p.object_id, p.last_record, p.first from present p
    union
    select s.object_id, c.prev, s.first
    from steps s
    cross join lateral (
        select * from changes c where c.tenant_id = $1 and c.record = s.record and c.object_id = s.object_id offset 0
    ) c
    where c.prev >= s.first
), later as materialized (
    select s.object_id, c.seq, c.actor_type, c.diff || coalesce(c.links -> 'keys', '{}') as words
    from steps s
    cross join lateral (
        select * from changes c where c.tenant_id = $1 and c.record = s.record and c.object_id = s.object_id offset 0
    ) c
), judged as (
    select m.record, m.object_type = 'account' and m.kind = 'created' as is_account,
           case when p.gone or m.kind = 'created' then p.gone
                else not exists (
                    select from jsonb_each(m.words) w
                    where coalesce((
                        select l.words -> w.key -> 1 from later l
                        where l.object_id = m.object_id and l.seq > m.seq and l.words ? w.key
                        order by l.seq desc limit 1
                    ), w.value -> 1) = w.value -> 1) end as away,
           exists (
               select from later l where l.object_id = m.object_id and l.seq > m.seq and l.actor_type = 'undo'
           ) as undone
    from made m join present p on p.object_id = m.object_id
)
select j.record from judged j
group by j.record
having bool_or(j.undone) and coalesce(bool_and(j.away) filter (where not j.is_account), bool_and(j.away))
