-- Taking back what a set of ledger entries did (evidence/undoing): what would become of it, and one step of doing it.
-- A changed function gets the next number in its name.

-- Which entries: numbers from `low` to `high`, and of these what the other parts name; null is any. No record of an
-- entry from `low` on is before `floor`. What contacts answered is never among them.
create type undo_set_1 as (
    low bigint, high bigint, floor uuid, first uuid, last uuid, actor_type text, actor_id uuid, configuration_id uuid,
    numbers bigint[], request text
);

create function undo_holds_1(
    u undo_set_1, seq bigint, record uuid, actor_type text, actor_id uuid, configuration uuid, request text
) returns boolean
language sql immutable parallel safe as $$
    select coalesce(
        seq between (u).low and (u).high and record is not null and actor_type <> 'respondent'
        and ((u).first is null or record between (u).first and (u).last)
        and ((u).actor_type is null or actor_type = (u).actor_type)
        and ((u).actor_id is null or actor_id = (u).actor_id)
        and ((u).configuration_id is null or configuration = (u).configuration_id)
        and ((u).numbers is null or seq = any ((u).numbers))
        and ((u).request is null or request = (u).request), false)
$$;

-- An id before that of every record that was read at a moment.
create function undo_floor_1(moment timestamptz) returns uuid
language sql immutable parallel safe as $$
    select (lpad(to_hex((extract(epoch from moment) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

-- What an undo has taken back (`entries` of its row, as undoing/chosen.py writes it).
create function undo_set_of_1(entries jsonb) returns undo_set_1
language sql immutable parallel safe as $$
    select row((entries ->> 0)::bigint, (entries ->> 1)::bigint, (entries ->> 2)::uuid, (entries ->> 3)::uuid,
               (entries ->> 4)::uuid, entries ->> 5, (entries ->> 6)::uuid, (entries ->> 7)::uuid,
               case when jsonb_typeof(entries -> 8) = 'array'
                    then translate(entries ->> 8, '[]', '{}')::bigint[] end, entries ->> 9)::undo_set_1
$$;

-- From which number on objects are looked at: what stands undone below the entries may show again without them, where an
-- earlier undo has left it because others had written over it.
create function undo_depth_1(tenant integer, u undo_set_1, self uuid) returns bigint
language plpgsql as $$
#variable_conflict use_column
begin
    perform set_config('rapport.tenant_id', tenant::text, true);
    return least((u).low, (
        select min((q.entries ->> 0)::bigint) from undos q
        where q.tenant_id = tenant and q.state <> 'running' and q.id is distinct from self and q.reasons ? 'changed since'
          and (q.entries ->> 0)::bigint <= (u).high));
end
$$;

-- What an entry has a say in: fields, keys behind `key:`, and whether its object is `there`.
create function undo_words_1(kind text, diff jsonb, links jsonb) returns setof text
language sql immutable parallel safe as $$
    select jsonb_object_keys(diff)
    union
    select 'account_name' where links ? 'account'
    union
    select 'key:' || k from jsonb_object_keys(coalesce(links -> 'keys', '{}')) as k
    union
    select 'there' where kind in ('created', 'deleted', 'restored') or links ? 'into'
$$;

-- What other parts of the same undo do to an object of a kind: it refers to `away` no more, or to `target` from then
-- on, since others' word with this number if there is one.
create type undo_move_1 as (id uuid, kind text, away uuid, target uuid, word bigint);

-- Whether an object refers to an account, or a contact (`field`), by what was done behind the number `since`: others'
-- newest word on that is, or without the undone entries it would refer to something else. The undo `self` has no word.
-- Index: changes_record.
create function undo_refers_since_1(
    tenant integer, u undo_set_1, self uuid, object uuid, newest uuid, target uuid, field text, since bigint
) returns boolean
language plpgsql as $$
#variable_conflict use_column
declare
    step uuid := newest;
    before uuid;
    former uuid := target;
    told changes;
begin
    perform set_config('rapport.tenant_id', tenant::text, true);
    while step is not null loop
        before := null;
        for told in
            select c.* from (
                select c.* from changes c
                where c.tenant_id = (select tenant) and c.record = step and c.object_id = object offset 0
            ) c
            order by c.seq desc
        loop
            if told.seq < (u).low then
                return former is distinct from target;
            end if;
            before := told.prev;
            continue when told.actor_type = 'undo' and told.actor_id = self
                or not (told.kind = 'created' or field = 'account' and coalesce(told.links ? 'account', false)
                        or field = 'contact' and told.diff ? 'contact_id');
            if not undo_holds_1(u, told.seq, told.record, told.actor_type, told.actor_id, told.configuration_id,
                                told.request_id) then
                return told.seq > since or former is distinct from target;
            end if;
            former := (case when field = 'account' then told.links -> 'account' ->> 0
                            else told.diff -> 'contact_id' ->> 0 end)::uuid;
        end loop;
        step := before;
    end loop;
    return former is distinct from target;
end
$$;

-- What becomes of the objects of one kind whose newest undone entry is from `low` to `high`: a row for each of their
-- fields, with the value that it has and the one that it would have without the undone entries; or one row without a
-- field for an object that is deleted or comes back. Keys are rows of their own (`key`), which nobody counts but for
-- aliases. `verdict` is delete, restore or keep, with the reason.
-- `gone` and `moves` are what the same undo does to what uses them and is not done yet: it goes, or refers to something
-- else. Only the entries `numbers` are looked at, if it is not null: all of their objects, of which none shares a key
-- with another one. Objects that others changed behind the number `behind` stay. The undo `self` may be at work. What an
-- object refers to from then on (`account`, `contact`) is told with the number of others' newest word on that.
-- A key goes from one object to another, and has one story. What makes an object keep a key bars whoever would get it,
-- and an object that comes back has all of its keys or stays away.
-- Objects whose present version was made by an undone entry need no walk. What is laid between (`with`) is joined by
-- hashing and rows of tables are looked up one by one, whatever the planner thinks of the numbers: callers switch nested
-- loops off, and the lateral look-ups know no other way (measured: 80 seconds instead of one for 10,000 objects).
-- A large table's statistics know no rows of a young tenant, and then any index seems as good as the right one:
-- `(select tenant)` is a tenant like any other, and a record's greatest number is asked behind `offset 0`, lest the
-- whole ledger is read for it backwards (measured: a minute instead of 50 milliseconds a step). What is `gone` is an
-- array, which is hashed once; `coalesce` hides it from the planner, which would look at each id.
-- Index: changes_pkey, changes_record, changes_before, the tables' primary keys, *_contact, *_account.
create function undo_verdicts_1(
    tenant integer, u undo_set_1, type text, low bigint, high bigint, numbers bigint[], gone uuid[],
    moves undo_move_1[], behind bigint, self uuid
) returns table (
    object_id uuid, field text, key text, stands jsonb, becomes jsonb, stands_id uuid, becomes_id uuid,
    stands_label text, becomes_label text, verdict text, because text, account uuid, contact uuid, word bigint
)
language plpgsql as $$
#variable_conflict use_column
declare
    depth constant bigint := undo_depth_1(tenant, u, self);
begin
    perform set_config('rapport.tenant_id', tenant::text, true);
    return query
    with recursive undone as materialized (
        select c.object_id, c.seq, c.version, c.kind, c.diff, c.links, c.prev, c.actor_type, c.actor_id, c.record,
               c.configuration_id, c.request_id
        from changes c
        where c.tenant_id = (select tenant) and c.seq between greatest(low, (u).low) and least(high, (u).high)
          and ((u).numbers is null or c.seq = any ((u).numbers)) and c.object_type = type
          and (undo_verdicts_1.numbers is null or c.seq = any (undo_verdicts_1.numbers))
          and undo_holds_1(u, c.seq, c.record, c.actor_type, c.actor_id, c.configuration_id, c.request_id)
    ), touched as materialized (
        select o.object_id, min(o.version) as first_version, max(o.version) as last_version, count(*) as entries,
               bool_or(o.prev is null or depth = (u).low and o.prev < (u).floor) as whole,
               (array_agg(o.prev order by o.version))[1] as prev
        from undone o group by o.object_id
    ), present as materialized (
        -- Activities have a `type` of their own.
        select t.object_id, p.deleted_at is not null as absent, p.merged_into, p.last_record, p.state, p.account_id,
               p.contact_id,
               p.version = t.last_version and t.entries = t.last_version - t.first_version + 1
               and (t.whole or coalesce((
                   select max(c.seq) from (
                       select c.seq from changes c
                       where c.tenant_id = (select tenant) and c.record = t.prev and c.object_id = t.object_id offset 0
                   ) c), 0) < depth) as simple
        from touched t
        cross join lateral (
            select c.version, c.deleted_at, c.merged_into, c.last_record, null as state, c.account_id,
                   null::uuid as contact_id
            from contacts c where type = 'contact' and c.tenant_id = (select tenant) and c.id = t.object_id
            union all
            select a.version, a.deleted_at, a.merged_into, a.last_record, null, null, null
            from accounts a where type = 'account' and a.tenant_id = (select tenant) and a.id = t.object_id
            union all
            select v.version, v.deleted_at, null, v.last_record, null, v.account_id, v.contact_id
            from activities v where undo_verdicts_1.type = 'activity' and v.tenant_id = (select tenant)
              and v.id = t.object_id
            union all
            select s.version, s.deleted_at, null, s.last_record, s.state, s.account_id, s.contact_id
            from survey_records s where type = 'survey_record' and s.tenant_id = (select tenant) and s.id = t.object_id
            union all
            select x.version, x.deleted_at, null, x.last_record, null, x.account_id, x.contact_id
            from external_responses x where type = 'external_response' and x.tenant_id = (select tenant)
              and x.id = t.object_id
            union all
            select r.version, null, null, r.last_record, null, r.account_id, r.contact_id
            from responses r where type = 'response' and r.tenant_id = (select tenant) and r.id = t.object_id
            offset 0
        ) p
    ), steps (object_id, record) as (
        select p.object_id, p.last_record from present p where not p.simple and p.last_record is not null
        union
        select s.object_id, c.prev
        from steps s
        cross join lateral (
            select * from changes c
            where c.tenant_id = (select tenant) and c.record = s.record and c.object_id = s.object_id offset 0
        ) c
        where c.prev is not null and c.seq > depth
    ), walked as materialized (
        select s.object_id, c.seq, c.kind, c.diff, c.links, c.actor_type, c.actor_id, c.record, c.configuration_id,
               c.request_id,
               undo_holds_1(u, c.seq, c.record, c.actor_type, c.actor_id, c.configuration_id, c.request_id) as ours
        from steps s
        cross join lateral (
            select * from changes c
            where c.tenant_id = (select tenant) and c.record = s.record and c.object_id = s.object_id offset 0
        ) c
        where c.seq >= depth
        union all
        select p.object_id, c.seq, c.kind, c.diff, c.links, c.actor_type, c.actor_id, c.record, c.configuration_id,
               c.request_id, false
        from present p
        cross join lateral (
            select * from changes c
            where c.tenant_id = (select tenant) and c.object_id = p.object_id and c.record is null
              and c.seq >= depth offset 0
        ) c
        where not p.simple
    ), later as (
        -- Of a chunk: those whose newest undone entry is in another.
        select w.object_id from walked w where w.ours and w.seq > high
    ), entries as materialized (
        select o.object_id, o.seq, o.kind, o.diff, o.links, o.actor_type, o.actor_id, o.record, o.configuration_id,
               o.request_id, true as ours
        from undone o join present p on p.object_id = o.object_id and p.simple
        union all
        select w.* from walked w where w.object_id not in (select l.object_id from later l)
    ), past as materialized (
        -- Earlier undos that may have a say here.
        select q.id, undo_set_of_1(q.entries) as entries, q.behind
        from undos q
        where q.tenant_id = tenant and q.state <> 'running' and q.id is distinct from self and (
              q.reasons ? 'changed since'
              or q.id in (select t.actor_id from entries t where t.actor_type = 'undo'))
    ), aimed as materialized (
        -- What they meant.
        select t.object_id, t.seq, q.id, q.behind, case when t.actor_type = 'undo' then t.actor_id end as another
        from past q
        join entries t on undo_holds_1(
            q.entries, t.seq, t.record, t.actor_type, t.actor_id, t.configuration_id, t.request_id)
    ), ranked as materialized (
        select r.object_id, r.id, row_number() over (partition by r.object_id order by r.id desc) as rank
        from (
            select a.object_id, a.id from aimed a
            union
            select t.object_id, q.id from entries t join past q on t.actor_type = 'undo' and t.actor_id = q.id
        ) r
    ), overruled (object_id, rank, undos) as (
        -- Undos that were undone themselves; whether one stands says who comes behind it.
        select r.object_id, 0::bigint, array(
                   select t.actor_id from entries t where t.object_id = r.object_id and t.ours and t.actor_type = 'undo'
                   union all
                   select (u).actor_id where (u).actor_type = 'undo')
        from ranked r where r.rank = 1
        union all
        select o.object_id, r.rank, case when r.id = any (o.undos) then o.undos else o.undos || array(
                   select a.another from aimed a
                   where a.object_id = r.object_id and a.id = r.id and a.another is not null
                   union all
                   select (q.entries).actor_id from past q where q.id = r.id and (q.entries).actor_type = 'undo') end
        from overruled o join ranked r on r.object_id = o.object_id and r.rank = o.rank + 1
    ), standing as materialized (
        select r.object_id, r.id from ranked r
        join overruled o on o.object_id = r.object_id and o.rank = r.rank - 1 where not r.id = any (o.undos)
    ), spoken as materialized (
        select t.object_id, t.seq, t.actor_type, t.actor_id, t.ours, w.word
        from (
            select e.* from entries e
            where e.object_id in (
                select s.object_id from standing s
                union all
                select r.object_id from entries r where r.kind = 'restored' and not r.ours)
            offset 0
        ) t
        cross join lateral undo_words_1(t.kind, t.diff, t.links) as w (word)
    ), void as materialized (
        -- Words that count as never spoken: those of undos that stand, and what these have taken back, or have left only
        -- because it was written over. Keys that came back as they had gone went nowhere.
        select s.object_id, s.seq, s.word
        from spoken s join standing q on q.object_id = s.object_id
        where s.actor_type = 'undo' and s.actor_id = q.id
        union
        select s.object_id, s.seq, s.word
        from spoken s
        join aimed a on a.object_id = s.object_id and a.seq = s.seq
        join standing q on q.object_id = a.object_id and q.id = a.id
        where exists (
            select from spoken x
            where x.object_id = s.object_id and x.word = s.word and x.seq > s.seq
              and (x.actor_type = 'undo' and x.actor_id = q.id or x.seq <= a.behind and not exists (
                  select from aimed b where b.object_id = x.object_id and b.seq = x.seq and b.id = q.id)))
        union
        select s.object_id, s.seq, s.word
        from (
            select t.object_id, t.seq, t.kind, t.ours,
                   lag(t.seq) over h as former, lag(t.kind) over h as was, lag(t.ours) over h as mine
            from entries t
            where t.kind in ('created', 'deleted', 'restored', 'merged')
              and t.object_id in (select s.object_id from spoken s)
            window h as (partition by t.object_id order by t.seq)
        ) r
        join spoken s on s.object_id = r.object_id and s.seq in (r.seq, r.former)
        where r.kind = 'restored' and r.was = 'deleted' and not r.ours and not r.mine and s.word like 'key:%'
    ), silent as materialized (
        -- Entries of which no word counts.
        select s.object_id, s.seq from spoken s
        left join void v on v.object_id = s.object_id and v.seq = s.seq and v.word = s.word
        where not s.ours
        group by s.object_id, s.seq having bool_and(v.word is not null)
    ), lives as (
        -- Being merged into another one is being gone, too.
        select e.object_id, e.seq, e.ours, e.kind, (e.links -> 'into' ->> 0)::uuid as came_from,
               e.kind = 'deleted' or e.kind = 'merged' as gone,
               max(e.seq) filter (where not e.ours and v.seq is null) over (partition by e.object_id) as last_other
        from entries e
        left join void v on v.object_id = e.object_id and v.seq = e.seq and v.word = 'there'
        where type <> 'response'
          and (e.kind in ('created', 'deleted', 'restored') or e.kind = 'merged' and e.links ? 'into')
    ), others as materialized (
        select e.object_id, max(e.seq) as seq from entries e
        where not e.ours and e.seq >= (u).low and not exists (
            select from silent s where s.object_id = e.object_id and s.seq = e.seq)
        group by e.object_id
    ), fated as materialized (
        -- Whether the newest word on an object's being there is undone, and what it was before.
        select l.object_id, max(l.seq) as seq, (array_agg(l.gone order by l.seq))[1] as went,
               (array_agg(l.gone order by l.seq desc))[1] as gone,
               (array_agg(l.came_from order by l.seq))[1] as came_from,
               -- Whoever used it before it came back used what was deleted.
               (array_agg(case when l.kind <> 'created' then l.seq end order by l.seq))[1] as since
        from lives l where l.seq > coalesce(l.last_other, 0)
        group by l.object_id having bool_or(l.ours)
    ), going as materialized (
        select f.object_id, f.since from fated f join present p on p.object_id = f.object_id
        where not f.went and not f.gone and not p.absent and f.came_from is null
    ), coming as materialized (
        -- From being deleted, or out of another one; or into that again.
        select f.object_id, f.seq, case when p.absent then p.merged_into end as out_of,
               case when not p.absent then f.came_from end as part_of
        from fated f join present p on p.object_id = f.object_id
        where f.went and f.gone and p.absent or not f.went and not f.gone and not p.absent and f.came_from is not null
    ), parting as materialized (
        select m.id, m.away from unnest(moves) as m where m.away is not null
    ), arriving as materialized (
        select m.target, m.kind, max(m.word) as word from unnest(moves) as m
        where m.target is not null group by m.target, m.kind
    ), words as materialized (
        select e.object_id, max(e.seq) as seq from entries e
        where not e.ours and e.seq >= (u).low
          and (e.links ? 'account' or e.diff ? 'contact_id' or e.kind = 'created' and type <> 'contact')
          and not exists (select from silent s where s.object_id = e.object_id and s.seq = e.seq)
        group by e.object_id
    ), used as materialized (
        select g.object_id, 'changed since' as because, 1 as rank
        from going g join others o on o.object_id = g.object_id where o.seq > coalesce(g.since, 0)
        union all
        select g.object_id, case when a.kind in ('contact', 'activity') then 'linked since'
                                 when a.kind = 'survey_record' then 'asked since' else 'answered since' end,
               case when a.kind in ('contact', 'activity') then 5 when a.kind = 'survey_record' then 3 else 4 end
        from going g join arriving a on a.target = g.object_id
        where g.since is null or a.word > g.since
        union all
        select g.object_id, 'mailed since', 2
        from going g
        cross join lateral (
            select from deliveries d
            where type = 'contact' and d.tenant_id = (select tenant) and d.contact_id = g.object_id
              and (g.since is null or d.updated_at > (
                  select c.at from changes c where c.tenant_id = (select tenant) and c.seq = g.since))
              and d.state not in ('queued', 'scheduled', 'deferred', 'skipped', 'cancelled')
            limit 1
        ) x
        union all
        select g.object_id, 'asked since', 3
        from going g
        cross join lateral (
            select from survey_records s
            where type = 'contact' and s.tenant_id = (select tenant) and s.contact_id = g.object_id
              and s.deleted_at is null and not coalesce(s.id = any (gone), false)
              and not exists (select from parting l where l.id = s.id and l.away = s.contact_id)
              and (g.since is null
                   or undo_refers_since_1(tenant, u, self, s.id, s.last_record, g.object_id, 'contact', g.since))
            limit 1
        ) x
        union all
        select g.object_id, 'answered since', 4
        from going g
        cross join lateral (
            select from external_responses r
            where type = 'contact' and r.tenant_id = (select tenant) and r.contact_id = g.object_id
              and r.deleted_at is null and not coalesce(r.id = any (gone), false)
              and not exists (select from parting l where l.id = r.id and l.away = r.contact_id)
              and (g.since is null
                   or undo_refers_since_1(tenant, u, self, r.id, r.last_record, g.object_id, 'contact', g.since))
            limit 1
        ) x
        union all
        select g.object_id, 'linked since', 5
        from going g
        cross join lateral (
            select from activities v
            where undo_verdicts_1.type = 'contact' and v.tenant_id = (select tenant) and v.contact_id = g.object_id
              and v.deleted_at is null and not coalesce(v.id = any (gone), false)
              and not exists (select from parting l where l.id = v.id and l.away = v.contact_id)
              and (g.since is null
                   or undo_refers_since_1(tenant, u, self, v.id, v.last_record, g.object_id, 'contact', g.since))
            limit 1
        ) x
        union all
        select g.object_id, 'linked since', 5
        from going g
        cross join lateral (
            select from contacts c
            where type = 'account' and c.tenant_id = (select tenant) and c.account_id = g.object_id
              and c.deleted_at is null and not coalesce(c.id = any (gone), false)
              and not exists (select from parting l where l.id = c.id and l.away = c.account_id)
              and (g.since is null
                   or undo_refers_since_1(tenant, u, self, c.id, c.last_record, g.object_id, 'account', g.since))
            limit 1
        ) x
        union all
        select g.object_id, 'linked since', 5
        from going g
        cross join lateral (
            select from activities v
            where undo_verdicts_1.type = 'account' and v.tenant_id = (select tenant) and v.account_id = g.object_id
              and v.deleted_at is null and not coalesce(v.id = any (gone), false)
              and not exists (select from parting l where l.id = v.id and l.away = v.account_id)
              and (g.since is null
                   or undo_refers_since_1(tenant, u, self, v.id, v.last_record, g.object_id, 'account', g.since))
            limit 1
        ) x
        union all
        select g.object_id, 'asked since', 3
        from going g
        cross join lateral (
            select from survey_records s
            where type = 'account' and s.tenant_id = (select tenant) and s.account_id = g.object_id
              and s.deleted_at is null and not coalesce(s.id = any (gone), false)
              and not exists (select from parting l where l.id = s.id and l.away = s.account_id)
              and (g.since is null
                   or undo_refers_since_1(tenant, u, self, s.id, s.last_record, g.object_id, 'account', g.since))
            limit 1
        ) x
        union all
        select g.object_id, 'answered since', 4
        from going g
        cross join lateral (
            select from external_responses r
            where type = 'account' and r.tenant_id = (select tenant) and r.account_id = g.object_id
              and r.deleted_at is null and not coalesce(r.id = any (gone), false)
              and not exists (select from parting l where l.id = r.id and l.away = r.account_id)
              and (g.since is null
                   or undo_refers_since_1(tenant, u, self, r.id, r.last_record, g.object_id, 'account', g.since))
            limit 1
        ) x
        union all
        select g.object_id, case when x.state in ('started', 'answered') then 'answered since' else 'mailed since' end, 0
        from going g
        cross join lateral (
            select s.state from survey_records s
            where type = 'survey_record' and s.tenant_id = (select tenant) and s.id = g.object_id
              and (s.state <> 'queued' or exists (
                select from deliveries d
                where d.tenant_id = (select tenant) and d.contact_id = s.contact_id and d.survey_record_id = s.id
                  and d.state not in ('queued', 'scheduled', 'deferred', 'skipped', 'cancelled')))
            offset 0
        ) x
    ), stays as materialized (
        select distinct on (n.object_id) n.object_id, n.because from used n order by n.object_id, n.rank
    ), deleted as materialized (
        select g.object_id from going g
        where not exists (select from stays s where s.object_id = g.object_id)
          and not exists (select from others o where o.object_id = g.object_id and o.seq > behind)
    ), lasting as materialized (
        select e.* from entries e where not exists (select from deleted d where d.object_id = e.object_id)
    ), tied as materialized (
        select e.object_id, e.seq, e.ours, e.kind, e.diff, e.links, k.key, k.value
        from lasting e cross join lateral jsonb_each(e.links -> 'keys') as k
    ), ties as (
        select t.* from tied t
        union all
        -- Of what goes only those that another gets.
        select e.object_id, e.seq, e.ours, e.kind, e.diff, e.links, k.key, k.value
        from entries e join deleted d on d.object_id = e.object_id cross join lateral jsonb_each(e.links -> 'keys') as k
        where k.key in (select t.key from tied t)
    ), facts as (
        select e.object_id, e.seq, e.ours, e.kind = 'merged' as merging, f.key as field, null::text as key, f.value -> 0 as was, f.value -> 1 as now,
               case when f.key = 'account_name' then (e.links -> 'account' ->> 0)::uuid end as was_id,
               case when f.key = 'account_name' then (e.links -> 'account' ->> 1)::uuid end as now_id,
               null::text as was_label, null::text as now_label
        from lasting e
        cross join lateral jsonb_each(
            -- The name of an account that was deleted is none.
            case when e.links ? 'account' then '{"account_name": [null, null]}'::jsonb || e.diff else e.diff end) as f
        where f.key <> 'alias' and (
              type in ('contact', 'account', 'activity')
              or e.kind = 'updated' and f.key in ('contact_id', 'account_name')
              -- What was sent and answered is not taken back.
              or e.kind = 'updated' and f.key = 'state' and (not e.ours or e.actor_type = 'undo'))
        union all
        select e.object_id, e.seq, e.ours, e.kind = 'merged', 'key', e.key, null, null, (e.value ->> 0)::uuid, (e.value ->> 1)::uuid,
               case when e.value ->> 0 is null then null when e.links ? 'labels' then e.links -> 'labels' -> e.key ->> 0
                    else coalesce(e.diff -> 'alias' ->> 1, e.diff -> 'alias' ->> 0) end,
               case when e.value ->> 1 is null then null when e.links ? 'labels' then e.links -> 'labels' -> e.key ->> 1
                    else coalesce(e.diff -> 'alias' ->> 1, e.diff -> 'alias' ->> 0) end
        from ties e
    ), placed as materialized (
        select f.*, case when f.key is null then f.object_id end as whose,
               max(f.seq) filter (where not f.ours and v.seq is null) over (
                   partition by case when f.key is null then f.object_id end, f.field, f.key
               ) as last_other,
               -- Of a key, which others may have had, and its field what is undone alone says what was before.
               f.ours or f.field not in ('key', 'email', 'phone', 'name', 'reference') as begins
        from facts f
        left join void v on v.object_id = f.object_id and v.seq = f.seq
          and v.word = case when f.key is null then f.field else 'key:' || f.key end
    ), parts as materialized (
        -- What each object that lasts had to do with a key: our first entry, and whose it was then.
        select f.object_id, f.key, min(f.seq) filter (where f.seq > coalesce(f.last_other, 0)) as first_ours,
               (array_agg(f.was_id order by f.seq))[1] as was_id,
               (array_agg(f.was_label order by f.seq))[1] as was_label
        from placed f
        where f.ours and f.key is not null and not exists (select from deleted d where d.object_id = f.object_id)
        group by f.object_id, f.key
    ), stories as materialized (
        select f.whose, f.field, f.key, max(f.last_other) as last_other,
               min(f.seq) filter (where f.ours and f.seq > coalesce(f.last_other, 0)) as first_ours,
               bool_or(f.ours and f.merging) as merging,
               (array_agg(f.now order by f.seq desc))[1] as stands,
               (array_agg(f.now_id order by f.seq desc))[1] as stands_id,
               (array_agg(f.was order by f.seq) filter (where f.begins and f.seq > coalesce(f.last_other, 0)))[1]
                   as becomes,
               (array_agg(f.was_id order by f.seq) filter (where f.begins and f.seq > coalesce(f.last_other, 0)))[1]
                   as becomes_id,
               (array_agg(f.now_label order by f.seq desc))[1] as stands_label,
               (array_agg(f.was_label order by f.seq) filter (where f.begins and f.seq > coalesce(f.last_other, 0)))[1]
                   as becomes_label
        from placed f
        group by f.whose, f.field, f.key
        having bool_or(f.ours)
    ), judged as materialized (
        select t.whose as object_id, t.field, t.key, t.first_ours, t.stands, t.stands_id, t.becomes, t.becomes_id,
               t.stands_label, t.becomes_label, t.first_ours as part, false as denied, t.merging
        from stories t
        where t.whose is not null
        union all
        select p.object_id, t.field, t.key, t.first_ours, t.stands, t.stands_id, t.becomes, t.becomes_id,
               t.stands_label, t.becomes_label, p.first_ours, false, t.merging
        from stories t
        join parts p on p.key = t.key
        where t.whose is null and p.object_id in (t.stands_id, t.becomes_id)
        union all
        -- It had the key before, and another gets it, or has it by others.
        select p.object_id, t.field, t.key, coalesce(t.first_ours, 0), null, null, null, p.object_id, null, null,
               p.first_ours, true, t.merging
        from stories t
        join parts p on p.key = t.key
        where t.whose is null and p.was_id = p.object_id and p.was_label is null
          and (p.object_id in (t.stands_id, t.becomes_id)) is not true
    ), keyed as materialized (
        select j.object_id, j.key, j.first_ours, j.part, j.denied, j.stands_id, j.becomes_id, j.stands_label,
               j.becomes_label,
               case when type = 'contact'
                    then (select k.contact_id from contact_keys k where k.tenant_id = (select tenant) and k.key = j.key)
                    else (select k.account_id from account_keys k where k.tenant_id = (select tenant) and k.key = j.key)
               end as holder
        from judged j where j.key is not null
    ), claimed as materialized (
        -- Addresses and names that others have given to an object themselves.
        select f.object_id, f.seq, case f.field when 'email' then 'e:' || lower(f.now #>> '{}')
                                         when 'phone' then 'p:' || regexp_replace(f.now #>> '{}', '[^0-9]', '', 'g')
                                         else lower(f.now #>> '{}') end as key
        from placed f
        where f.field in ('email', 'phone', 'name') and f.seq = f.last_other and not exists (
            select from placed g where g.object_id = f.object_id and g.field = f.field and g.ours and g.seq > f.seq)
    ), held as materialized (
        -- Keys of ours, of which field they are, and whether somebody may have found the object by them since, or has
        -- them and keeps them.
        select k.object_id, k.key, k.denied,
               case when type = 'account' then 'name' when k.key like 'e:%' then 'email' else 'phone' end as field,
               -- An alias is no name, neither now nor then.
               type = 'account' and not (
                   k.stands_id = k.object_id and k.stands_label is null
                   or k.becomes_id = k.object_id and k.becomes_label is null) is true as alias,
               -- What was merged takes its keys with it.
               k.first_ours is not null and coalesce(o.seq > k.part, false) and not exists (
                   select from coming c where c.object_id = k.becomes_id and c.out_of = k.object_id) as found,
               k.denied or k.stands_id is distinct from k.becomes_id and k.holder is distinct from k.stands_id
               and d.object_id is null
               -- Nothing of this undo has given it to whoever has it.
               or k.becomes_id = k.object_id and k.holder <> k.object_id and d.object_id is null and not exists (
                   select from touched t where t.object_id = k.holder)
               or k.becomes_id = k.object_id and exists (
                   select from claimed c join coming r on r.out_of = c.object_id
                   where r.object_id = k.object_id and c.object_id = k.stands_id and c.key = k.key and c.seq > k.part
               ) as taken
        from keyed k
        left join others o on o.object_id = k.object_id
        left join deleted d on d.object_id = k.holder
    ), coming_back as materialized (
        select c.object_id, c.out_of, c.part_of, case
            when c.part_of is not null and o.object_id is not null then 'changed since'
            -- It has been emptied.
            when c.part_of is null and o.seq > c.seq then 'deleted since'
            when t.object_id is not null or v.object_id is not null then 'key taken since'
            when o.seq > behind then 'changed since the plan' end as because
        from coming c
        left join (select distinct h.object_id from held h where h.taken) t on t.object_id = c.object_id
        left join (
            select j.object_id from judged j
            cross join lateral (
                select from activities a
                where undo_verdicts_1.type = 'activity' and a.tenant_id = (select tenant)
                  and a.reference = j.becomes #>> '{}'
                offset 0
            ) a
            where j.field = 'reference'
        ) v on v.object_id = c.object_id
        left join others o on o.object_id = c.object_id
    ), weighed as (
        select j.*, coalesce(h.field, j.field) as tie, case when h.alias then j.key end as alias, case
            when p.merged_into is not null and c.object_id is null then 'merged'
            when j.first_ours is null then 'changed since'
            when c.object_id is null and p.absent then 'deleted since'
            when c.because is not null then c.because
            when o.seq > behind then 'changed since the plan'
            when s.object_id is not null and (
                j.key is not null or j.field in ('email', 'phone', 'name', 'reference')
                -- No activity is without these.
                or type = 'activity' and j.field in ('type', 'source', 'happened_at', 'account_name')) then s.because
            when c.object_id is null and h.found then 'found by it since'
            when h.taken then 'key taken since'
            when j.field = 'account_name' and j.becomes_id is not null and not exists (
                select from accounts a
                where a.tenant_id = (select tenant) and a.id = j.becomes_id and (a.deleted_at is null or exists (
                    -- It was deleted already when it was referred to, or comes back in the same undo.
                    select from changes c
                    where c.tenant_id = (select tenant) and c.record = a.last_record and c.object_id = a.id
                      and (c.seq < j.first_ours or c.kind in ('deleted', 'merged') and undo_holds_1(
                          u, c.seq, c.record, c.actor_type, c.actor_id, c.configuration_id, c.request_id))))
            ) then 'account deleted since'
        end as own
        from judged j
        join present p on p.object_id = j.object_id
        left join stays s on s.object_id = j.object_id
        left join coming_back c on c.object_id = j.object_id
        left join others o on o.object_id = j.object_id
        left join held h on h.object_id = j.object_id and h.key = j.key and h.denied = j.denied
        where type <> 'survey_record' or s.object_id is null
    ), passed as materialized (
        -- Keys that go from one to another. A merge is undone whatever became of the keys.
        select w.object_id, w.key, concat_ws('|', w.object_id, w.tie, w.alias) as knot, c.object_id is not null as comes
        from weighed w left join coming c on c.object_id = w.object_id
        where w.stands_id is not null and w.becomes_id is not null and w.stands_id <> w.becomes_id and w.key is not null
          and coalesce(c.out_of, c.part_of) is null
    ), bound as materialized (
        select distinct w.object_id, concat_ws('|', w.object_id, w.tie, w.alias) as knot
        from weighed w
        where w.key is not null and w.object_id in (select p.object_id from passed p where p.comes)
    ), chained as materialized (
        select a.knot as one, b.knot as other from passed a join passed b on b.key = a.key
        where a.object_id <> b.object_id
        union
        select a.knot, b.knot from bound a join bound b on b.object_id = a.object_id where a.knot <> b.knot
    ), barred (knot) as (
        select concat_ws('|', w.object_id, w.tie, w.alias) from weighed w
        where w.own is not null and w.object_id in (select p.object_id from passed p)
        union
        select c.other from barred b join chained c on c.one = b.knot
    ), returning_to as materialized (
        select c.object_id, c.out_of, c.part_of,
               coalesce(c.because, case when b.object_id is not null then 'key taken since' end) as because
        from coming_back c
        left join (
            select distinct b.object_id from bound b join barred x on x.knot = b.knot
        ) b on b.object_id = c.object_id
    ), homes as materialized (
        -- Fields of which a key goes with what was merged.
        select distinct w.object_id, w.tie
        from weighed w join coming c on c.object_id = w.becomes_id and c.out_of = w.object_id where w.key is not null
    ), ruled as materialized (
        -- A field and its keys go back together or stay together; but none shows what another is found by then.
        select w.*, case when s.object_id is not null then coalesce(w.own, s.because)
                         when h.object_id is not null then coalesce(w.own, r.because)
                         else coalesce(
                   min(w.own) over (partition by w.object_id, w.tie, w.alias), r.because,
                   case when b.knot is not null then 'key taken since' end) end as because
        from weighed w
        -- Where something does not come back, its values stay, too.
        left join (
            select r.out_of as object_id, min(r.because) as because
            from returning_to r where r.out_of is not null and r.because is not null group by r.out_of
        ) s on s.object_id = w.object_id and w.merging
        left join homes h on h.object_id = w.object_id and h.tie = w.tie and w.key is null
        left join returning_to r on r.object_id = w.object_id
        left join barred b on b.knot = concat_ws('|', w.object_id, w.tie, w.alias)
    )
    select d.object_id, null, null, null::jsonb, null::jsonb, null::uuid, null::uuid, null, null, 'delete', null,
           null::uuid, null::uuid, null::bigint
    from deleted d
    union all
    select c.object_id, null, null, null, null, c.out_of, c.part_of, null, null,
           case when c.because is null then 'restore' else 'keep' end, c.because,
           case when r.object_id is null then p.account_id end, p.contact_id, w.seq
    from returning_to c
    join present p on p.object_id = c.object_id
    left join ruled r on r.object_id = c.object_id and r.field = 'account_name' and r.because is null
    left join words w on w.object_id = c.object_id
    union all
    -- It came back by ours, and no field says why it stays.
    select s.object_id, null, null, null, null, null, null, null, null, 'keep', s.because, null, null, null
    from stays s join going g on g.object_id = s.object_id
    where g.since is not null and type <> 'survey_record'
    union all
    select s.object_id, 'state', null, to_jsonb(p.state), '"closed"', null, null, null, null, 'restore', s.because,
           null, null, null
    from stays s join present p on p.object_id = s.object_id
    where type = 'survey_record' and p.state in ('queued', 'sent', 'started')
    union all
    select r.object_id,
           case when coalesce(r.stands_label, r.becomes_label) is null then r.field else 'alias' end, r.key,
           r.stands, r.becomes, r.stands_id, r.becomes_id, r.stands_label, r.becomes_label,
           case when r.because is null then 'restore' else 'keep' end, r.because,
           case when r.field = 'account_name' then r.becomes_id end,
           case when r.field = 'contact_id' then (r.becomes #>> '{}')::uuid end, w.seq
    from ruled r
    left join words w on w.object_id = r.object_id
    where r.first_ours is null
       or case when r.field = 'account_name' and coalesce(r.stands_id, r.becomes_id) is not null
               then r.stands_id is distinct from r.becomes_id
               else (r.stands, r.stands_id, r.stands_label) is distinct from (r.becomes, r.becomes_id, r.becomes_label)
          end;
end
$$;

-- How many objects that is; which of them go, how many fields of the others go back, and what those refer to then.
create type undo_plain_1 as (
    leaving uuid[], objects bigint, restored bigint, moves undo_move_1[], slow bigint[], examples jsonb
);

-- What an undo does to the objects of one kind of which one thing alone is to be said: they have one undone entry, which
-- made their present version, and neither others' entries nor another object's keys have a say. What it made goes, since
-- nothing uses it but what is `gone` already; what it changed, but for keys, goes back. `slow` are the numbers of all
-- others, with those that share a key with them, for undo_verdicts_1, which would say the same of these at ten times the
-- price. `targets` are referred to from then on.
-- Two that were made cannot have had the same key, since both have it still. What is made with an alias may have lost it.
-- Index: changes_pkey, changes_record, the tables' primary keys, *_contact, *_account, deliveries_subject.
create function undo_plain_1(
    tenant integer, u undo_set_1, type text, numbers bigint[], gone uuid[], targets uuid[]
) returns undo_plain_1
language plpgsql as $$
#variable_conflict use_column
declare
    depth constant bigint := undo_depth_1(tenant, u, null);
    told undo_plain_1;
begin
    perform set_config('rapport.tenant_id', tenant::text, true);
    with own as (
        select c.object_id, c.seq, c.kind, c.diff, c.links,
               c.version = p.version and p.deleted_at is null and p.merged_into is null
               and (type <> 'account' or not c.diff ? 'alias') and case
                   when c.kind = 'created' then c.version = 1 and p.unused
                     and not coalesce(c.links @? '$.keys.*[0] ? (@ != null)', false)
                   when c.kind <> 'updated' or type not in ('contact', 'account') then false
                   when c.version = 1 or c.prev is null then false
                   when c.links is null then true
                   when c.links ?| '{keys,labels,into}' then false
                   when c.links -> 'account' -> 0 is not distinct from c.links -> 'account' -> 1 then false
                   when c.links -> 'account' ->> 0 is null then true
                   else exists (
                       select from accounts a
                       where a.tenant_id = (select tenant) and a.id = (c.links -> 'account' ->> 0)::uuid
                         and a.deleted_at is null)
               end and (c.prev is null or depth = (u).low and c.prev < (u).floor or coalesce((
                   select max(b.seq) from (
                       select b.seq from changes b
                       where b.tenant_id = (select tenant) and b.record = c.prev and b.object_id = c.object_id offset 0
                   ) b), 0) < depth)
               as plain
        from changes c
        cross join lateral (
            select t.version, t.deleted_at, t.merged_into, true as unused
            from contacts t where type = 'contact' and t.tenant_id = (select tenant) and t.id = c.object_id
            union all
            select t.version, t.deleted_at, t.merged_into, true
            from accounts t where type = 'account' and t.tenant_id = (select tenant) and t.id = c.object_id
            union all
            select t.version, t.deleted_at, null, true
            from activities t where undo_plain_1.type = 'activity' and t.tenant_id = (select tenant)
              and t.id = c.object_id
            union all
            select t.version, t.deleted_at, null, t.state = 'queued' and not exists (
                       select from deliveries d
                       where d.tenant_id = (select tenant) and d.contact_id = t.contact_id and d.survey_record_id = t.id
                         and d.state not in ('queued', 'scheduled', 'deferred', 'skipped', 'cancelled'))
            from survey_records t where type = 'survey_record' and t.tenant_id = (select tenant) and t.id = c.object_id
            union all
            select t.version, t.deleted_at, null, true
            from external_responses t where type = 'external_response' and t.tenant_id = (select tenant)
              and t.id = c.object_id
            union all
            select t.version, null, null, false
            from responses t where type = 'response' and t.tenant_id = (select tenant) and t.id = c.object_id
            offset 0
        ) p
        where c.tenant_id = (select tenant) and c.seq between (u).low and (u).high
          and ((u).numbers is null or c.seq = any ((u).numbers)) and c.object_type = type
          and (undo_plain_1.numbers is null or c.seq = any (undo_plain_1.numbers))
          and undo_holds_1(u, c.seq, c.record, c.actor_type, c.actor_id, c.configuration_id, c.request_id)
        offset 0
    ), entries as materialized (
        select o.object_id, o.seq, o.plain, o.plain and o.kind = 'created' as made,
               case when o.plain then (o.links -> 'account' ->> 1)::uuid end as away,
               case when o.plain then (o.links -> 'account' ->> 0)::uuid end as target,
               case when not o.plain then o.links -> 'keys' end as keys,
               -- A diff has nothing that is as it was; the name of an account that was deleted is none.
               case when o.plain and o.kind = 'updated'
                    then jsonb_array_length(jsonb_path_query_array(o.diff, '$.*.size()'))
                         + coalesce(o.links ? 'account' and not o.diff ? 'account_name', false)::integer end as fields
        from own o
    ), users as materialized (
        select e.object_id, x.id
        from entries e
        cross join lateral (
            select d.contact_id as id from deliveries d
            where type = 'contact' and d.tenant_id = (select tenant) and d.contact_id = e.object_id
              and d.state not in ('queued', 'scheduled', 'deferred', 'skipped', 'cancelled')
            union all
            select s.id from survey_records s
            where type = 'contact' and s.tenant_id = (select tenant) and s.contact_id = e.object_id
              and s.deleted_at is null
            union all
            select r.id from external_responses r
            where type = 'contact' and r.tenant_id = (select tenant) and r.contact_id = e.object_id
              and r.deleted_at is null
            union all
            select v.id from activities v
            where undo_plain_1.type = 'contact' and v.tenant_id = (select tenant) and v.contact_id = e.object_id
              and v.deleted_at is null
            union all
            select c.id from contacts c
            where type = 'account' and c.tenant_id = (select tenant) and c.account_id = e.object_id
              and c.deleted_at is null
            union all
            select v.id from activities v
            where undo_plain_1.type = 'account' and v.tenant_id = (select tenant) and v.account_id = e.object_id
              and v.deleted_at is null
            union all
            select s.id from survey_records s
            where type = 'account' and s.tenant_id = (select tenant) and s.account_id = e.object_id
              and s.deleted_at is null
            union all
            select r.id from external_responses r
            where type = 'account' and r.tenant_id = (select tenant) and r.account_id = e.object_id
              and r.deleted_at is null
            offset 0
        ) x
        where e.made and type in ('contact', 'account')
    ), used as (
        select n.object_id from users n where not coalesce(n.id = any (gone), false)
        union all
        select t.id from unnest(targets) as t (id)
    ), shared as (
        select coalesce(c.id, a.id) as id
        from (
            select distinct k.key from entries e cross join lateral jsonb_object_keys(e.keys) as k (key)
            where not e.plain
        ) k
        left join lateral (
            select c.contact_id as id from contact_keys c
            where type = 'contact' and c.tenant_id = (select tenant) and c.key = k.key offset 0
        ) c on true
        left join lateral (
            select a.account_id as id from account_keys a
            where type = 'account' and a.tenant_id = (select tenant) and a.key = k.key offset 0
        ) a on true
    ), parted as materialized (
        select u.object_id from used u union select s.id from shared s
        union
        select e.object_id from entries e where not e.plain
    ), judged as materialized (
        select e.object_id, e.seq, e.made, e.away, e.target, e.fields, e.plain and p.object_id is null as alone,
               e.fields > 0 as changed
        from entries e left join parted p on p.object_id = e.object_id
    )
    select coalesce(array_agg(j.object_id) filter (where j.alone and j.made), '{}'),
           count(*) filter (where j.alone and (j.made or j.changed)),
           coalesce(sum(j.fields) filter (where j.alone), 0),
           coalesce(array_agg(row(j.object_id, type, j.away, j.target, null)::undo_move_1)
               filter (where j.alone and not j.made and j.away is distinct from j.target), '{}'),
           coalesce(array_agg(j.seq) filter (where not j.alone), '{}'),
           (select coalesce(jsonb_agg(e.example), '[]') from (
               (
                   select jsonb_build_object('type', type, 'id', m.object_id, 'field', null, 'now', null, 'then', null,
                                             'verdict', 'delete', 'because', null) as example
                   from judged m where m.alone and m.made order by m.object_id limit 5
               )
               union all
               select jsonb_build_object('type', type, 'id', m.object_id, 'field', f.key, 'now', f.value -> 1,
                                         'then', f.value -> 0, 'verdict', 'restore', 'because', null)
               from (select * from judged m where m.alone and m.changed order by m.object_id limit 5) m
               cross join lateral (
                   select * from changes c where c.tenant_id = (select tenant) and c.seq = m.seq offset 0
               ) c
               cross join lateral jsonb_each(case
                   when c.links ? 'account' then '{"account_name": [null, null]}'::jsonb || c.diff else c.diff end) as f
           ) e)
    from judged j
    into told;
    return told;
end
$$;

-- What an undo of these entries would do, and to how many objects; a digest of it where they are few, to see whether
-- something has moved meanwhile. It looks at all of them at once, so the planner chooses (db/plans.py).
create function plan_undo_1(tenant integer, u undo_set_1, few integer)
returns table (restored bigint, deleted bigint, kept bigint, objects bigint, reasons jsonb, examples jsonb, digest text)
language plpgsql
set jit = off set work_mem = '64MB' set plan_cache_mode = force_custom_plan set enable_nestloop = off
set enable_memoize = off as $$
#variable_conflict use_column
declare
    total bigint;
    since timestamptz;
    type text;
    numbers bigint[];
    gone uuid[] := '{}';
    moves undo_move_1[] := '{}';
    plain undo_plain_1;
    part record;
begin
    perform set_config('rapport.tenant_id', tenant::text, true);
    restored := 0; deleted := 0; kept := 0; objects := 0; reasons := '{}'; examples := '[]'; digest := '';
    for type, numbers, total, since in
        select c.object_type, array_agg(c.seq) filter (where c.ours), sum(count(*) filter (where c.ours)) over (),
               min(min(uuid_extract_timestamp(c.record))) over ()
        from (
            select c.object_type, c.seq, c.record, undo_holds_1(
                       u, c.seq, c.record, c.actor_type, c.actor_id, c.configuration_id, c.request_id) as ours
            from changes c
            where c.tenant_id = tenant and c.seq between (u).low and (u).high
              and ((u).numbers is null or c.seq = any ((u).numbers))
        ) c
        group by c.object_type
        order by array_position(
            array['survey_record', 'external_response', 'response', 'activity', 'contact', 'account'], c.object_type)
    loop
        continue when numbers is null;
        if (u).numbers is null then
            u.floor := greatest((u).floor, undo_floor_1(since));
        end if;
        plain := row('{}'::uuid[], 0::bigint, 0::bigint, '{}'::undo_move_1[], numbers, '[]'::jsonb);
        if cardinality(numbers) > few then
            plain := undo_plain_1(
                tenant, u, type, case when cardinality(numbers) * 8 < total then numbers end, gone,
                array(select m.target from unnest(moves) as m where m.target is not null));
            -- A digest is of all.
            if plain.objects <= few then
                plain := row('{}'::uuid[], 0::bigint, 0::bigint, '{}'::undo_move_1[], numbers, '[]'::jsonb);
            end if;
        end if;
        with rows as materialized (
            select v.*
            from undo_verdicts_1(
                tenant, u, type, (u).low, (u).high,
                case when plain.objects > 0 or cardinality(plain.slow) * 8 < total then plain.slow end, gone, moves,
                null, null) as v
            where cardinality(plain.slow) > 0
        ), counted as (
            select r.* from rows r where r.field is distinct from 'key'
        )
        select count(*) filter (where c.verdict = 'restore') as restored,
               count(*) filter (where c.verdict = 'delete') as deleted,
               count(*) filter (where c.verdict = 'keep') as kept,
               count(distinct c.object_id) as objects,
               array(select r.object_id from rows r where r.verdict = 'delete') as leaving,
               array(
                   select row(r.object_id, type, x.away, x.target, r.word)::undo_move_1
                   from rows r
                   cross join lateral (values
                       (case when r.field = 'account_name' then r.stands_id end, r.account),
                       (case when r.field = 'contact_id' then (r.stands #>> '{}')::uuid end, r.contact)
                   ) as x (away, target)
                   where r.verdict = 'restore' and coalesce(x.away, x.target) is not null
               ) as moved,
               coalesce((
                   select jsonb_object_agg(k.because, k.n)
                   from (select r.because, count(*) as n from counted r where r.verdict = 'keep' group by r.because) k
               ), '{}') as reasons,
               coalesce((
                   select jsonb_agg(jsonb_build_object(
                       'type', type, 'id', e.object_id, 'field', e.field, 'now', e.stood, 'then', e.became,
                       'verdict', e.verdict, 'because', e.because))
                   from (
                       -- An account may have several aliases, all under one name of a field.
                       select r.*, v.*, row_number() over (partition by r.verdict, r.because
                                                           order by r.object_id, r.field, v.stood, v.became) as place
                       from counted r
                       cross join lateral (
                           select coalesce(case when r.field is distinct from 'alias' then r.stands
                                                when r.stands_id = r.object_id then to_jsonb(r.stands_label) end,
                                           'null') as stood,
                                  coalesce(case when r.field is distinct from 'alias' then r.becomes
                                                when r.becomes_id = r.object_id then to_jsonb(r.becomes_label) end,
                                           'null') as became
                       ) v
                   ) e where e.place <= 5
               ), '[]') as examples,
               case when count(distinct c.object_id) <= few then md5(coalesce(string_agg(
                   concat_ws('|', c.object_id, c.field, c.key, c.becomes, c.becomes_id, c.becomes_label,
                             c.verdict), ' '
                   order by c.object_id, c.field, c.key), '')) else '' end as digest
        into part from counted c;
        restored := restored + plain.restored + part.restored;
        deleted := deleted + cardinality(plain.leaving) + part.deleted;
        kept := kept + part.kept;
        objects := objects + plain.objects + part.objects;
        reasons := (
            select coalesce(jsonb_object_agg(n.key, n.n), '{}')
            from (
                select b.key, sum(b.value::bigint) as n
                from (select * from jsonb_each_text(reasons) union all select * from jsonb_each_text(part.reasons)) b
                group by b.key
            ) n);
        examples := examples || (
            select coalesce(jsonb_agg(e.value order by e.verdict, e.id, e.field, e.stood, e.became), '[]')
            from (
                select e.*, row_number() over (partition by e.verdict, e.because
                                               order by e.id, e.field, e.stood, e.became) as place
                from jsonb_array_elements(part.examples || plain.examples) as j (value)
                cross join lateral (values (
                    j.value, j.value ->> 'verdict', j.value ->> 'because', (j.value ->> 'id')::uuid,
                    j.value ->> 'field', j.value -> 'now', j.value -> 'then'
                )) as e (value, verdict, because, id, field, stood, became)
            ) e where e.place <= 5);
        digest := digest || part.digest;
        if type <> 'response' then
            gone := gone || part.leaving || plain.leaving;
            moves := moves || part.moved || plain.moves;
        end if;
    end loop;
    return next;
end
$$;

-- Takes back what the entries did to the objects of one kind whose newest undone entry is from `low` to `high`, and
-- enters it into the ledger as the work of the undo. Rows are locked first, in the order of their ids, so that nobody
-- changes them between looking and writing. Messages that wait for what goes are cancelled.
-- Index: as undo_verdicts_1 and rewrite_objects_1.
create function take_undo_step_1(
    tenant integer, undo uuid, u undo_set_1, type text, low bigint, high bigint, behind bigint, moment timestamptz,
    first uuid
) returns table (restored bigint, deleted bigint, kept bigint, reasons jsonb, first_seq bigint, last_seq bigint)
language plpgsql
set jit = off set work_mem = '64MB' set plan_cache_mode = force_generic_plan set enable_nestloop = off as $$
#variable_conflict use_column
declare
    ids uuid[];
    rewrites rewrite_1[];
    leaving uuid[];
begin
    perform set_config('rapport.tenant_id', tenant::text, true);
    -- Making a plan takes longer than the step; one for all does not look entries up that are named, nor find a node.
    if (u).numbers is not null or exists (select from pg_extension where extname = 'citus') then
        perform set_config('plan_cache_mode', 'force_custom_plan', true);
    end if;
    perform pg_advisory_xact_lock_shared(1918988400, tenant);
    ids := array(
        select distinct c.object_id from changes c
        where c.tenant_id = tenant and c.seq between greatest(low, (u).low) and least(high, (u).high)
          and ((u).numbers is null or c.seq = any ((u).numbers)) and c.object_type = type
          and undo_holds_1(u, c.seq, c.record, c.actor_type, c.actor_id, c.configuration_id, c.request_id));
    if type = 'contact' then
        perform from contacts t where t.tenant_id = tenant and t.id = any (ids) order by t.id for update;
    elsif type = 'account' then
        perform from accounts t where t.tenant_id = tenant and t.id = any (ids) order by t.id for update;
    elsif type = 'activity' then
        perform from activities t where t.tenant_id = tenant and t.id = any (ids) order by t.id for update;
    elsif type = 'response' then
        perform from responses t where t.tenant_id = tenant and t.id = any (ids) order by t.id for update;
    elsif type = 'survey_record' then
        perform from survey_records t where t.tenant_id = tenant and t.id = any (ids) order by t.id for update;
    else
        perform from external_responses t where t.tenant_id = tenant and t.id = any (ids) order by t.id for update;
    end if;

    with rows as materialized (
        select v.* from undo_verdicts_1(tenant, u, type, low, high, null, '{}', '{}', behind, undo) as v
    ), acts as (
        select r.object_id,
               case when bool_or(r.verdict = 'delete') then 'deleted'
                    when bool_or(r.field is null and r.becomes_id is not null) then 'merged'
                    when bool_or(r.field is null) then 'restored' else 'updated' end as kind,
               (array_agg(jsonb_build_array(r.stands_id, r.becomes_id))
                   filter (where r.field is null and coalesce(r.stands_id, r.becomes_id) is not null))[1] as part_of,
               jsonb_object_agg(r.field, jsonb_build_array(r.stands, r.becomes))
                   filter (where r.field is not null and r.key is null and r.stands is distinct from r.becomes)
                   as plain,
               jsonb_object_agg(r.key, jsonb_build_array(r.stands_id, r.becomes_id)) filter (where r.key is not null)
                   as keys,
               jsonb_object_agg(r.key, jsonb_build_array(r.stands_label, r.becomes_label))
                   filter (where r.key is not null) as labels,
               (array_agg(jsonb_build_array(r.stands_id, r.becomes_id)) filter (where r.field = 'account_name'))[1]
                   as account,
               string_agg(r.stands_label, ', ' order by r.key) filter (where r.stands_id = r.object_id) as lost,
               string_agg(r.becomes_label, ', ' order by r.key) filter (where r.becomes_id = r.object_id) as found
        from rows r where r.verdict <> 'keep'
        group by r.object_id
    ), moved as (
        -- What goes gives some of its keys to others, which is told in both rows.
        select r.stands_id, jsonb_object_agg(r.key, jsonb_build_array(r.stands_id, r.becomes_id)) as keys,
               jsonb_object_agg(r.key, jsonb_build_array(r.stands_label, r.becomes_label)) as labels
        from rows r
        where r.key is not null and r.verdict = 'restore' and r.stands_id <> r.object_id and r.becomes_id = r.object_id
        group by r.stands_id
    ), made as (
        select a.object_id, a.kind,
               coalesce(a.plain, '{}')
               || case when a.kind = 'updated' and a.lost is distinct from a.found
                       then jsonb_build_object('alias', jsonb_build_array(a.lost, a.found))
                       else '{}' end
               || case when a.kind = 'deleted' and type = 'activity' then (
                      select jsonb_build_object('reference', jsonb_build_array(v.reference, null))
                      from activities v where v.tenant_id = tenant and v.id = a.object_id) else '{}' end as diff,
               case when a.kind = 'deleted' then (
                        select r.links || case when m.keys is null then '{}' else jsonb_build_object(
                            'keys', r.links -> 'keys' || m.keys)
                            || case when type <> 'account' then '{}' else jsonb_build_object(
                                'labels', coalesce(r.links -> 'labels', '{}') || m.labels) end end
                        from (select released_keys_1(tenant, type, a.object_id) as links) r)
                    else case when a.labels is null or type <> 'account' then '{}'
                              else jsonb_build_object('labels', a.labels) end
                         || case when a.part_of is null then '{}' else jsonb_build_object('into', a.part_of) end
                         || case when a.account is null then '{}' else jsonb_build_object('account', a.account) end
                         || case when a.keys is null then '{}' else jsonb_build_object('keys', a.keys) end end as links
        from acts a left join moved m on m.stands_id = a.object_id
    )
    select (select count(*) from rows r where r.verdict = 'restore' and r.field is distinct from 'key'),
           (select count(*) from rows r where r.verdict = 'delete'),
           (select count(*) from rows r where r.verdict = 'keep' and r.field is distinct from 'key'),
           coalesce((
               select jsonb_object_agg(k.because, k.n)
               from (
                   select r.because, count(*) as n from rows r
                   where r.verdict = 'keep' and r.field is distinct from 'key' group by r.because
               ) k), '{}'),
           (select array_agg(row(type, m.object_id, m.kind, m.diff, m.links)::rewrite_1 order by m.object_id)
           from made m),
           array(
               select r.object_id from rows r
               where r.verdict = 'delete' or type = 'survey_record' and r.verdict = 'restore' and r.field = 'state'
                                             and r.becomes = '"closed"')
    into restored, deleted, kept, reasons, rewrites, leaving;

    -- Before anything is written: a sender has its deliveries when it waits for the tenant's head, which goes last.
    if type = 'survey_record' and cardinality(leaving) > 0 then
        perform drop_deliveries_1(tenant, '{}', leaving, 'undone', 0);
    elsif type = 'contact' and cardinality(leaving) > 0 then
        perform drop_deliveries_1(tenant, leaving, '{}', 'undone', 0);
    end if;
    select w.low, w.high into first_seq, last_seq
    from rewrite_objects_1(tenant, moment, first, 'undo', undo, 'undo-' || undo, rewrites) as w;
    return next;
end
$$;

-- Where a step ends: the least number of the next `wanted` entries before `before` that are about objects of one kind,
-- and of what their records did, which no step parts; null where there is none. Index: changes_pkey, changes_record.
create function next_undone_1(tenant integer, u undo_set_1, type text, before bigint, wanted integer) returns bigint
language plpgsql as $$
#variable_conflict use_column
declare
    found bigint;
begin
    perform set_config('rapport.tenant_id', tenant::text, true);
    select min(e.seq) into found from (
        select c.seq from changes c
        where c.tenant_id = tenant and c.seq >= (u).low and c.seq < before and c.seq <= (u).high
          and c.object_type = type
          and undo_holds_1(u, c.seq, c.record, c.actor_type, c.actor_id, c.configuration_id, c.request_id)
        order by c.seq desc limit wanted
    ) e;
    return (
        select coalesce(min(c.seq), found) from (
            select c.seq from changes c
            where c.tenant_id = tenant
              and c.record = (select f.record from changes f where f.tenant_id = tenant and f.seq = found) offset 0
        ) c
    );
end
$$;

-- Up to 20 of the objects that the entries are about and that have others behind a number. Index: changes_pkey.
create function find_moved_1(tenant integer, u undo_set_1, behind bigint)
returns table (object_type text, object_id uuid)
language plpgsql set plan_cache_mode = force_custom_plan as $$
#variable_conflict use_column
begin
    perform set_config('rapport.tenant_id', tenant::text, true);
    return query
    select distinct c.object_type, c.object_id from changes c
    where c.tenant_id = tenant and c.seq > behind and c.object_id in (
        select o.object_id from changes o
        where o.tenant_id = tenant and o.seq between (u).low and (u).high
          and ((u).numbers is null or o.seq = any ((u).numbers))
          and undo_holds_1(u, o.seq, o.record, o.actor_type, o.actor_id, o.configuration_id, o.request_id)
    )
    order by 1, 2 limit 20;
end
$$;
