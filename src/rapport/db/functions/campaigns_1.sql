-- The ledger of sending: each step of a delivery is one call that commits with itself. Called by sender/ledger.py and
-- campaigns/acts.py as the service's role, bound by row-level security. One order of locks for all: the tenant's writers
-- lock, campaign, rates, deliveries, holds, survey records, counts, head. A changed function gets the next number in
-- its name, so that old and new senders can run side by side.

-- A delivery that went from one state to another; `was` null: it was made, `now` null: it is gone.
create type move_1 as (campaign uuid, wave smallint, was text, was_reason text, now text, now_reason text);

-- What a sender tells of a try: `pause` in seconds where it goes on, `kind` where it is an error that may be one of
-- many, `suppress` where the address is bad for good.
create type outcome_1 as (
    id uuid, claim integer, state text, reason text, fact jsonb, pause integer, kind text, suppress boolean
);

-- An address's domain and all above it, as the ledger of suppressions has them.
create function domain_keys_1(address_key text) returns text[]
language sql immutable as $$
    select array(
        select 'd:' || array_to_string(labels[n:], '.')
        from string_to_array(split_part(substr(address_key, 3), '@', 2), '.') as labels, generate_subscripts(labels, 1) n
    )
$$;

-- Whether a window of hours by weekday is open at a moment in a zone. Immutable for as long as zones keep their rules.
create function window_open_1(hours jsonb, zone text, moment timestamptz) returns boolean
language plpgsql immutable as $$
declare
    here constant timestamp := timezone(zone, moment);
    today constant jsonb := hours -> (array['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'])[extract(isodow from here)];
    now_is constant text := to_char(here, 'HH24:MI');
begin
    return hours is null or coalesce(now_is >= today ->> 0 and now_is < today ->> 1, false);
end
$$;

-- When a closed window opens next; an open one is open now. Where a zone skips the hour, with the offset before the
-- change; where it repeats it, the first. Null where it never opens.
create function window_opens_1(hours jsonb, zone text, moment timestamptz) returns timestamptz
language plpgsql immutable as $$
declare
    today constant date := timezone(zone, moment)::date;
    day jsonb;
    opens timestamptz;
begin
    if window_open_1(hours, zone, moment) then
        return moment;
    end if;
    for ahead in 0..8 loop
        day := hours -> (array['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'])[extract(isodow from today + ahead)];
        if day is null or jsonb_typeof(day) = 'null' then
            continue;
        end if;
        opens := timezone(zone, today + ahead + (day ->> 0)::time);
        -- An hour that comes twice opens with its first, where that is still to come.
        if opens - interval '1 hour' > moment
           and timezone(zone, opens - interval '1 hour') = today + ahead + (day ->> 0)::time then
            opens := opens - interval '1 hour';
        end if;
        if opens > moment then
            return opens;
        end if;
    end loop;
    return null;
end
$$;

-- Adds to a campaign's counts what went from where to where. Index: campaign_counts_pkey.
create function note_moves_1(tenant integer, slot integer, moves move_1[]) returns void
language plpgsql as $$
#variable_conflict use_column
begin
    perform set_config('rapport.tenant_id', tenant::text, true);
    insert into campaign_counts as c (tenant_id, campaign_id, wave, state, reason, bucket, count)
    select tenant, m.campaign, m.wave, m.state,
           case when m.state in ('skipped', 'failed', 'bounced', 'cancelled', 'in doubt') then coalesce(m.reason, '')
                else '' end as because,
           slot, sum(m.step)
    from (
        select u.campaign, u.wave, u.was, u.was_reason, -1 from unnest(moves) as u where u.was is not null
        union all
        select u.campaign, u.wave, u.now, u.now_reason, 1 from unnest(moves) as u where u.now is not null
    ) as m (campaign, wave, state, reason, step)
    group by m.campaign, m.wave, m.state, because
    having sum(m.step) <> 0
    order by m.campaign, m.wave, m.state, because
    on conflict (tenant_id, campaign_id, wave, state, reason, bucket) do update set count = c.count + excluded.count;
end
$$;

-- Makes or renews a sender's lease for so many seconds. Index: sender_leases_pkey.
create function renew_lease_1(tenant integer, sender uuid, seconds integer) returns void
language plpgsql as $$
#variable_conflict use_column
declare
    ending constant timestamptz := clock_timestamp() + make_interval(secs => seconds);
begin
    perform set_config('rapport.tenant_id', tenant::text, true);
    insert into sender_leases as l (tenant_id, sender_id, until) values (tenant, sender, ending)
    on conflict (tenant_id, sender_id) do update set until = excluded.until;
end
$$;

-- The campaigns of a tenant that have something to send now, with their server. Index: campaigns_running,
-- deliveries_due.
create function read_sending_1(tenant integer)
returns table (id uuid, server_id uuid)
language plpgsql as $$
#variable_conflict use_column
declare
    moment constant timestamptz := clock_timestamp();
begin
    perform set_config('rapport.tenant_id', tenant::text, true);
    return query
    select g.id, g.server_id from campaigns g
    where g.tenant_id = tenant and g.state = 'running' and g.start_at <= moment
      and exists (
          select from deliveries d
          where d.tenant_id = tenant and d.campaign_id = g.id and d.due_at <= moment
            and d.state in ('queued', 'scheduled', 'deferred')
      );
end
$$;

-- How many mails a rate leaves now, at most what goes within ten seconds; whoever asks keeps others from asking until
-- their end. Index: sending_rates_pkey.
create function rate_left_1(tenant integer, object uuid, rate integer, moment timestamptz) returns integer
language plpgsql as $$
#variable_conflict use_column
declare
    ready timestamptz;
begin
    perform set_config('rapport.tenant_id', tenant::text, true);
    if rate is null then
        return 1000000;
    end if;
    insert into sending_rates (tenant_id, object_id, next_at) values (tenant, object, moment) on conflict do nothing;
    select r.next_at into strict ready from sending_rates r
    where r.tenant_id = tenant and r.object_id = object
    for update;
    if ready <= moment then
        return greatest(1, rate / 6);
    end if;
    return greatest(0, floor((10 - extract(epoch from ready - moment)) * rate / 60))::integer;
end
$$;

-- Uses so many mails of a rate. Index: sending_rates_pkey.
create function rate_use_1(tenant integer, object uuid, rate integer, used integer, moment timestamptz) returns void
language plpgsql as $$
#variable_conflict use_column
declare
    span constant interval := make_interval(secs => used * 60.0 / coalesce(rate, 1));
    following timestamptz;
begin
    perform set_config('rapport.tenant_id', tenant::text, true);
    if rate is null or used = 0 then
        return;
    end if;
    select greatest(r.next_at, moment) + span into strict following from sending_rates r
    where r.tenant_id = tenant and r.object_id = object;
    update sending_rates as r set next_at = following where r.tenant_id = tenant and r.object_id = object;
end
$$;

-- Under which fields the rest rule looks at deliveries, beside their address: the values of up to three, as JSON.
-- Index: deliveries_pkey, contacts_pkey, accounts_pkey.
create function rest_fields_1(tenant integer, ids uuid[], names jsonb) returns text[]
language plpgsql as $$
#variable_conflict use_column
declare
    found text[];
begin
    perform set_config('rapport.tenant_id', tenant::text, true);
    if jsonb_array_length(coalesce(names, '[]')) = 0 then
        return array_fill(''::text, array[cardinality(ids)]);
    end if;
    select array_agg(v.told order by u.place) into found
    from unnest(ids) with ordinality as u (id, place)
    join deliveries d on d.tenant_id = tenant and d.id = u.id and d.id = any (ids)
    left join contacts c on c.tenant_id = tenant and c.id = d.contact_id
    left join accounts a on a.tenant_id = tenant and a.id = c.account_id and a.deleted_at is null
    cross join lateral (
        select jsonb_agg(
            case when n.name like 'account.%'
                 then coalesce(to_jsonb(a) -> substr(n.name, 9), a.attributes -> substr(n.name, 9))
                 else coalesce(to_jsonb(c) -> n.name, c.attributes -> n.name) end
            order by n.place
        )::text
        from jsonb_array_elements_text(names) with ordinality as n (name, place)
    ) as v (told);
    return found;
end
$$;

-- THE CHECK (law 1): moves deliveries of one campaign on, those for which everything holds at this moment, by one
-- conditional update with all checks in it. Without `numbers` from waiting to claimed, with them from that claim to
-- handed over. The caller has locked the campaign, which runs, and without `numbers` the holds. `rested`: an asking
-- before that moment stops nobody; null: the rest rule does not concern this campaign.
-- Index: deliveries_pkey, contacts_pkey, contact_keys_pkey, contact_keys_contact, suppressed_pkey, survey_records_pkey,
-- deliveries_subject, rest_holds_pkey. `= any (ids)` and `offset 0` hold the planner to look-ups by key, whatever the
-- statistics of young tables say.
create function pass_deliveries_1(
    tenant integer, campaign uuid, ids uuid[], numbers integer[], resting text[], sender uuid, home text, hours jsonb,
    rested timestamptz, moment timestamptz
) returns table (id uuid, move move_1)
language plpgsql as $$
#variable_conflict use_column
begin
    perform set_config('rapport.tenant_id', tenant::text, true);
    return query
    update deliveries as d
    set state = case when numbers is null then 'claimed' else 'handed over' end,
        claim = case when numbers is null then d.claim + 1 else d.claim end,
        sender_id = sender,
        handed_over_at = case when numbers is null then d.handed_over_at else moment end,
        updated_at = moment
    from unnest(ids, coalesce(numbers, array_fill(0, array[cardinality(ids)])), resting) as u (id, number, fields)
    where d.tenant_id = tenant and d.id = any (ids) and d.id = u.id and d.campaign_id = campaign
      and case when numbers is null then d.state in ('queued', 'scheduled', 'deferred') and d.due_at <= moment
               else d.state = 'claimed' and d.claim = u.number and d.sender_id = sender end
      and exists (
          select from contacts c
          where c.tenant_id = tenant and c.id = d.contact_id and c.deleted_at is null
            and (c.email = d.address or exists (
                select from contact_keys k
                where k.tenant_id = tenant and k.key = d.address_key and k.contact_id = d.contact_id))
          offset 0
      )
      and not exists (
          select from suppressed s where s.tenant_id = tenant and s.key = any (domain_keys_1(d.address_key)) offset 0)
      and not exists (select from suppressed s where s.tenant_id = tenant and s.key = d.address_key offset 0)
      and not exists (
          select from contact_keys k
          join suppressed s on s.tenant_id = tenant and s.key = k.key
          where k.tenant_id = tenant and k.contact_id = d.contact_id
          offset 0
      )
      and not exists (
          select from survey_records a
          where a.tenant_id = tenant and a.id = d.survey_record_id
            and (a.state not in ('queued', 'sent') or a.closes_at <= moment or a.deleted_at is not null
                 or d.subject_id is not null and a.campaign_id is distinct from campaign)
          offset 0
      )
      and (d.wave = 0 or d.wave <= (
          select jsonb_array_length(g.reminders) from campaigns g where g.tenant_id = tenant and g.id = campaign))
      and (d.wave = 0 or exists (
          select from deliveries b
          where b.tenant_id = tenant and b.contact_id = d.contact_id and b.campaign_id = campaign and b.wave = 0
            and b.subject_id is not distinct from d.subject_id and b.state in ('sent', 'in doubt')
          offset 0))
      and (hours is null or window_open_1(hours, coalesce(d.zone, home), moment))
      and (rested is null or d.wave > 0 or exists (
          select from rest_holds h
          left join deliveries o on o.tenant_id = tenant and o.id = h.delivery_id and o.id <> d.id
          where h.tenant_id = tenant and h.key = d.address_key and h.fields = u.fields
            and (numbers is null or h.delivery_id = d.id)
            and (h.asked_at is null or h.asked_at <= rested)
            and (o.id is null or o.state in ('queued', 'scheduled', 'failed', 'bounced', 'skipped', 'cancelled')
                 or o.state in ('sent', 'in doubt') and coalesce(o.sent_at, o.handed_over_at) <= rested)
          offset 0))
    returning d.id, row(d.campaign_id, d.wave, old.state, old.reason, new.state, new.reason)::move_1;
end
$$;

-- Says of deliveries that did not pass why: for good (`reason` with its fact), or until when. Nothing: it would pass.
-- Index: as pass_deliveries_1, suppressions_pkey.
create function explain_deliveries_1(
    tenant integer, campaign uuid, ids uuid[], resting text[], home text, hours jsonb, days integer, moment timestamptz
) returns table (id uuid, reason text, fact jsonb, later timestamptz, closed boolean)
language plpgsql as $$
#variable_conflict use_column
declare
    rest constant interval := make_interval(days => days);
begin
    perform set_config('rapport.tenant_id', tenant::text, true);
    return query
    select d.id, v.reason,
           case v.reason
               when 'address_changed' then jsonb_build_object('address', d.address)
               when 'unsubscribed' then jsonb_build_object('at', s.at, 'source', s.source, 'kind', s.kind)
               when 'bounced_before' then jsonb_build_object('at', s.at, 'source', s.source, 'said', s.reason)
               when 'answered' then jsonb_build_object('at', coalesce(a.answered_at, a.started_at))
               when 'closed' then jsonb_build_object('at', coalesce(a.closed_at, a.closes_at))
               when 'not_reached' then jsonb_build_object('state', b.state, 'reason', b.reason, 'fact', b.fact)
               when 'resting' then jsonb_build_object('at', t.asked_at, 'until', t.asked_at + rest, 'days', days,
                                                      'campaign', t.campaign)
           end,
           case when v.reason is not null then null
                when b.state in ('queued', 'scheduled', 'deferred', 'claimed', 'handed over')
                    then moment + interval '1 hour'
                when t.held then moment + interval '1 minute'
                when hours is not null
                    then coalesce(window_opens_1(hours, coalesce(d.zone, home), moment), moment + interval '1 day')
                else moment end,
           hours is not null and not window_open_1(hours, coalesce(d.zone, home), moment)
    from unnest(ids, resting) as u (id, fields)
    join deliveries d on d.tenant_id = tenant and d.id = u.id and d.id = any (ids)
    join campaigns g on g.tenant_id = tenant and g.id = campaign
    left join contacts c on c.tenant_id = tenant and c.id = d.contact_id and c.deleted_at is null
    left join survey_records a on a.tenant_id = tenant and a.id = d.survey_record_id
    left join deliveries b on d.wave > 0 and b.tenant_id = tenant and b.contact_id = d.contact_id
        and b.campaign_id = d.campaign_id and b.wave = 0 and b.subject_id is not distinct from d.subject_id
    left join lateral (
        select p.at, p.source, p.kind, p.reason, f.list
        from suppressed f
        join suppressions p on p.tenant_id = tenant and p.id = f.suppression_id
        where f.tenant_id = tenant and f.key = any (
            domain_keys_1(d.address_key) || d.address_key || array(
                select k.key from contact_keys k where k.tenant_id = tenant and k.contact_id = d.contact_id))
        order by f.list desc, f.at limit 1
    ) s on true
    left join lateral (
        select case when o.state in ('sent', 'in doubt') then coalesce(o.sent_at, o.handed_over_at)
                    else h.asked_at end as asked_at,
               (select g.name from deliveries w join campaigns g on g.tenant_id = tenant and g.id = w.campaign_id
                where w.tenant_id = tenant
                  and w.id = case when o.state in ('sent', 'in doubt') then o.id else h.asked_by end) as campaign,
               coalesce(o.state in ('claimed', 'handed over', 'deferred'), false) as held
        from rest_holds h
        left join deliveries o on o.tenant_id = tenant and o.id = h.delivery_id and o.id <> d.id
        where h.tenant_id = tenant and h.key = d.address_key and h.fields = u.fields
    ) t on days is not null and d.wave = 0
    cross join lateral (
        select case
            when c.id is null then 'contact_gone'
            when c.email is distinct from d.address and not exists (
                select from contact_keys k
                where k.tenant_id = tenant and k.key = d.address_key and k.contact_id = d.contact_id
            ) then 'address_changed'
            when s.list = 'unsubscribe' then 'unsubscribed'
            when s.list = 'bounce' then 'bounced_before'
            when a.deleted_at is not null then 'undone'
            when a.state in ('started', 'answered') then 'answered'
            when a.state in ('closed', 'cancelled') or a.closes_at <= moment then 'closed'
            when d.subject_id is not null and a.campaign_id is distinct from d.campaign_id then 'taken'
            when d.wave > 0 and coalesce(b.state, '') in ('', 'bounced', 'failed', 'skipped', 'cancelled')
                then 'not_reached'
            when d.wave > jsonb_array_length(g.reminders) then 'no_reminder'
            when t.asked_at + rest > moment then 'resting'
        end
    ) as v (reason);
end
$$;

-- Takes back survey records that a campaign made and that nobody will ever be asked by; those that it only took wait
-- again where it was cancelled, without its survey. Index: survey_records_pkey, changes_record.
create function drop_asked_1(tenant integer, ids uuid[], moment timestamptz) returns void
language plpgsql as $$
#variable_conflict use_column
declare
    dropped uuid[];
begin
    perform set_config('rapport.tenant_id', tenant::text, true);
    dropped := array(
        select d.survey_record_id from deliveries d
        where d.tenant_id = tenant and d.id = any (ids) and d.state in ('skipped', 'failed', 'bounced', 'cancelled')
          and d.survey_record_id is not null);
    update survey_records as s set state = 'cancelled', closed_at = moment
    where s.tenant_id = tenant and s.id = any (dropped) and s.state = 'queued' and s.origin = 'campaign';
    dropped := array(
        select d.subject_id from deliveries d
        where d.tenant_id = tenant and d.id = any (ids) and d.state = 'cancelled' and d.wave = 0
          and d.subject_id is not null);
    update survey_records as s
    set campaign_id = null,
        survey_id = case when s.origin = 'record' or exists (  -- the campaign's: its making named none
            select from changes h
            where h.tenant_id = tenant and h.record = s.last_record and h.object_id = s.id and h.version = 1
              and not h.diff ? 'survey_id') then null else s.survey_id end
    where s.tenant_id = tenant and s.id = any (dropped) and s.state = 'queued' and s.origin <> 'campaign';
end
$$;

-- Puts aside what did not pass: skipped with its reason, scheduled where its window is closed, else queued for later.
-- With `numbers` only what has that claim. Index: as explain_deliveries_1.
create function put_aside_1(
    tenant integer, campaign uuid, ids uuid[], numbers integer[], resting text[], home text, hours jsonb, days integer,
    slot integer, moment timestamptz
) returns void
language plpgsql as $$
#variable_conflict use_column
declare
    told_ids uuid[];
    reasons text[];
    facts jsonb[];
    laters timestamptz[];
    closeds boolean[];
    moves move_1[];
begin
    perform set_config('rapport.tenant_id', tenant::text, true);
    select array_agg(e.id), array_agg(e.reason), array_agg(e.fact), array_agg(e.later), array_agg(e.closed)
    into told_ids, reasons, facts, laters, closeds
    from explain_deliveries_1(tenant, campaign, ids, resting, home, hours, days, moment) as e;
    with moved as (
        update deliveries as d
        set state = case when v.reason is not null then 'skipped' when v.closed then 'scheduled'
                         when d.state = 'claimed' then 'queued' else d.state end,
            reason = coalesce(v.reason, d.reason), fact = coalesce(v.fact, d.fact),
            due_at = coalesce(v.later, d.due_at), updated_at = moment
        from unnest(told_ids, reasons, facts, laters, closeds) as v (id, reason, fact, later, closed)
        where d.tenant_id = tenant and d.id = any (told_ids) and d.id = v.id
          and case when numbers is null then d.state in ('queued', 'scheduled', 'deferred')
                   else d.state = 'claimed' and d.claim = numbers[array_position(ids, d.id)] end
        returning row(d.campaign_id, d.wave, old.state, old.reason, new.state, new.reason)::move_1 as move
    )
    select array_agg(m.move) into moves from moved m;
    perform drop_asked_1(tenant, told_ids, moment);
    perform note_moves_1(tenant, slot, moves);
end
$$;

-- Makes the survey records of an invitation's claimed deliveries that have none, with a copy of contact and account as
-- they are now, their ledger rows and entries of feeds. `surveys` are their ids, `records` those of the ledger.
-- Index: deliveries_pkey, contacts_pkey, accounts_pkey, tenant_heads_pkey.
create function ask_claimed_1(
    tenant integer, campaign uuid, survey uuid, claimed uuid[], surveys uuid[], records uuid[], moment timestamptz
) returns void
language plpgsql as $$
#variable_conflict use_column
declare
    closing constant timestamptz := moment + interval '90 days';
    asked uuid[];
    contacts_asked uuid[];
    made integer;
    head bigint;
    last bigint;
    entered timestamptz;
begin
    perform set_config('rapport.tenant_id', tenant::text, true);
    select array_agg(d.id order by d.id), array_agg(d.contact_id order by d.id) into asked, contacts_asked
    from deliveries d where d.tenant_id = tenant and d.id = any (claimed) and d.survey_record_id is null;
    made := coalesce(cardinality(asked), 0);
    if made = 0 then
        return;
    end if;
    update deliveries as d set survey_record_id = surveys[u.place]
    from unnest(asked) with ordinality as u (id, place)
    where d.tenant_id = tenant and d.id = any (asked) and d.id = u.id;
    perform from tenant_heads where tenant_id = tenant for update;
    entered := clock_timestamp();
    update tenant_heads set seq = seq + made, number = number + made, at = greatest(at, entered)
    where tenant_id = tenant returning seq, number, at into strict head, last, entered;
    insert into survey_records (tenant_id, id, number, contact_id, account_id, state, origin, survey_id, campaign_id,
                                fields, attributes, version, last_record, closes_at, created_at)
    select tenant, surveys[u.place], last - made + u.place, c.id, c.account_id, 'queued', 'campaign', survey, campaign,
           jsonb_strip_nulls(
               jsonb_build_object(
                   'email', c.email, 'phone', c.phone, 'first_name', c.first_name, 'last_name', c.last_name,
                   'job_title', c.job_title, 'job_level', c.job_level, 'language', c.language)
               || coalesce(jsonb_build_object(
                   'account_name', a.name, 'manager', a.manager, 'manager_email', a.manager_email,
                   'parent_account', a.parent_account, 'industry', a.industry, 'company_size', a.company_size,
                   'region', a.region, 'number', a.number), '{}')),
           '{}', 1, records[u.place], closing, moment
    from unnest(contacts_asked) with ordinality as u (id, place)
    join contacts c on c.tenant_id = tenant and c.id = u.id and c.id = any (contacts_asked)
    left join accounts a on a.tenant_id = tenant and a.id = c.account_id and a.deleted_at is null;
    insert into changes (tenant_id, seq, at, object_type, object_id, version, kind, diff, actor_type, actor_id,
                         request_id, record)
    select tenant, head - made + u.place, entered, 'survey_record', surveys[u.place], 1, 'created',
           jsonb_build_object('contact_id', jsonb_build_array(null, u.id), 'state', jsonb_build_array(null, 'queued'),
                              'campaign_id', jsonb_build_array(null, campaign)),
           'campaign', campaign, campaign::text, records[u.place]
    from unnest(contacts_asked) with ordinality as u (id, place)
    order by u.place;
    insert into feed_entries (tenant_id, feed, seq, object_type, object_id)
    select tenant, 'non-responses', head - made + u.place, 'survey_record', surveys[u.place]
    from unnest(contacts_asked) with ordinality as u (id, place);
end
$$;

-- Claims up to `wanted` deliveries of a campaign for a sender whose lease holds, and says what each is to be made of.
-- What does not pass is put aside with its reason. `surveys` and `records` are ids for what is made, one each.
-- Index: campaigns_pkey, sending_rules_pkey, smtp_servers_pkey, sender_leases_pkey, deliveries_due, rest_holds_pkey.
create function claim_deliveries_1(
    tenant integer, campaign uuid, sender uuid, wanted integer, home text, surveys uuid[], records uuid[], slot integer
) returns table (
    id uuid, claim integer, wave smallint, survey_record_id uuid, generation integer, address text, language text,
    tries smallint, contact jsonb, account jsonb
)
language plpgsql as $$
#variable_conflict use_column
declare
    moment constant timestamptz := clock_timestamp();
    g campaigns;
    server_rate integer;
    days integer;
    names jsonb;
    rested timestamptz;
    hours jsonb;
    many integer := wanted;
    ids uuid[];
    keys text[];
    resting text[];
    claimed uuid[];
    moves move_1[];
    made text;
begin
    perform set_config('rapport.tenant_id', tenant::text, true);
    perform pg_advisory_xact_lock_shared(1918988400, tenant);
    perform from sender_leases l where l.tenant_id = tenant and l.sender_id = sender and l.until > moment;
    if not found then
        return;
    end if;
    select * into g from campaigns c
    where c.tenant_id = tenant and c.id = campaign and c.state = 'running' and c.start_at <= moment
    for share;
    if not found then
        return;
    end if;
    if g.window ->> 'zone' = 'contact' then
        hours := g.window;
    elsif not window_open_1(g.window, home, moment) then
        return;
    end if;
    select s.rate into server_rate from smtp_servers s where s.tenant_id = tenant and s.id = g.server_id;
    many := least(many, rate_left_1(tenant, campaign, g.rate, moment));
    many := least(many, rate_left_1(tenant, g.server_id, server_rate, moment));
    if many <= 0 then
        return;
    end if;
    ids := array(
        select d.id from deliveries d
        where d.tenant_id = tenant and d.campaign_id = campaign and d.due_at <= moment
          and d.state in ('queued', 'scheduled', 'deferred')
        order by d.due_at, d.id limit many for update skip locked);
    if cardinality(ids) = 0 then
        return;
    end if;
    if g.kind = 'invitation' then
        select greatest(case when r.rest_on then r.rest_days end, g.rest_days), r.rest_fields into days, names
        from (values (1)) as one (one) left join sending_rules r on r.tenant_id = tenant;
    end if;
    rested := moment - make_interval(days => days);
    resting := rest_fields_1(tenant, ids, names);
    if days is not null then
        insert into rest_holds (tenant_id, key, fields, delivery_id)
        select tenant, d.address_key, u.fields, d.id
        from unnest(ids, resting) as u (id, fields)
        join deliveries d on d.tenant_id = tenant and d.id = u.id and d.id = any (ids)
        where d.wave = 0
        order by d.address_key, u.fields
        on conflict do nothing;
        keys := array(
            select d.address_key from deliveries d
            where d.tenant_id = tenant and d.id = any (ids) and d.wave = 0);
        perform from rest_holds h
        where h.tenant_id = tenant and h.key = any (keys)
        order by h.key, h.fields
        for update;
    end if;
    select array_agg(p.id), array_agg(p.move) into claimed, moves
    from pass_deliveries_1(tenant, campaign, ids, null, resting, sender, home, hours, rested, moment) as p;
    if days is not null then
        update rest_holds as h
        set delivery_id = d.id,
            asked_at = coalesce((select coalesce(o.sent_at, o.handed_over_at) from deliveries o
                                 where o.tenant_id = tenant and o.id = h.delivery_id and o.state in ('sent', 'in doubt')),
                                h.asked_at),
            asked_by = coalesce((select o.id from deliveries o
                                 where o.tenant_id = tenant and o.id = h.delivery_id and o.state in ('sent', 'in doubt')),
                                h.asked_by)
        from unnest(ids, resting) as u (id, fields)
        join deliveries d on d.tenant_id = tenant and d.id = u.id and d.id = any (claimed) and d.wave = 0
        where h.tenant_id = tenant and h.key = any (keys) and h.key = d.address_key and h.fields = u.fields and h.delivery_id <> d.id;
    end if;
    if cardinality(ids) > coalesce(cardinality(claimed), 0) then
        select array_agg(u.id), array_agg(u.fields) into ids, resting
        from unnest(ids, resting) as u (id, fields) where u.id <> all (coalesce(claimed, '{}'));
        perform put_aside_1(tenant, campaign, ids, null, resting, home, hours, days, slot, moment);
    end if;
    if claimed is null then
        return;
    end if;
    perform rate_use_1(tenant, campaign, g.rate, cardinality(claimed), moment);
    perform rate_use_1(tenant, g.server_id, server_rate, cardinality(claimed), moment);
    perform note_moves_1(tenant, slot, moves);
    if g.kind = 'invitation' then
        perform ask_claimed_1(tenant, campaign, g.survey_id, claimed, surveys, records, moment);
    end if;
    return query
    select d.id, d.claim, d.wave, d.survey_record_id, a.generation, d.address, d.language, d.tries,
           jsonb_build_object(
               'id', c.id, 'email', c.email, 'phone', c.phone, 'first_name', c.first_name, 'last_name', c.last_name,
               'job_title', c.job_title, 'job_level', c.job_level, 'language', c.language) || c.attributes,
           jsonb_build_object(
               'id', k.id, 'name', k.name, 'manager', k.manager, 'manager_email', k.manager_email,
               'parent_account', k.parent_account, 'industry', k.industry, 'company_size', k.company_size,
               'region', k.region, 'number', k.number) || coalesce(k.attributes, '{}')
    from deliveries d
    join contacts c on c.tenant_id = tenant and c.id = d.contact_id
    left join accounts k on k.tenant_id = tenant and k.id = c.account_id and k.deleted_at is null
    left join survey_records a on a.tenant_id = tenant and a.id = d.survey_record_id
    where d.tenant_id = tenant and d.id = any (claimed);
end
$$;

-- Hands claimed deliveries over, those of them for which everything still holds; their sender may then begin `DATA`
-- within ten seconds of having asked. Answers with their ids; the others are put aside, or go back where the campaign
-- does not run. Index: as claim_deliveries_1.
create function hand_over_1(
    tenant integer, campaign uuid, sender uuid, ids uuid[], numbers integer[], home text, slot integer
) returns table (id uuid)
language plpgsql as $$
#variable_conflict use_column
declare
    moment constant timestamptz := clock_timestamp();
    g campaigns;
    days integer;
    names jsonb;
    hours jsonb;
    resting text[];
    passed uuid[];
    moves move_1[];
begin
    perform set_config('rapport.tenant_id', tenant::text, true);
    perform from sender_leases l where l.tenant_id = tenant and l.sender_id = sender and l.until > moment;
    if not found then
        return;
    end if;
    select * into strict g from campaigns c where c.tenant_id = tenant and c.id = campaign for share;
    if g.state <> 'running' then
        perform give_back_1(tenant, sender, ids, numbers, slot);
        return;
    end if;
    if g.window ->> 'zone' = 'contact' or not window_open_1(g.window, home, moment) then
        hours := g.window;
    end if;
    if g.kind = 'invitation' then
        select greatest(case when r.rest_on then r.rest_days end, g.rest_days), r.rest_fields into days, names
        from (values (1)) as one (one) left join sending_rules r on r.tenant_id = tenant;
    end if;
    resting := rest_fields_1(tenant, ids, names);
    select array_agg(p.id), array_agg(p.move) into passed, moves
    from pass_deliveries_1(
        tenant, campaign, ids, numbers, resting, sender, home, hours, moment - make_interval(days => days), moment) as p;
    perform note_moves_1(tenant, slot, moves);
    if cardinality(ids) > coalesce(cardinality(passed), 0) then
        select array_agg(u.id), array_agg(u.number), array_agg(u.fields) into ids, numbers, resting
        from unnest(ids, numbers, resting) as u (id, number, fields) where u.id <> all (coalesce(passed, '{}'));
        perform put_aside_1(tenant, campaign, ids, numbers, resting, home, hours, days, slot, moment);
    end if;
    return query select unnest(passed);
end
$$;

-- Those of the deliveries' campaigns that are cancelled; nobody cancels the others before the caller's end.
-- Index: deliveries_pkey, campaigns_pkey.
create function cancelled_1(tenant integer, ids uuid[]) returns uuid[]
language plpgsql as $$
#variable_conflict use_column
begin
    perform set_config('rapport.tenant_id', tenant::text, true);
    perform from campaigns c
    where c.tenant_id = tenant and c.id in (
        select d.campaign_id from deliveries d where d.tenant_id = tenant and d.id = any (ids))
    order by c.id for share;
    return array(
        select c.id from campaigns c
        where c.tenant_id = tenant and c.state = 'cancelled' and c.id in (
            select d.campaign_id from deliveries d where d.tenant_id = tenant and d.id = any (ids)));
end
$$;

-- Takes back what was claimed or handed over and of which nothing was said to a server: queued again, or cancelled with
-- its campaign. No try. Index: deliveries_pkey.
create function give_back_1(tenant integer, sender uuid, ids uuid[], numbers integer[], slot integer) returns void
language plpgsql as $$
#variable_conflict use_column
declare
    moment constant timestamptz := clock_timestamp();
    over uuid[];
    moves move_1[];
begin
    perform set_config('rapport.tenant_id', tenant::text, true);
    over := cancelled_1(tenant, ids);
    with moved as (
        update deliveries as d
        set state = case when d.campaign_id = any (over) then 'cancelled' else 'queued' end,
            reason = case when d.campaign_id = any (over) then 'campaign' else d.reason end, updated_at = moment
        from unnest(ids, numbers) as u (id, number)
        where d.tenant_id = tenant and d.id = any (ids) and d.id = u.id and d.claim = u.number
          and d.sender_id = sender
          and d.state in ('claimed', 'handed over')
        returning row(d.campaign_id, d.wave, old.state, old.reason, new.state, new.reason)::move_1 as move
    )
    select array_agg(m.move) into moves from moved m;
    perform drop_asked_1(tenant, ids, moment);
    perform note_moves_1(tenant, slot, moves);
end
$$;

-- Writes down what became of a sender's tries; only those of its present claims, and of what is in doubt only a final
-- answer. What was deferred for a day has failed. A bad address is suppressed; ten errors in a row of one kind, or more
-- than one bounce in twenty, pause the campaign. A repeat changes nothing.
-- Index: deliveries_pkey, campaigns_pkey, survey_records_pkey, campaign_counts_pkey.
create function settle_deliveries_1(
    tenant integer, campaign uuid, sender uuid, outcomes outcome_1[], slot integer
) returns void
language plpgsql as $$
#variable_conflict use_column
declare
    moment constant timestamptz := clock_timestamp();
    closing constant timestamptz := moment + interval '90 days';
    yesterday constant timestamptz := moment - interval '24 hours';
    g campaigns;
    dues timestamptz[];
    told uuid[];
    asked uuid[];
    ids uuid[];
    moves move_1[];
    streak integer;
    worst outcome_1;
    sent bigint;
    bounced bigint;
begin
    perform set_config('rapport.tenant_id', tenant::text, true);
    -- Shared, so that nobody cancels in between; alone only where errors are counted.
    select * into strict g from campaigns c where c.tenant_id = tenant and c.id = campaign;
    if g.errors > 0 or exists (select from unnest(outcomes) as u where u.kind is not null) then
        select * into strict g from campaigns c where c.tenant_id = tenant and c.id = campaign for no key update;
    else
        select * into strict g from campaigns c where c.tenant_id = tenant and c.id = campaign for share;
    end if;
    told := array(select u.id from unnest(outcomes) as u);
    dues := array(select moment + make_interval(secs => u.pause)
                  from unnest(outcomes) with ordinality as u (id, claim, state, reason, fact, pause, kind, suppress, place)
                  order by u.place);
    with moved as (
        update deliveries as d
        set state = case when u.state = 'deferred' and d.tried_at <= yesterday then 'failed'
                         when u.state = 'deferred' and g.state = 'cancelled' then 'cancelled' else u.state end,
            reason = case when u.state = 'deferred' and g.state = 'cancelled' then 'campaign' else u.reason end,
            fact = u.fact,
            due_at = coalesce(dues[u.place], d.due_at), tries = d.tries + 1, tried_at = coalesce(d.tried_at, moment),
            sent_at = case when u.state = 'sent' then moment else d.sent_at end, updated_at = moment
        from unnest(outcomes) with ordinality as u (id, claim, state, reason, fact, pause, kind, suppress, place)
        where d.tenant_id = tenant and d.id = any (told) and d.id = u.id and d.campaign_id = campaign
          and d.claim = u.claim
          and d.sender_id = sender
          and (d.state = 'handed over' or d.state = 'claimed' and u.state not in ('sent', 'in doubt')
               or d.state = 'in doubt' and u.state in ('sent', 'failed', 'bounced'))
        returning d.id, row(d.campaign_id, d.wave, old.state, old.reason, new.state, new.reason)::move_1 as move
    )
    select array_agg(m.id), array_agg(m.move) into ids, moves from moved m;
    if ids is null then
        return;
    end if;
    asked := array(
        select d.survey_record_id from deliveries d
        where d.tenant_id = tenant and d.id = any (ids) and d.state = 'sent' and d.survey_record_id is not null);
    update survey_records as s
    set state = case when s.state = 'queued' then 'sent' else s.state end, sent_at = moment,
        closes_at = case when s.state in ('queued', 'sent', 'started') then closing else s.closes_at end
    where s.tenant_id = tenant and s.id = any (asked);
    if g.mode = 'automated' and jsonb_array_length(g.reminders) > 0 then  -- waves beyond are skipped when they are due
        update deliveries as d
        set due_at = moment + make_interval(days => (g.reminders ->> d.wave - 1)::integer)
        from deliveries f
        where f.tenant_id = tenant and f.id = any (ids) and f.wave = 0 and f.state = 'sent'
          and d.tenant_id = tenant and d.contact_id = f.contact_id and d.campaign_id = campaign
          and d.wave between 1 and jsonb_array_length(g.reminders) and d.subject_id = f.subject_id and d.state in ('queued', 'scheduled');
    end if;
    perform drop_asked_1(tenant, ids, moment);
    insert into suppressions (tenant_id, id, at, list, act, kind, address, key, source, reason, proof, actor_type,
                              actor_id, request_id)
    select tenant, d.id, moment, 'bounce', 'added', 'email', d.address, d.address_key, 'bounce', u.fact ->> 'said',
           jsonb_build_object('delivery', d.id), 'campaign', campaign, d.id::text
    from unnest(outcomes) as u
    join deliveries d on d.tenant_id = tenant and d.id = any (ids) and d.id = u.id
    where u.suppress and not exists (
        select from suppressed s where s.tenant_id = tenant and s.key = d.address_key and s.list = 'bounce')
    on conflict do nothing;
    insert into suppressed (tenant_id, key, list, suppression_id, at)
    select tenant, d.address_key, 'bounce', d.id, moment
    from unnest(outcomes) as u
    join deliveries d on d.tenant_id = tenant and d.id = any (ids) and d.id = u.id
    where u.suppress
    order by d.address_key
    on conflict do nothing;
    perform note_moves_1(tenant, slot, moves);

    if g.errors = 0 and not exists (select from unnest(outcomes) as u where u.kind is not null) then
        return;
    end if;
    streak := g.errors;
    worst.kind := g.error_kind;
    for index in 1..cardinality(outcomes) loop
        if outcomes[index].state = 'sent' then
            streak := 0;
        elsif outcomes[index].kind is not null then
            streak := case when outcomes[index].kind = worst.kind then streak + 1 else 1 end;
            worst := outcomes[index];
        end if;
    end loop;
    if streak <> g.errors or worst.kind is distinct from g.error_kind then
        update campaigns as c set errors = streak, error_kind = worst.kind
        where c.tenant_id = tenant and c.id = campaign;
    end if;
    if streak >= 10 and streak <> g.errors then
        update campaigns as c
        set state = 'paused', reason = 'errors', fact = worst.fact, errors = 0, error_kind = null, updated_at = moment
        where c.tenant_id = tenant and c.id = campaign and c.state = 'running';
    elsif worst.state = 'bounced' then
        select sum(c.count) filter (where c.state = 'sent'), sum(c.count) filter (where c.state = 'bounced')
        into sent, bounced from campaign_counts c where c.tenant_id = tenant and c.campaign_id = campaign;
        update campaigns as c
        set state = 'paused', reason = 'bounces', fact = worst.fact, updated_at = moment
        where c.tenant_id = tenant and c.id = campaign and c.state = 'running'
          and bounced + coalesce(sent, 0) - c.past_mails >= 100
          and (bounced - c.past_bounces) * 20 > bounced + coalesce(sent, 0) - c.past_mails;
    end if;
end
$$;

-- What is left by senders that lost their lease: claimed is queued again; handed over is in doubt once the longest
-- conversation is over, `patience` seconds later. Also what a sender whose lease holds no longer knows of: `mine` is
-- it, and `known` what it has. Answers how many were found. Index: deliveries_taken, sender_leases_pkey.
create function recover_deliveries_1(
    tenant integer, mine uuid, known uuid[], patience integer, slot integer
) returns bigint
language plpgsql as $$
#variable_conflict use_column
declare
    moment constant timestamptz := clock_timestamp();
    past constant timestamptz := moment - make_interval(secs => patience);
    over uuid[];
    ids uuid[];
    numbers integer[];
    states text[];
    moves move_1[];
begin
    perform set_config('rapport.tenant_id', tenant::text, true);
    select array_agg(d.id order by d.id), array_agg(d.claim order by d.id), array_agg(d.state order by d.id)
    into ids, numbers, states
    from deliveries d
    left join sender_leases l on l.tenant_id = tenant and l.sender_id = d.sender_id
    where d.tenant_id = tenant and d.state in ('claimed', 'handed over')
      and (d.sender_id = mine and d.id <> all (known) or d.sender_id <> mine and coalesce(l.until, past) < moment)
      and (d.state = 'claimed' or d.handed_over_at < past and (d.sender_id = mine or coalesce(l.until, past) <= past));
    if cardinality(ids) > 0 then
        over := cancelled_1(tenant, ids);
        with moved as (
            update deliveries as d
            set state = case when d.state = 'handed over' then 'in doubt'
                             when d.campaign_id = any (over) then 'cancelled' else 'queued' end,
                reason = case when d.state = 'handed over' then 'sender_lost'
                              when d.campaign_id = any (over) then 'campaign' else d.reason end,
                updated_at = moment
            from unnest(ids, numbers, states) as u (id, claim, state)
            where d.tenant_id = tenant and d.id = any (ids) and d.id = u.id and d.claim = u.claim and d.state = u.state
            returning row(d.campaign_id, d.wave, old.state, old.reason, new.state, new.reason)::move_1 as move
        )
        select array_agg(m.move) into moves from moved m;
        perform drop_asked_1(tenant, ids, moment);
        perform note_moves_1(tenant, slot, moves);
    end if;
    delete from sender_leases l
    where l.tenant_id = tenant and l.until < past and l.sender_id <> mine and not exists (
        select from deliveries d
        where d.tenant_id = tenant and d.sender_id = l.sender_id and d.state in ('claimed', 'handed over'));
    return coalesce(cardinality(ids), 0);
end
$$;

-- The state of deliveries as they are, for a sender whose commit was not answered. Index: deliveries_pkey.
create function read_claims_1(tenant integer, ids uuid[])
returns table (id uuid, claim integer, state text, sender_id uuid)
language plpgsql as $$
#variable_conflict use_column
begin
    perform set_config('rapport.tenant_id', tenant::text, true);
    return query
    select d.id, d.claim, d.state, d.sender_id from deliveries d where d.tenant_id = tenant and d.id = any (ids);
end
$$;

-- Pauses a campaign that runs, with the sentence that says why. Index: campaigns_pkey.
create function pause_campaign_1(tenant integer, campaign uuid, because text, told jsonb) returns void
language plpgsql as $$
#variable_conflict use_column
declare
    moment constant timestamptz := clock_timestamp();
begin
    perform set_config('rapport.tenant_id', tenant::text, true);
    update campaigns as c set state = 'paused', reason = because, fact = told, updated_at = moment
    where c.tenant_id = tenant and c.id = campaign and c.state = 'running';
end
$$;

-- Makes the wave of reminders that is due, for everyone of the wave before, and ends campaigns with nothing left to do.
-- Index: campaigns_running, deliveries_listed, deliveries_subject, survey_records_pkey, campaign_counts_pkey.
create function advance_campaigns_1(tenant integer, slot integer) returns void
language plpgsql as $$
#variable_conflict use_column
declare
    moment constant timestamptz := clock_timestamp();
    g campaigns;
    after interval;
begin
    perform set_config('rapport.tenant_id', tenant::text, true);
    for g in
        select * from campaigns c
        where c.tenant_id = tenant and c.state = 'running' and c.mode = 'manual' and c.start_at <= moment
        order by c.id for update skip locked
    loop
        if g.waves <= jsonb_array_length(g.reminders) then
            after := make_interval(days => (g.reminders ->> g.waves - 1)::integer);
            if g.start_at + after <= moment then
                with made as (
                    insert into deliveries (tenant_id, id, campaign_id, wave, contact_id, subject_id,
                                            survey_record_id, address, address_key, language, zone, state, reason,
                                            fact, due_at, claim, tries, updated_at)
                    select tenant, uuidv7(), g.id, g.waves, p.contact_id, p.subject_id, p.survey_record_id, p.address,
                           p.address_key, p.language, p.zone,
                           case when w.reason is null then 'queued' else 'skipped' end, w.reason,
                           case w.reason when 'answered'
                                then jsonb_build_object('at', coalesce(s.answered_at, s.started_at))
                                when 'not_reached'
                                then jsonb_build_object('state', p.state, 'reason', p.reason, 'fact', p.fact) end,
                           greatest(moment, coalesce(f.sent_at, f.handed_over_at, moment) + after), 0, 0, moment
                    from deliveries p
                    join deliveries f on f.tenant_id = tenant and f.contact_id = p.contact_id and f.campaign_id = g.id
                        and f.wave = 0 and f.subject_id is not distinct from p.subject_id
                    left join survey_records s on s.tenant_id = tenant and s.id = p.survey_record_id
                    cross join lateral (select case
                        when s.state in ('started', 'answered') then 'answered'
                        when p.state in ('skipped', 'bounced', 'failed', 'cancelled') then 'not_reached' end
                    ) as w (reason)
                    where p.tenant_id = tenant and p.campaign_id = g.id and p.wave = g.waves - 1
                    on conflict do nothing
                    returning state, reason
                ), counted as (select m.state, coalesce(m.reason, '') as reason, count(*) as n from made m group by 1, 2)
                insert into campaign_counts as c (tenant_id, campaign_id, wave, state, reason, bucket, count)
                select tenant, g.id, g.waves, m.state, m.reason, slot, m.n from counted m
                on conflict (tenant_id, campaign_id, wave, state, reason, bucket)
                do update set count = c.count + excluded.count;
                update campaigns as c set waves = g.waves + 1, updated_at = moment
                where c.tenant_id = tenant and c.id = g.id;
            end if;
        else
            update campaigns as c set state = 'done', reason = null, fact = null, updated_at = moment
            where c.tenant_id = tenant and c.id = g.id and not exists (
                select from deliveries d
                where d.tenant_id = tenant and d.campaign_id = g.id
                  and d.state in ('queued', 'scheduled', 'deferred', 'claimed', 'handed over'));
        end if;
    end loop;
end
$$;

-- Cancels what is left of a campaign; what a sender has at this moment it finishes or gives back as cancelled.
-- Whether it could be cancelled. Index: campaigns_pkey, deliveries_due.
create function cancel_campaign_1(tenant integer, campaign uuid, slot integer) returns boolean
language plpgsql as $$
#variable_conflict use_column
declare
    moment constant timestamptz := clock_timestamp();
    ids uuid[];
    moves move_1[];
begin
    perform set_config('rapport.tenant_id', tenant::text, true);
    update campaigns as c set state = 'cancelled', reason = null, fact = null, updated_at = moment
    where c.tenant_id = tenant and c.id = campaign and c.state in ('draft', 'planned', 'running', 'paused');
    if not found then
        return false;
    end if;
    with moved as (
        update deliveries as d set state = 'cancelled', reason = 'campaign', updated_at = moment
        where d.tenant_id = tenant and d.campaign_id = campaign and d.state in ('queued', 'scheduled', 'deferred')
        returning d.id, row(d.campaign_id, d.wave, old.state, old.reason, new.state, new.reason)::move_1 as move
    )
    select array_agg(m.id), array_agg(m.move) into ids, moves from moved m;
    perform drop_asked_1(tenant, ids, moment);
    perform note_moves_1(tenant, slot, moves);
    return true;
end
$$;

-- Queues deliveries in doubt or failed again because a person says so; all of them where `ids` is null. How many.
-- Index: campaigns_pkey, deliveries_listed.
create function requeue_deliveries_1(tenant integer, campaign uuid, was text, ids uuid[], slot integer) returns bigint
language plpgsql as $$
#variable_conflict use_column
declare
    moment constant timestamptz := clock_timestamp();
    moved_ids uuid[];
    moves move_1[];
begin
    perform set_config('rapport.tenant_id', tenant::text, true);
    perform from campaigns c
    where c.tenant_id = tenant and c.id = campaign and c.state in ('running', 'paused', 'done') for update;
    if not found then
        return 0;
    end if;
    with moved as (
        update deliveries as d
        set state = 'queued', reason = null, fact = null, due_at = moment, claim = d.claim + 1, tries = 0,
            tried_at = null, updated_at = moment
        where d.tenant_id = tenant and d.campaign_id = campaign and d.state = was and was in ('in doubt', 'failed')
          and (ids is null or d.id = any (ids))
        returning d.id, row(d.campaign_id, d.wave, old.state, old.reason, new.state, new.reason)::move_1 as move
    )
    select array_agg(m.id), array_agg(m.move) into moved_ids, moves from moved m;
    if moved_ids is null then
        return 0;
    end if;
    update survey_records as s set state = 'queued', closed_at = null
    from deliveries d
    where d.tenant_id = tenant and d.id = any (moved_ids)
      and s.tenant_id = tenant and s.id = d.survey_record_id and s.state = 'cancelled' and s.campaign_id = campaign;
    update campaigns as c set state = 'running', updated_at = moment
    where c.tenant_id = tenant and c.id = campaign and c.state = 'done';
    perform note_moves_1(tenant, slot, moves);
    return cardinality(moved_ids);
end
$$;

-- Cancels what waits of the messages to these contacts, or for these survey records, because of a code; what a sender
-- has at this moment it finds out itself. Index: deliveries_contact, survey_records_pkey.
create function drop_deliveries_1(tenant integer, contacts uuid[], surveys uuid[], because text, slot integer)
returns bigint
language plpgsql as $$
#variable_conflict use_column
declare
    moment constant timestamptz := clock_timestamp();
    ids uuid[];
    moves move_1[];
begin
    perform set_config('rapport.tenant_id', tenant::text, true);
    with moved as (
        update deliveries as d set state = 'cancelled', reason = because, updated_at = moment
        from (
            select w.id from deliveries w
            where w.tenant_id = tenant and w.contact_id = any (contacts)
              and w.state in ('queued', 'scheduled', 'deferred')
            union
            select w.id from survey_records s
            join deliveries w on w.tenant_id = tenant and w.contact_id = s.contact_id and w.survey_record_id = s.id
            where s.tenant_id = tenant and s.id = any (surveys) and w.state in ('queued', 'scheduled', 'deferred')
        ) as u
        where d.tenant_id = tenant and d.id = u.id and d.state in ('queued', 'scheduled', 'deferred')
        returning d.id, row(d.campaign_id, d.wave, old.state, old.reason, new.state, new.reason)::move_1 as move
    )
    select array_agg(m.id), array_agg(m.move) into ids, moves from moved m;
    if ids is null then
        return 0;
    end if;
    perform drop_asked_1(tenant, ids, moment);
    perform note_moves_1(tenant, slot, moves);
    return cardinality(ids);
end
$$;

-- Messages that wait for merged contacts wait for the one that they are part of now; of two of one wave to one person one
-- is cancelled. Index: deliveries_contact.
create function move_deliveries_1(tenant integer, kept uuid, merged uuid[], slot integer) returns void
language plpgsql as $$
#variable_conflict use_column
begin
    perform set_config('rapport.tenant_id', tenant::text, true);
    update deliveries as d set contact_id = kept
    from (
        select distinct on (w.campaign_id, w.wave) w.id from deliveries w
        where w.tenant_id = tenant and w.contact_id = any (merged) and w.state in ('queued', 'scheduled', 'deferred')
          and not exists (
              select from deliveries o
              where o.tenant_id = tenant and o.contact_id = kept and o.campaign_id = w.campaign_id and o.wave = w.wave)
        order by w.campaign_id, w.wave, w.id
    ) as u
    where d.tenant_id = tenant and d.id = u.id and d.state in ('queued', 'scheduled', 'deferred');
    perform drop_deliveries_1(tenant, merged, '{}', 'merged', slot);
end
$$;
