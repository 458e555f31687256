-- Changes of objects that are told by their ledger rows: deletions, what is taken back, what is merged. Called by
-- directory/removing.py and functions/undo_1.sql. A changed function gets the next number in its name.

-- One object's next ledger row: `diff` is `{"field": [old, new]}`, `links` names the account, the object that it goes
-- into (`into`), and keys, each as `[before, after]` by id; `labels` of the same form say how aliases
-- among them are written, `origins` which contacts had them first, where that is not whose they were.
create type rewrite_1 as (object_type text, object_id uuid, kind text, diff jsonb, links jsonb);
create type rewritten_1 as (id uuid, version integer, prev uuid);

-- The id so many records behind the first of a group (groups/ids.py): its last 24 bits count.
create function following_record_1(first uuid, steps bigint) returns uuid
language sql immutable parallel safe as $$
    select (left(first::text, 30) || lpad(to_hex(steps), 6, '0'))::uuid
$$;

-- The new text that a diff has for a field, else the stored one.
create function patched_1(diff jsonb, field text, stored text) returns text
language sql immutable parallel safe as $$
    select case when diff ? field then diff -> field ->> 1 else stored end
$$;

-- Custom fields with what a diff says of them; null takes one away.
create function customised_1(attributes jsonb, diff jsonb) returns jsonb
language sql immutable parallel safe as $$
    select case when d.news is null then attributes else jsonb_strip_nulls(attributes || d.news) end
    from (
        select jsonb_object_agg(substr(f.key, 8), f.value -> 1) as news
        from jsonb_each(diff) as f where f.key like 'custom.%'
    ) as d
$$;

-- Every key that finds an object, as its deletion gives them up. Index: contact_keys_contact, account_keys_account.
create function released_keys_1(tenant integer, type text, object uuid) returns jsonb
language plpgsql as $$
#variable_conflict use_column
declare
    keys jsonb;
    labels jsonb;
    origins jsonb;
begin
    perform set_config('rapport.tenant_id', tenant::text, true);
    if type = 'contact' then
        select jsonb_object_agg(k.key, jsonb_build_array(object, null)),
               jsonb_object_agg(k.key, jsonb_build_array(k.origin, null)) filter (where k.origin is not null)
        into keys, origins
        from contact_keys k where k.tenant_id = tenant and k.contact_id = object;
    elsif type = 'account' then
        select jsonb_object_agg(k.key, jsonb_build_array(object, null)),
               jsonb_object_agg(k.key, jsonb_build_array(coalesce(k.label, k.key), null)) filter (where k.is_alias)
        into keys, labels
        from account_keys k where k.tenant_id = tenant and k.account_id = object;
    end if;
    return case when keys is null then '{}' else jsonb_build_object('keys', keys) end
        || case when labels is null then '{}' else jsonb_build_object('labels', labels) end
        || case when origins is null then '{}' else jsonb_build_object('origins', origins) end;
end
$$;

-- Brings objects to where their rewrites say, and enters those into the ledger: one actor, one request, an id for each
-- behind `first`. The caller has locked the rows, so that the rewrites say what they find. A key that somebody else has
-- by now, or no longer, raises serialization_failure (guard_1): begin again. Answers with the first and the last number
-- of the ledger. Order of locks as write_group_3.
-- Index: the tables' primary keys, account_keys_pkey, contact_keys_pkey, changes_record, tenant_heads_pkey.
create function rewrite_objects_1(
    tenant integer, moment timestamptz, first uuid, actor text, actor_id uuid, request text, rewrites rewrite_1[]
) returns table (low bigint, high bigint)
language plpgsql as $$
#variable_conflict use_column
declare
    made constant integer := coalesce(cardinality(rewrites), 0);
    kinds constant text[] := array(select distinct u.object_type from unnest(rewrites) as u);
    done rewritten_1[];
    part rewritten_1[];
    touched bigint;
    known jsonb;
    origins jsonb;
    head bigint;
    entered timestamptz;
begin
    perform set_config('rapport.tenant_id', tenant::text, true);
    perform pg_advisory_xact_lock_shared(1918988400, tenant);
    if made = 0 then
        return;
    end if;

    with gone as (
        select distinct k.key, (k.value ->> 0)::uuid as id
        from unnest(rewrites) as u, jsonb_each(u.links -> 'keys') as k
        where u.object_type = 'account' and k.value ->> 0 is not null
    ), taken as (
        delete from account_keys a using gone g
        where a.tenant_id = tenant and a.key = g.key and a.account_id = g.id
        returning a.key
    )
    select count(*) - (select count(*) from gone) into touched from taken;
    perform guard_1(touched, 0);
    with gone as (
        select distinct k.key, (k.value ->> 0)::uuid as id
        from unnest(rewrites) as u, jsonb_each(u.links -> 'keys') as k
        where u.object_type = 'contact' and k.value ->> 0 is not null
    ), taken as (
        delete from contact_keys c using gone g
        where c.tenant_id = tenant and c.key = g.key and c.contact_id = g.id
        returning c.key, coalesce(c.origin, c.contact_id) as origin
    )
    select count(*) - (select count(*) from gone), jsonb_object_agg(key, origin) into touched, origins from taken;
    perform guard_1(touched, 0);

    if 'account' = any (kinds) then
        with news as (
            select u.object_id, u.kind, u.diff, u.links, following_record_1(first, u.place - 1) as record
            from unnest(rewrites) with ordinality as u (object_type, object_id, kind, diff, links, place)
            where u.object_type = 'account'
        ), written as (
            update accounts as a
            set name = patched_1(u.diff, 'name', a.name), manager = patched_1(u.diff, 'manager', a.manager),
                manager_email = patched_1(u.diff, 'manager_email', a.manager_email),
                parent_account = patched_1(u.diff, 'parent_account', a.parent_account),
                industry = patched_1(u.diff, 'industry', a.industry),
                company_size = patched_1(u.diff, 'company_size', a.company_size),
                region = patched_1(u.diff, 'region', a.region), number = patched_1(u.diff, 'number', a.number),
                attributes = customised_1(a.attributes, u.diff),
                merged_into = case when u.links ? 'into' then (u.links -> 'into' ->> 1)::uuid else a.merged_into end,
                deleted_at = case when u.kind = 'deleted' then moment when u.kind = 'restored' then null
                                  when u.links ? 'into' then case when u.links -> 'into' ->> 1 is null then null
                                                                  else moment end
                                  else a.deleted_at end,
                version = a.version + 1, last_record = u.record, updated_at = moment
            from news u
            where a.tenant_id = tenant and a.id = u.object_id
            returning row(a.id, new.version, old.last_record)::rewritten_1 as row
        )
        select array_agg(w.row) into done from written w;
    end if;

    with news as (
        select distinct k.key, (k.value ->> 1)::uuid as id, u.links -> 'labels' -> k.key ->> 1 as label
        from unnest(rewrites) as u, jsonb_each(u.links -> 'keys') as k
        where u.object_type = 'account' and k.value ->> 1 is not null
    ), given as (
        insert into account_keys (tenant_id, key, account_id, is_alias, label)
        select tenant, n.key, n.id, n.label is not null, n.label
        from (select distinct on (w.key) w.* from news w order by w.key, w.label nulls last) n
        on conflict do nothing
        returning key
    )
    select count(*) - (select count(distinct n.key) from news n) into touched from given;
    perform guard_1(touched, 0);

    if 'contact' = any (kinds) then
        with news as (
            select u.object_id, u.kind, u.diff, u.links, following_record_1(first, u.place - 1) as record
            from unnest(rewrites) with ordinality as u (object_type, object_id, kind, diff, links, place)
            where u.object_type = 'contact'
        ), written as (
            update contacts as c
            set email = patched_1(u.diff, 'email', c.email), phone = patched_1(u.diff, 'phone', c.phone),
                first_name = patched_1(u.diff, 'first_name', c.first_name),
                last_name = patched_1(u.diff, 'last_name', c.last_name),
                job_title = patched_1(u.diff, 'job_title', c.job_title),
                job_level = patched_1(u.diff, 'job_level', c.job_level),
                language = patched_1(u.diff, 'language', c.language),
                attributes = customised_1(c.attributes, u.diff),
                account_id = case when u.links ? 'account' then (u.links -> 'account' ->> 1)::uuid
                                  else c.account_id end,
                merged_into = case when u.links ? 'into' then (u.links -> 'into' ->> 1)::uuid else c.merged_into end,
                deleted_at = case when u.kind = 'deleted' then moment when u.kind = 'restored' then null
                                  when u.links ? 'into' then case when u.links -> 'into' ->> 1 is null then null
                                                                  else moment end
                                  else c.deleted_at end,
                version = c.version + 1, last_record = u.record, updated_at = moment
            from news u
            where c.tenant_id = tenant and c.id = u.object_id
            returning row(c.id, new.version, old.last_record)::rewritten_1 as row
        )
        select array_agg(w.row) into part from written w;
        done := done || part;

        -- What comes back has its keys as its last deletion gave them up.
        with recursive steps (object_id, record) as (
            select p.id, p.prev from unnest(part) as p
            where p.id in (select u.object_id from unnest(rewrites) as u where u.kind = 'restored')
            union
            select s.object_id, c.prev
            from steps s
            cross join lateral (
                select * from changes c
                where c.tenant_id = (select tenant) and c.record = s.record and c.object_id = s.object_id offset 0
            ) c
            where c.prev is not null and c.kind <> 'deleted' and not coalesce(c.links ? 'into', false)
        )
        select coalesce(origins, '{}') || coalesce(jsonb_object_agg(k.key, c.links -> 'origins' -> k.key -> 0), '{}')
        into origins
        from steps s
        cross join lateral (
            select * from changes c
            where c.tenant_id = (select tenant) and c.record = s.record and c.object_id = s.object_id offset 0
        ) c
        cross join lateral jsonb_object_keys(c.links -> 'keys') as k (key)
        where c.kind = 'deleted';
    end if;

    with news as (
        select distinct k.key, (k.value ->> 1)::uuid as id
        from unnest(rewrites) as u, jsonb_each(u.links -> 'keys') as k
        where u.object_type = 'contact' and k.value ->> 1 is not null
    ), given as (
        insert into contact_keys (tenant_id, key, contact_id, origin)
        select tenant, n.key, n.id, nullif((origins ->> n.key)::uuid, n.id) from news n order by n.key
        on conflict do nothing
        returning key
    )
    select count(*) - (select count(*) from news) into touched from given;
    perform guard_1(touched, 0);

    if 'activity' = any (kinds) then
        with news as (
            select u.object_id, u.kind, u.diff, u.links, following_record_1(first, u.place - 1) as record
            from unnest(rewrites) with ordinality as u (object_type, object_id, kind, diff, links, place)
            where u.object_type = 'activity'
        ), written as (
            update activities as v
            set reference = patched_1(u.diff, 'reference', v.reference), type = patched_1(u.diff, 'type', v.type),
                source = patched_1(u.diff, 'source', v.source),
                happened_at = patched_1(u.diff, 'happened_at', v.happened_at::text)::timestamptz,
                information = patched_1(u.diff, 'information', v.information),
                contact_id = patched_1(u.diff, 'contact_id', v.contact_id::text)::uuid,
                account_id = coalesce((u.links -> 'account' ->> 1)::uuid, v.account_id),
                attributes = customised_1(v.attributes, u.diff),
                deleted_at = case when u.kind = 'deleted' then moment when u.kind = 'restored' then null
                                  else v.deleted_at end,
                version = v.version + 1, last_record = u.record, updated_at = moment
            from news u
            where v.tenant_id = tenant and v.id = u.object_id
            returning row(v.id, new.version, old.last_record)::rewritten_1 as row
        )
        select array_agg(w.row) into part from written w;
        done := done || part;
    end if;

    if 'survey_record' = any (kinds) then
        with news as (
            select u.object_id, u.kind, u.diff, u.links, following_record_1(first, u.place - 1) as record
            from unnest(rewrites) with ordinality as u (object_type, object_id, kind, diff, links, place)
            where u.object_type = 'survey_record'
        ), written as (
            update survey_records as s
            set state = patched_1(u.diff, 'state', s.state),
                closed_at = case when not u.diff ? 'state' then s.closed_at
                                 when u.diff -> 'state' ->> 1 in ('closed', 'cancelled') then moment end,
                contact_id = patched_1(u.diff, 'contact_id', s.contact_id::text)::uuid,
                account_id = case when u.links ? 'account' then (u.links -> 'account' ->> 1)::uuid
                                  else s.account_id end,
                deleted_at = case when u.kind = 'deleted' then moment when u.kind = 'restored' then null
                                  else s.deleted_at end,
                version = s.version + 1, last_record = u.record
            from news u
            where s.tenant_id = tenant and s.id = u.object_id
            returning row(s.id, new.version, old.last_record)::rewritten_1 as row
        )
        select array_agg(w.row) into part from written w;
        done := done || part;
    end if;

    if 'external_response' = any (kinds) then
        with news as (
            select u.object_id, u.kind, u.diff, u.links, following_record_1(first, u.place - 1) as record
            from unnest(rewrites) with ordinality as u (object_type, object_id, kind, diff, links, place)
            where u.object_type = 'external_response'
        ), written as (
            update external_responses as x
            set contact_id = patched_1(u.diff, 'contact_id', x.contact_id::text)::uuid,
                account_id = case when u.links ? 'account' then (u.links -> 'account' ->> 1)::uuid
                                  else x.account_id end,
                deleted_at = case when u.kind = 'deleted' then moment when u.kind = 'restored' then null
                                  else x.deleted_at end,
                version = x.version + 1, last_record = u.record
            from news u
            where x.tenant_id = tenant and x.id = u.object_id
            returning row(x.id, new.version, old.last_record)::rewritten_1 as row
        )
        select array_agg(w.row) into part from written w;
        done := done || part;
    end if;
    if 'response' = any (kinds) then
        with news as (
            select u.object_id, u.kind, u.diff, u.links, following_record_1(first, u.place - 1) as record
            from unnest(rewrites) with ordinality as u (object_type, object_id, kind, diff, links, place)
            where u.object_type = 'response'
        ), written as (
            update responses as r
            set contact_id = patched_1(u.diff, 'contact_id', r.contact_id::text)::uuid,
                account_id = case when u.links ? 'account' then (u.links -> 'account' ->> 1)::uuid
                                  else r.account_id end,
                version = r.version + 1, last_record = u.record, updated_at = moment
            from news u
            where r.tenant_id = tenant and r.id = u.object_id
            returning row(r.id, new.version, old.last_record)::rewritten_1 as row
        )
        select array_agg(w.row) into part from written w;
        done := done || part;
    end if;
    perform guard_1(coalesce(cardinality(done), 0), made);
    -- Found by its key: two lists would be joined each with all of the other.
    select jsonb_object_agg(d.id, jsonb_build_array(d.version, d.prev)) into known from unnest(done) as d;

    perform from tenant_heads where tenant_id = tenant for update;
    entered := clock_timestamp();
    update tenant_heads set seq = seq + made, at = greatest(at, entered)
    where tenant_id = tenant returning seq, at into strict head, entered;
    insert into changes (tenant_id, seq, at, object_type, object_id, version, kind, diff, actor_type, actor_id,
                         request_id, record, prev, links)
    select tenant, head - made + u.place, entered, u.object_type, u.object_id,
           (known -> u.object_id::text ->> 0)::integer, u.kind, u.diff, actor,
           actor_id, request, following_record_1(first, u.place - 1),
           (known -> u.object_id::text ->> 1)::uuid, nullif(u.links, '{}')
    from unnest(rewrites) with ordinality as u (object_type, object_id, kind, diff, links, place)
    order by u.place;
    return query select head - made + 1, head;
end
$$;
