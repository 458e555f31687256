-- How the workers share a Connected App's rate. Called by ingest/rates.py. Like rates_2.sql, for workers that still run
-- that one, but it bears a clock that goes back, and takes what a batch owes.

-- Takes at least `need` records, at most `want`, of the app's `rate` for the second under way: how many were
-- `granted` (0: the second is used up), how many are left to others, and how many seconds until there are more.
-- A window begins with the first record after a pause, and anew where the clock went back behind its start. What is
-- `owed`, the rest of a batch whose first record passed, passes whole; the next windows pay for it. Nothing is lost with
-- the lease of a second: it does not wait for the disk.
-- Index: rate_leases_pkey.
create function lease_rate_3(
    tenant integer, app uuid, rate integer, need integer, want integer, owed boolean,
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
    start := least(start, moment);
    windows := floor(greatest(0, extract(epoch from moment - start)));
    if windows > 0 then
        used := greatest(0, used - rate * windows);
        start := case when used = 0 then moment else start + windows * interval '1 second' end;
    end if;
    granted := case when used >= rate and not owed then 0 else greatest(need, least(want, rate - used)) end;
    used := used + granted;
    update rate_leases r set window_start = start, taken = used where r.tenant_id = tenant and r.app_id = app;
    room := greatest(0, rate - used);
    seconds := extract(epoch from start - moment) + greatest(1, used / rate);
end
$$;
