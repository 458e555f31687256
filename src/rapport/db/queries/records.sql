-- Statements of the records writer (ingest/writer.py), in the order in which a group runs them.
-- $1 is the tenant. All run inside a transaction that `tenancy.begin` opened. Rows come as arrays of
-- composite types (`contact_write`, …): one parameter per table.

-- read_accounts --
-- Every account that one of the wanted names or aliases ($2) belongs to, a row per wanted key (without an
-- account where nobody has the key), and the transaction's time. Index: account_keys_pkey, accounts_pkey.
select wanted.key, a.id, a.name, a.manager, a.manager_email, a.parent_account, a.industry, a.company_size,
       a.region, a.number, a.version, a.attributes, k.is_alias, now()
from unnest($2::text[]) as wanted (key)
left join account_keys k on k.tenant_id = $1 and k.key = wanted.key
left join accounts a on a.tenant_id = $1 and a.id = k.account_id

-- read_contacts --
-- Every contact that one of the wanted keys ($2) belongs to, like read_accounts.
-- Index: contact_keys_pkey, contacts_pkey.
select wanted.key, c.id, c.email, c.phone, c.first_name, c.last_name, c.job_title, c.job_level, c.language,
       c.version, c.account_id, c.attributes, a.name, now()
from unnest($2::text[]) as wanted (key)
left join contact_keys k on k.tenant_id = $1 and k.key = wanted.key
left join contacts c on c.tenant_id = $1 and c.id = k.contact_id
left join accounts a on a.tenant_id = $1 and a.id = c.account_id

-- read_answers --
-- Earlier answers under the wanted idempotency keys ($3) of the actors ($2), at most a day old.
-- Index: idempotency_keys_pkey.
select i.actor_id, i.key, i.fingerprint, i.receipt
from unnest($2::uuid[], $3::text[]) as wanted (actor_id, key)
join idempotency_keys i on i.tenant_id = $1 and i.actor_id = wanted.actor_id and i.key = wanted.key
where i.created_at > now() - interval '24 hours'

-- insert_accounts --
-- Changes nothing else; the keys follow in insert_account_keys.
insert into accounts (tenant_id, id, name, manager, manager_email, parent_account, industry, company_size,
                      region, number, attributes, version, created_at, updated_at)
select $1, u.id, u.name, u.manager, u.manager_email, u.parent_account, u.industry, u.company_size,
       u.region, u.number, u.attributes, u.version, $2, $2
from unnest($3::account_write[]) as u

-- update_accounts --
-- Guard: a row whose version is no longer the one that was read is left alone; the count tells.
-- Index: accounts_pkey.
update accounts as a
set name = u.name, manager = u.manager, manager_email = u.manager_email, parent_account = u.parent_account,
    industry = u.industry, company_size = u.company_size, region = u.region, number = u.number,
    attributes = u.attributes, version = u.version, updated_at = $2
from unnest($3::account_write[]) as u
where a.tenant_id = $1 and a.id = u.id and a.version = u.base

-- insert_account_keys --
-- Guard: a key that somebody else took in the meantime is left alone; the count tells.
insert into account_keys (tenant_id, key, account_id, is_alias)
select $1, u.key, u.object_id, u.is_alias
from unnest($2::key_write[]) as u
on conflict do nothing

-- insert_contacts --
-- Changes nothing else; the keys follow in insert_contact_keys.
insert into contacts (tenant_id, id, email, phone, first_name, last_name, job_title, job_level, language,
                      account_id, attributes, version, created_at, updated_at)
select $1, u.id, u.email, u.phone, u.first_name, u.last_name, u.job_title, u.job_level, u.language,
       u.account_id, u.attributes, u.version, $2, $2
from unnest($3::contact_write[]) as u

-- insert_contact_keys --
-- Guard as in insert_account_keys.
insert into contact_keys (tenant_id, key, contact_id)
select $1, u.key, u.object_id
from unnest($2::key_write[]) as u
on conflict do nothing

-- insert_answers --
-- Guard as in insert_account_keys; a row older than a day gives way.
insert into idempotency_keys (tenant_id, actor_id, key, fingerprint, receipt, created_at)
select $1, u.actor_id, u.key, u.fingerprint, u.receipt, $2
from unnest($3::answer_write[]) as u
on conflict (tenant_id, actor_id, key) do update
set fingerprint = excluded.fingerprint, receipt = excluded.receipt, created_at = excluded.created_at
where idempotency_keys.created_at <= excluded.created_at - interval '24 hours'

-- insert_requests --
-- The request history where nothing changed: one row per record.
insert into requests (tenant_id, at, id, request_id, position, actor_type, actor_id, configuration_id, status,
                      outcome, objects, sent, errors, ignored, warnings, email_key, phone_key)
select $1, $2, u.id, u.request_id, u.position, u.actor_type, u.actor_id, u.configuration_id, u.status,
       u.outcome, u.objects, u.sent, u.errors, u.ignored, u.warnings, u.email_key, u.phone_key
from unnest($3::request_write[]) as u

-- write_changes --
-- The last statement before commit, in this order: changed contacts ($3, guarded by their versions; $4 says
-- how many), request history ($5), and the ledger ($6). The tenant's head row hands out the next numbers
-- and stays locked until commit, so that `seq` has no gaps and follows the order of commits; asking for the
-- counts makes it the last row to be locked. Returns how many rows went into the ledger, none when a guard
-- was lost, and the transaction's id. No index covers a column that the update sets, but account_id: it
-- stays in its page (HOT). Index: contacts_pkey, tenant_heads_pkey.
with updated as (
    update contacts as c
    set email = u.email, phone = u.phone, first_name = u.first_name, last_name = u.last_name,
        job_title = u.job_title, job_level = u.job_level, language = u.language, account_id = u.account_id,
        attributes = u.attributes, version = u.version, updated_at = $2
    from unnest($3::contact_write[]) as u
    where c.tenant_id = $1 and c.id = u.id and c.version = u.base
    returning 1
), noted as (
    insert into requests (tenant_id, at, id, request_id, position, actor_type, actor_id, configuration_id,
                          status, outcome, objects, sent, errors, ignored, warnings, email_key, phone_key)
    select $1, $2, u.id, u.request_id, u.position, u.actor_type, u.actor_id, u.configuration_id, u.status,
           u.outcome, u.objects, u.sent, u.errors, u.ignored, u.warnings, u.email_key, u.phone_key
    from unnest($5::request_write[]) as u
    returning 1
), head as (
    update tenant_heads set seq = seq + cardinality($6::change_write[])
    where tenant_id = $1 and (select count(*) from updated) = $4::bigint and (select count(*) from noted) >= 0
    returning seq - cardinality($6::change_write[]) as seq, clock_timestamp() as at
), appended as (
    insert into changes (tenant_id, seq, at, object_type, object_id, version, kind, diff, actor_type, actor_id,
                         request_id)
    select $1, head.seq + u.number, head.at, u.object_type, u.object_id, u.version, u.kind, u.diff,
           u.actor_type, u.actor_id, u.request_id
    from head, unnest($6::change_write[]) with ordinality
         as u (object_type, object_id, version, kind, diff, actor_type, actor_id, request_id, number)
    returning 1
)
select count(*), pg_current_xact_id()::text from appended
