-- The second shape of the records writer's two trips (records_1.sql has the first, for writers that still run it):
-- the ledger names the record that made each change and the one before, and objects their last one.
-- Types of their own, not the tables' row types: a column added later leaves a running writer's shape alone.

create type contact_write_2 as (
    id uuid, email text, phone text, first_name text, last_name text, job_title text, job_level text,
    language text, account_id uuid, attributes jsonb, version integer, base integer, record uuid
);
create type account_write_2 as (
    id uuid, name text, manager text, manager_email text, parent_account text, industry text,
    company_size text, region text, number text, attributes jsonb, version integer, base integer, record uuid
);
create type activity_write_2 as (
    id uuid, reference text, account_id uuid, contact_id uuid, type text, source text, happened_at timestamptz,
    information text, attributes jsonb, version integer, base integer, record uuid
);
create type survey_write_2 as (
    id uuid, contact_id uuid, account_id uuid, state text, touchpoint text, order_date timestamptz,
    delivery_vector text, division text, fields jsonb, attributes jsonb, record uuid
);
create type response_write_2 as (
    id uuid, contact_id uuid, account_id uuid, nps_score smallint, comment text, follow_up_request text,
    follow_up_details text, sent_date timestamptz, response_date timestamptz, touchpoint text, division text,
    attributes jsonb, record uuid
);
create type request_write_2 as (
    id uuid, request_id text, position integer, actor_type text, actor_id uuid, configuration_id uuid,
    status smallint, outcome text, objects json, sent json, errors json, ignored json, warnings json,
    email_key text, phone_key text, parameters json
);
create type change_write_2 as (
    object_type text, object_id uuid, version integer, kind text, diff jsonb, actor_type text, actor_id uuid,
    request_id text, configuration_id uuid, configuration_version integer, record uuid, prev uuid, links jsonb
);

-- Every account that one of the wanted names or aliases belongs to, a row per key that somebody has; the last row has
-- nothing but the time. Index: account_keys_pkey, accounts_pkey.
create function read_accounts_2(tenant integer, wanted text[])
returns table (
    key text, id uuid, name text, manager text, manager_email text, parent_account text, industry text,
    company_size text, region text, number text, version integer, attributes jsonb, last_record uuid,
    is_alias boolean, label text, moment timestamptz
)
language plpgsql as $$
#variable_conflict use_column
begin
    perform set_config('rapport.tenant_id', tenant::text, true);
    return query
    select w.key, a.id, a.name, a.manager, a.manager_email, a.parent_account, a.industry, a.company_size,
           a.region, a.number, a.version, a.attributes, a.last_record, k.is_alias,
           k.label, null::timestamptz
    from unnest(wanted) as w (key)
    join account_keys k on k.tenant_id = tenant and k.key = w.key
    join accounts a on a.tenant_id = tenant and a.id = k.account_id;
    moment := clock_timestamp();
    return next;
end
$$;

-- The accounts with the wanted ids, in the same columns; no key, since none was asked for. Index: accounts_pkey.
create function read_linked_accounts_2(tenant integer, wanted uuid[])
returns table (
    key text, id uuid, name text, manager text, manager_email text, parent_account text, industry text,
    company_size text, region text, number text, version integer, attributes jsonb, last_record uuid,
    is_alias boolean, label text, moment timestamptz
)
language plpgsql as $$
#variable_conflict use_column
begin
    perform set_config('rapport.tenant_id', tenant::text, true);
    return query
    select null::text, a.id, a.name, a.manager, a.manager_email, a.parent_account, a.industry, a.company_size,
           a.region, a.number, a.version, a.attributes, a.last_record, false,
           null::text, clock_timestamp()
    from unnest(wanted) as w (id)
    join accounts a on a.tenant_id = tenant and a.id = w.id and a.deleted_at is null;
end
$$;

-- Every contact that one of the wanted keys belongs to, with those of them that find it, like read_accounts, and those
-- of these that came with a merge (null: none).
-- Index: contact_keys_pkey, contacts_pkey, accounts_pkey.
create function read_contacts_2(tenant integer, wanted text[])
returns table (
    keys text[], id uuid, email text, phone text, first_name text, last_name text, job_title text, job_level text,
    language text, version integer, account_id uuid, attributes jsonb, last_record uuid,
    account_name text, inherited text[], moment timestamptz
)
language plpgsql as $$
#variable_conflict use_column
begin
    perform set_config('rapport.tenant_id', tenant::text, true);
    return query
    select f.keys, c.id, c.email, c.phone, c.first_name, c.last_name, c.job_title, c.job_level, c.language,
           c.version, c.account_id, c.attributes, c.last_record, a.name, f.inherited, null::timestamptz
    from (
        select array_agg(k.key) as keys, array_agg(k.key) filter (where k.origin is not null) as inherited, k.contact_id
        from unnest(wanted) as w (key)
        join contact_keys k on k.tenant_id = tenant and k.key = w.key
        group by k.contact_id
    ) f
    join contacts c on c.tenant_id = tenant and c.id = f.contact_id
    left join accounts a on a.tenant_id = tenant and a.id = c.account_id and a.deleted_at is null;
    moment := clock_timestamp();
    return next;
end
$$;

-- Every activity that has one of the wanted references, like read_accounts. Index: activities_reference.
create function read_activities_2(tenant integer, wanted text[])
returns table (
    reference text, id uuid, type text, source text, happened_at timestamptz, information text, contact_id uuid,
    version integer, account_id uuid, attributes jsonb, last_record uuid, account_name text, moment timestamptz
)
language plpgsql as $$
#variable_conflict use_column
begin
    perform set_config('rapport.tenant_id', tenant::text, true);
    return query
    select w.reference, v.id, v.type, v.source, v.happened_at, v.information, v.contact_id, v.version,
           v.account_id, v.attributes, v.last_record, a.name, null::timestamptz
    from unnest(wanted) as w (reference)
    join activities v on v.tenant_id = tenant and v.reference = w.reference
    left join accounts a on a.tenant_id = tenant and a.id = v.account_id and a.deleted_at is null;
    moment := clock_timestamp();
    return next;
end
$$;

-- Writes a decided group: keys that are given up, accounts, contacts and their keys, answers to keep, request history,
-- ledger. Rows come ordered by key, one lock order for all writers. The tenant's head row is locked last and hands out
-- the ledger's numbers and its time: `seq` has no gaps and follows the order of commits, `at` never falls with it.
-- Raises serialization_failure (guard_1). No index covers a column that the updates set, but contacts.account_id: they
-- stay in their page (HOT).
-- Index: accounts_pkey, contacts_pkey, account_keys_pkey, contact_keys_pkey, tenant_heads_pkey.
create function write_group_2(
    tenant integer, moment timestamptz, released_account_keys key_write[], released_contact_keys key_write[],
    new_accounts account_write_2[], changed_accounts account_write_2[], new_account_keys key_write[],
    moved_aliases alias_move[],
    new_contacts contact_write_2[], changed_contacts contact_write_2[], new_contact_keys key_write[],
    new_activities activity_write_2[], changed_activities activity_write_2[],
    new_surveys survey_write_2[], new_responses response_write_2[],
    answers answer_write[], noted request_write_2[], ledger change_write_2[]
) returns void
language plpgsql as $$
#variable_conflict use_column
declare
    touched bigint;
    head bigint;
    entered timestamptz;
    -- Citus takes only what is immutable in `do update`: no interval.
    forgotten constant timestamptz := moment - interval '24 hours';
begin
    perform set_config('rapport.tenant_id', tenant::text, true);
    perform pg_advisory_xact_lock_shared(1918988400, tenant);

    if cardinality(released_account_keys) > 0 then
        delete from account_keys k using unnest(released_account_keys) as u
        where k.tenant_id = tenant and k.key = u.key and k.account_id = u.object_id;
        get diagnostics touched = row_count;
        perform guard_1(touched, cardinality(released_account_keys));
    end if;

    if cardinality(released_contact_keys) > 0 then
        delete from contact_keys k using unnest(released_contact_keys) as u
        where k.tenant_id = tenant and k.key = u.key and k.contact_id = u.object_id;
        get diagnostics touched = row_count;
        perform guard_1(touched, cardinality(released_contact_keys));
    end if;

    if cardinality(new_accounts) > 0 then
        insert into accounts (tenant_id, id, name, manager, manager_email, parent_account, industry, company_size,
                              region, number, attributes, version, last_record, created_at, updated_at)
        select tenant, u.id, u.name, u.manager, u.manager_email, u.parent_account, u.industry, u.company_size,
               u.region, u.number, u.attributes, u.version, u.record, moment, moment
        from unnest(new_accounts) as u;
    end if;

    if cardinality(changed_accounts) > 0 then
        update accounts as a
        set name = u.name, manager = u.manager, manager_email = u.manager_email,
            parent_account = u.parent_account, industry = u.industry, company_size = u.company_size,
            region = u.region, number = u.number, attributes = u.attributes, version = u.version,
            last_record = u.record, updated_at = moment
        from unnest(changed_accounts) as u
        where a.tenant_id = tenant and a.id = u.id and a.version = u.base;
        get diagnostics touched = row_count;
        perform guard_1(touched, cardinality(changed_accounts));
    end if;

    if cardinality(new_account_keys) > 0 then
        insert into account_keys (tenant_id, key, account_id, is_alias, label)
        select tenant, u.key, u.object_id, u.label is not null, u.label from unnest(new_account_keys) as u
        on conflict do nothing;
        get diagnostics touched = row_count;
        perform guard_1(touched, cardinality(new_account_keys));
    end if;

    if cardinality(moved_aliases) > 0 then
        update account_keys as k set account_id = u.object_id
        from unnest(moved_aliases) as u
        where k.tenant_id = tenant and k.key = u.key and k.account_id = u.base and k.is_alias;
        get diagnostics touched = row_count;
        perform guard_1(touched, cardinality(moved_aliases));
    end if;

    if cardinality(new_contacts) > 0 then
        insert into contacts (tenant_id, id, email, phone, first_name, last_name, job_title, job_level, language,
                              account_id, attributes, version, last_record, created_at, updated_at)
        select tenant, u.id, u.email, u.phone, u.first_name, u.last_name, u.job_title, u.job_level, u.language,
               u.account_id, u.attributes, u.version, u.record, moment, moment
        from unnest(new_contacts) as u;
    end if;

    if cardinality(changed_contacts) > 0 then
        update contacts as c
        set email = u.email, phone = u.phone, first_name = u.first_name, last_name = u.last_name,
            job_title = u.job_title, job_level = u.job_level, language = u.language, account_id = u.account_id,
            attributes = u.attributes, version = u.version, last_record = u.record, updated_at = moment
        from unnest(changed_contacts) as u
        where c.tenant_id = tenant and c.id = u.id and c.version = u.base;
        get diagnostics touched = row_count;
        perform guard_1(touched, cardinality(changed_contacts));
    end if;

    if cardinality(new_contact_keys) > 0 then
        insert into contact_keys (tenant_id, key, contact_id)
        select tenant, u.key, u.object_id from unnest(new_contact_keys) as u
        on conflict do nothing;
        get diagnostics touched = row_count;
        perform guard_1(touched, cardinality(new_contact_keys));
    end if;

    if cardinality(new_activities) > 0 then
        insert into activities (tenant_id, id, reference, account_id, contact_id, type, source, happened_at,
                                information, attributes, version, last_record, created_at, updated_at)
        select tenant, u.id, u.reference, u.account_id, u.contact_id, u.type, u.source, u.happened_at,
               u.information, u.attributes, u.version, u.record, moment, moment
        from unnest(new_activities) as u
        on conflict do nothing;
        get diagnostics touched = row_count;
        perform guard_1(touched, cardinality(new_activities));
    end if;

    if cardinality(changed_activities) > 0 then
        update activities as v
        set account_id = u.account_id, contact_id = u.contact_id, type = u.type, source = u.source,
            happened_at = u.happened_at, information = u.information, attributes = u.attributes,
            version = u.version, last_record = u.record, updated_at = moment
        from unnest(changed_activities) as u
        where v.tenant_id = tenant and v.id = u.id and v.version = u.base;
        get diagnostics touched = row_count;
        perform guard_1(touched, cardinality(changed_activities));
    end if;

    if cardinality(new_surveys) > 0 then
        insert into survey_records (tenant_id, id, contact_id, account_id, state, touchpoint, order_date,
                                    delivery_vector, division, fields, attributes, last_record, created_at)
        select tenant, u.id, u.contact_id, u.account_id, u.state, u.touchpoint, u.order_date, u.delivery_vector,
               u.division, u.fields, u.attributes, u.record, moment
        from unnest(new_surveys) as u;
    end if;

    if cardinality(new_responses) > 0 then
        insert into external_responses (tenant_id, id, contact_id, account_id, nps_score, comment,
                                        follow_up_request, follow_up_details, sent_date, response_date, touchpoint,
                                        division, attributes, last_record, created_at)
        select tenant, u.id, u.contact_id, u.account_id, u.nps_score, u.comment, u.follow_up_request,
               u.follow_up_details, u.sent_date, u.response_date, u.touchpoint, u.division, u.attributes,
               u.record, moment
        from unnest(new_responses) as u;
    end if;

    if cardinality(answers) > 0 then
        insert into idempotency_keys as i (tenant_id, actor_id, key, fingerprint, receipt, created_at)
        select tenant, u.actor_id, u.key, u.fingerprint, u.receipt, moment from unnest(answers) as u
        on conflict (tenant_id, actor_id, key) do update
        set fingerprint = excluded.fingerprint, receipt = excluded.receipt, created_at = excluded.created_at
        where i.created_at <= forgotten;
        get diagnostics touched = row_count;
        perform guard_1(touched, cardinality(answers));
    end if;

    insert into requests (tenant_id, at, id, request_id, position, actor_type, actor_id, configuration_id, status,
                          outcome, objects, sent, errors, ignored, warnings, email_key, phone_key, parameters)
    select tenant, moment, u.id, u.request_id, u.position, u.actor_type, u.actor_id, u.configuration_id, u.status,
           u.outcome, u.objects, u.sent, u.errors, u.ignored, u.warnings, u.email_key, u.phone_key,
           u.parameters
    from unnest(noted) as u;

    if cardinality(ledger) > 0 then
        perform from tenant_heads where tenant_id = tenant for update;
        entered := clock_timestamp();
        update tenant_heads set seq = seq + cardinality(ledger), at = greatest(at, entered)
        where tenant_id = tenant returning seq, at into strict head, entered;
        insert into changes (tenant_id, seq, at, object_type, object_id, version, kind, diff, actor_type, actor_id,
                             request_id, configuration_id, configuration_version, record, prev, links)
        select tenant, head - cardinality(ledger) + u.number, entered, u.object_type, u.object_id, u.version, u.kind,
               u.diff, u.actor_type, u.actor_id, u.request_id, u.configuration_id, u.configuration_version, u.record,
               u.prev, u.links
        from unnest(ledger) with ordinality
             as u (object_type, object_id, version, kind, diff, actor_type, actor_id, request_id, configuration_id,
                   configuration_version, record, prev, links, number)
        order by u.number;
    end if;
end
$$;
