-- Statements of ingest's other doors and of what they count (ingest/hooks.py, activities.py, rates.py, unmapped.py),
-- each inside the tenant's scope. $1 is the tenant. Functions, with comments, are in functions/.

-- find_webhook --
-- The active webhook whose address ends in $2, and the reference of the configuration that it feeds.
-- Index: webhooks_public_id (unique), configurations_pkey.
select w.id, w.user_name, w.hash, c.reference
from webhooks w
join configurations c on c.tenant_id = w.tenant_id and c.id = w.configuration_id
where w.tenant_id = $1 and w.public_id = $2 and w.active

-- note_webhook_use --
-- Remembers that the webhook $2 was used, once an hour. Index: webhooks_pkey.
update webhooks set last_used_at = now()
where tenant_id = $1 and id = $2 and (last_used_at is null or last_used_at < now() - interval '1 hour')

-- tenant_clock --
-- The time zone of the tenant's local times, and how many days it keeps what was sent.
select time_zone, sent_days from tenants where id = $1

-- lease_rate --
-- A slice of the rate $3 of the Connected App $2: at least $4 records, at most $5.
select * from lease_rate_1($1, $2, $3, $4, $5)

-- note_headings --
-- Adds up the unmapped headings of $2, with their values.
select note_headings_1($1, $2)

-- count_records --
-- Adds up the counts of $2, a JSON array of {hour, actor_type, actor_id, configuration_id, outcome, records,
-- records_ignored, last_at}; called by tally.py. Does not wait for the disk. In order, so that no two workers wait for
-- each other. Index: hourly_counts_pkey.
insert into hourly_counts as c
    (tenant_id, hour, actor_type, actor_id, configuration_id, outcome, records, records_ignored, last_at)
select $1::integer, t.hour, t.actor_type, t.actor_id, t.configuration_id, t.outcome, t.records, t.records_ignored,
       t.last_at
from set_config('synchronous_commit', 'off', true),
     jsonb_to_recordset($2::jsonb) as t (
         hour timestamptz, actor_type text, actor_id uuid, configuration_id uuid, outcome text, records bigint,
         records_ignored bigint, last_at timestamptz
     )
order by 2, 3, 4, 5, 6
on conflict (tenant_id, hour, actor_type, actor_id, configuration_id, outcome) do update
set records = c.records + excluded.records, records_ignored = c.records_ignored + excluded.records_ignored,
    last_at = greatest(c.last_at, excluded.last_at)
