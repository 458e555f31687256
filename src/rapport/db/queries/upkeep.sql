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
