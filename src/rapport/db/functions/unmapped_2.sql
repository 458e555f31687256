-- What ingest's workers remember of unmapped headings, a second's worth at a time. Called with what groups/headings.py collects.
-- A changed function gets the next number in its name, so that old and new workers can run side by side.

-- Adds up `told`, a JSON object of three lists:
--   headings  {configuration, heading, count, first_seen, last_seen}   headings that nothing maps
--   values    {configuration, heading, id, at, value, email_key, phone_key}   what came under them, oldest first
--   mapped    {configuration, heading, last_seen}   mapped headings that came as well
-- A configuration keeps 200 headings: the 180 that were seen most often, and of the others the 20 that were seen last, so
-- that no flood keeps out what comes again and again, nor do many old headings keep out a new one. What gives way goes
-- with its values and is counted under the empty heading. A heading keeps its 1,000 newest values. One flush of a tenant
-- waits for the other, so that these numbers hold and nobody deadlocks.
-- Index: unmapped_headings_pkey, unmapped_values_pkey, mapped_headings_pkey.
create function note_headings_2(tenant integer, told jsonb) returns void
language plpgsql as $$
begin
    perform set_config('synchronous_commit', 'off', true);
    perform pg_advisory_xact_lock(1918988402, tenant);

    insert into unmapped_headings as u (tenant_id, configuration_id, heading, count, first_seen, last_seen)
    select tenant, h.configuration, h.heading, sum(h.count), min(h.first_seen), max(h.last_seen)
    from jsonb_to_recordset(told -> 'headings') as h (
        configuration uuid, heading text, count bigint, first_seen timestamptz, last_seen timestamptz
    )
    group by 2, 3
    on conflict (tenant_id, configuration_id, heading) do update
    set count = u.count + excluded.count, last_seen = greatest(u.last_seen, excluded.last_seen);

    with named as (
        select u.configuration_id, u.heading, u.count, u.last_seen,
               row_number() over (partition by u.configuration_id order by u.count desc, u.last_seen desc, u.heading) as worth
        from unmapped_headings u
        where u.tenant_id = tenant and u.heading <> '' and u.configuration_id in (
            select t.configuration from jsonb_to_recordset(told -> 'headings') as t (configuration uuid)
        )
    ),
    others as (
        select n.configuration_id, n.heading,
               row_number() over (partition by n.configuration_id order by n.last_seen desc, n.worth) as place
        from named n
        where n.worth > 180
    ),
    gone as (
        delete from unmapped_headings u
        using others o
        where u.tenant_id = tenant and u.configuration_id = o.configuration_id and u.heading = o.heading and o.place > 20
        returning u.configuration_id, u.heading, u.count, u.first_seen, u.last_seen
    ),
    emptied as (
        delete from unmapped_values v
        using gone g
        where v.tenant_id = tenant and v.configuration_id = g.configuration_id and v.heading = g.heading
    )
    insert into unmapped_headings as u (tenant_id, configuration_id, heading, count, first_seen, last_seen)
    select tenant, g.configuration_id, '', sum(g.count), min(g.first_seen), max(g.last_seen)
    from gone g
    group by 2
    on conflict (tenant_id, configuration_id, heading) do update
    set count = u.count + excluded.count, first_seen = least(u.first_seen, excluded.first_seen),
        last_seen = greatest(u.last_seen, excluded.last_seen);

    insert into unmapped_values (tenant_id, configuration_id, heading, id, at, value, email_key, phone_key)
    select tenant, v.configuration, v.heading, v.id, v.at, v.value, v.email_key, v.phone_key
    from jsonb_to_recordset(told -> 'values') as v (
        configuration uuid, heading text, id uuid, at timestamptz, value text, email_key text, phone_key text
    )
    join unmapped_headings u
        on u.tenant_id = tenant and u.configuration_id = v.configuration and u.heading = v.heading;

    delete from unmapped_values v
    using (
        select distinct t.configuration, t.heading
        from jsonb_to_recordset(told -> 'values') as t (configuration uuid, heading text)
    ) t
    where v.tenant_id = tenant and v.configuration_id = t.configuration and v.heading = t.heading and v.id <= (
        select o.id from unmapped_values o
        where o.tenant_id = tenant and o.configuration_id = t.configuration and o.heading = t.heading
        order by o.id desc offset 1000 limit 1
    );

    insert into mapped_headings as m (tenant_id, configuration_id, heading, last_seen)
    select tenant, s.configuration, s.heading, s.last_seen
    from jsonb_to_recordset(told -> 'mapped') as s (configuration uuid, heading text, last_seen timestamptz)
    on conflict (tenant_id, configuration_id, heading) do update
    set last_seen = greatest(m.last_seen, excluded.last_seen);
end
$$;
