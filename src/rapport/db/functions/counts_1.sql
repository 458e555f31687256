-- How ingest and the console hand over what they counted. Called by ingest/tally.py and tenants/writing.py. A changed
-- function gets the next number in its name, so that old and new workers can run side by side.

-- Adds up `told`, a JSON array of {hour, actor_type, actor_id, configuration_id, outcome, records, records_ignored,
-- last_at}. Does not wait for the disk. In order, so that no two workers wait for each other. Index: hourly_counts_pkey.
create function count_records_1(tenant integer, told jsonb) returns void
language plpgsql as $$
begin
    perform set_config('rapport.tenant_id', tenant::text, true);
    perform set_config('synchronous_commit', 'off', true);

    insert into hourly_counts as c
        (tenant_id, hour, actor_type, actor_id, configuration_id, outcome, records, records_ignored, last_at)
    select tenant, t.hour, t.actor_type, t.actor_id, t.configuration_id, t.outcome, t.records, t.records_ignored,
           t.last_at
    from jsonb_to_recordset(told) as t (
        hour timestamptz, actor_type text, actor_id uuid, configuration_id uuid, outcome text, records bigint,
        records_ignored bigint, last_at timestamptz
    )
    order by 2, 3, 4, 5, 6
    on conflict (tenant_id, hour, actor_type, actor_id, configuration_id, outcome) do update
    set records = c.records + excluded.records, records_ignored = c.records_ignored + excluded.records_ignored,
        last_at = greatest(c.last_at, excluded.last_at);
end
$$;
