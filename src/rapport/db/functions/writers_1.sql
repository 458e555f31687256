-- Who may write for a tenant at the same time. Called by ingest/writer.py, ingest/settle.py and tenants/writing.py, by
-- way of db/tenancy.py. A changed function gets the next number in its name.

-- Takes the tenant's writers lock to the end of the open transaction: with the other writers, or `alone`. A function,
-- since Citus takes an advisory lock where the call runs: this runs on the tenant's node, as write_group does, which
-- takes the same lock.
create function lock_writers_1(tenant integer, alone boolean) returns void
language plpgsql as $$
begin
    if alone then
        perform pg_advisory_xact_lock(1918988400, tenant);
    else
        perform pg_advisory_xact_lock_shared(1918988400, tenant);
    end if;
end
$$;
