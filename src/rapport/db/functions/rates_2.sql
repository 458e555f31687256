-- How the workers share a Connected App's rate. Called by ingest/rates.py. Like rates_1.sql, for workers that still run
-- that one, but it sets its tenant itself.

-- Takes at least `need` records, at most `want`, of the app's `rate` for the second under way: how many were
-- `granted` (0: the second is used up), how many are left to others, and how many seconds until there are more.
-- A window begins with the first record after a pause. A batch that is larger than what is left passes whole; the
-- next windows pay for it. Nothing is lost with the lease of a second: it does not wait for the disk.
-- Index: rate_leases_pkey.
create function lease_rate_2(
    tenant integer, app uuid, rate integer, need integer, want integer,
    out granted integer, out room bigint, out seconds double precision
)
language plpgsql as $$
declare
    moment timestamptz;
    start timestamptz;
    used bigint;
    windows bigint;
begin
    perform set_config('rapport.tenant_id', tenant::text, true);
    perform set_config('synchronous_commit', 'off', true);
    insert into rate_leases (tenant_id, app_id, window_start, taken) values (tenant, app, clock_timestamp(), 0)
    on conflict do nothing;
    select r.window_start, r.taken into strict start, used
    from rate_leases r where r.tenant_id = tenant and r.app_id = app for update;
    moment := clock_timestamp();
    windows := floor(greatest(0, extract(epoch from moment - start)));
    if windows > 0 then
        used := greatest(0, used - rate * windows);
        start := case when used = 0 then moment else start + windows * interval '1 second' end;
    end if;
    granted := case when used >= rate then 0 else greatest(need, least(want, rate - used)) end;
    if granted > 0 then
        used := used + granted;
        update rate_leases r set window_start = start, taken = used where r.tenant_id = tenant and r.app_id = app;
    end if;
    room := greatest(0, rate - used);
    seconds := extract(epoch from start - moment) + greatest(1, used / rate);
end
$$;
