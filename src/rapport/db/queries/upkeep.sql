-- What the worker looks after from time to time (tenants/keeper.py), for all tenants at once.

-- end_unread_sessions --
-- Ends sessions of ours whose client has taken nothing of an answer for $1 seconds, one row for each. Such a client was
-- stopped; it is not idle, so that no time-out ends it, and a Unix socket has none of TCP's. Its transaction may keep all
-- writers of its tenant out. No index: a row per connection.
select pg_terminate_backend(a.pid)
from pg_stat_activity a
where a.datname = current_database() and a.wait_event = 'ClientWrite' and a.state = 'active'
      and a.query_start < clock_timestamp() - $1::double precision * interval '1 second'
      and pg_has_role(current_user, a.usesysid, 'usage')

-- recount_hour --
-- Counts the tenant's records of the hour $2 until $3 anew from the request history (history/jobs.py). Where the hour is
-- over ($4) that is how many there were; else counts are only raised, since workers have yet to hand over the last ones.
-- Index: the history's primary key; a million records take about a second.
insert into hourly_counts as c
    (tenant_id, hour, actor_type, actor_id, configuration_id, outcome, records, records_ignored, last_at)
select $1, $2::timestamptz, r.actor_type, coalesce(r.actor_id, '00000000-0000-0000-0000-000000000000'::uuid),
       coalesce(r.configuration_id, '00000000-0000-0000-0000-000000000000'::uuid), r.outcome, count(*),
       count(r.ignored), max(r.at)
from requests r
where r.tenant_id = $1 and r.at >= $2 and r.at < $3
group by 3, 4, 5, 6
on conflict (tenant_id, hour, actor_type, actor_id, configuration_id, outcome) do update
set records = case when $4::boolean then excluded.records else greatest(c.records, excluded.records) end,
    records_ignored = case when $4 then excluded.records_ignored
                           else greatest(c.records_ignored, excluded.records_ignored) end,
    last_at = greatest(c.last_at, excluded.last_at)
where c.records < excluded.records or c.records_ignored < excluded.records_ignored
      or $4 and (c.records, c.records_ignored) <> (excluded.records, excluded.records_ignored)
