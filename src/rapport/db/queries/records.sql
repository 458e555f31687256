-- Statements of the records writer (ingest/writer.py), in the order in which a group runs them.
-- $1 is the tenant. All run inside a transaction that `tenancy.begin` opened.

-- read_contacts --
-- Every contact that one of the wanted keys ($2) belongs to, a row per wanted key (without a contact
-- where nobody has the key), and the transaction's time. Index: contact_keys_pkey, contacts_pkey.
select wanted.key, c.id, c.email, c.phone, c.first_name, c.last_name, c.job_title, c.job_level, c.language,
       c.version, c.account_id, c.attributes::text, a.name, now()
from unnest($2::text[]) as wanted (key)
left join contact_keys k on k.tenant_id = $1 and k.key = wanted.key
left join contacts c on c.tenant_id = $1 and c.id = k.contact_id
left join accounts a on a.tenant_id = $1 and a.id = c.account_id

-- read_accounts --
-- Every account that one of the wanted names or aliases ($2) belongs to, like read_contacts.
-- Index: account_keys_pkey, accounts_pkey.
select wanted.key, a.id, a.name, a.manager, a.manager_email, a.parent_account, a.industry, a.company_size,
       a.region, a.number, a.version, a.attributes::text, k.is_alias, now()
from unnest($2::text[]) as wanted (key)
left join account_keys k on k.tenant_id = $1 and k.key = wanted.key
left join accounts a on a.tenant_id = $1 and a.id = k.account_id

-- read_idempotency --
-- Earlier answers under the wanted (actor, key) pairs ($2, $3), at most a day old.
-- Index: idempotency_keys_pkey.
select i.actor_id, i.key, i.fingerprint, i.receipt::text
from unnest($2::uuid[], $3::text[]) as wanted (actor_id, key)
join idempotency_keys i on i.tenant_id = $1 and i.actor_id = wanted.actor_id and i.key = wanted.key
where i.created_at > now() - interval '24 hours'

-- insert_accounts --
-- Changes nothing else; the keys follow in insert_account_keys.
insert into accounts (tenant_id, id, name, manager, manager_email, parent_account, industry, company_size,
                      region, number, attributes, version, created_at, updated_at)
select $1, u.id, u.name, u.manager, u.manager_email, u.parent_account, u.industry, u.company_size,
       u.region, u.number, u.attributes::jsonb, u.version, $13, $13
from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
            $10::text[], $11::text[], $12::integer[])
     as u (id, name, manager, manager_email, parent_account, industry, company_size, region, number,
           attributes, version)

-- update_accounts --
-- Guard: a row whose version is no longer the one that was read is left alone; the count tells.
-- Index: accounts_pkey.
update accounts as a
set name = u.name, manager = u.manager, manager_email = u.manager_email, parent_account = u.parent_account,
    industry = u.industry, company_size = u.company_size, region = u.region, number = u.number,
    attributes = u.attributes::jsonb, version = u.version, updated_at = $13
from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
            $10::text[], $11::text[], $12::integer[], $14::integer[])
     as u (id, name, manager, manager_email, parent_account, industry, company_size, region, number,
           attributes, version, base)
where a.tenant_id = $1 and a.id = u.id and a.version = u.base

-- insert_account_keys --
-- Guard: a key that somebody else took in the meantime is left alone; the count tells.
insert into account_keys (tenant_id, key, account_id, is_alias)
select $1, u.key, u.account_id, u.is_alias
from unnest($2::text[], $3::uuid[], $4::boolean[]) as u (key, account_id, is_alias)
on conflict do nothing

-- insert_contacts --
-- Changes nothing else; the keys follow in insert_contact_keys.
insert into contacts (tenant_id, id, email, phone, first_name, last_name, job_title, job_level, language,
                      account_id, attributes, version, created_at, updated_at)
select $1, u.id, u.email, u.phone, u.first_name, u.last_name, u.job_title, u.job_level, u.language,
       u.account_id, u.attributes::jsonb, u.version, $13, $13
from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
            $10::uuid[], $11::text[], $12::integer[])
     as u (id, email, phone, first_name, last_name, job_title, job_level, language, account_id, attributes,
           version)

-- update_contacts --
-- Guard and index as in update_accounts. No index covers a column that it sets, but account_id: the
-- update stays in its page (HOT).
update contacts as c
set email = u.email, phone = u.phone, first_name = u.first_name, last_name = u.last_name,
    job_title = u.job_title, job_level = u.job_level, language = u.language, account_id = u.account_id,
    attributes = u.attributes::jsonb, version = u.version, updated_at = $13
from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
            $10::uuid[], $11::text[], $12::integer[], $14::integer[])
     as u (id, email, phone, first_name, last_name, job_title, job_level, language, account_id, attributes,
           version, base)
where c.tenant_id = $1 and c.id = u.id and c.version = u.base

-- insert_contact_keys --
-- Guard as in insert_account_keys.
insert into contact_keys (tenant_id, key, contact_id)
select $1, u.key, u.contact_id
from unnest($2::text[], $3::uuid[]) as u (key, contact_id)
on conflict do nothing

-- insert_idempotency --
-- Guard as in insert_account_keys; a row older than a day gives way.
insert into idempotency_keys (tenant_id, actor_id, key, fingerprint, receipt, created_at)
select $1, u.actor_id, u.key, u.fingerprint, u.receipt::json, $6
from unnest($2::uuid[], $3::text[], $4::bytea[], $5::text[]) as u (actor_id, key, fingerprint, receipt)
on conflict (tenant_id, actor_id, key) do update
set fingerprint = excluded.fingerprint, receipt = excluded.receipt, created_at = excluded.created_at
where idempotency_keys.created_at <= excluded.created_at - interval '24 hours'

-- insert_requests --
-- The request history: one row per record.
insert into requests (tenant_id, at, id, request_id, position, actor_type, actor_id, configuration_id, status,
                      outcome, objects, sent, errors, ignored, warnings, email_key, phone_key)
select $1, $2, u.id, u.request_id, u.position, u.actor_type, u.actor_id, u.configuration_id, u.status,
       u.outcome, u.objects::json, u.sent::json, u.errors::json, u.ignored::json, u.warnings::json,
       u.email_key, u.phone_key
from unnest($3::uuid[], $4::text[], $5::integer[], $6::text[], $7::uuid[], $8::uuid[], $9::smallint[],
            $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[],
            $17::text[])
     as u (id, request_id, position, actor_type, actor_id, configuration_id, status, outcome, objects, sent,
           errors, ignored, warnings, email_key, phone_key)

-- insert_changes --
-- The ledger, last before commit: the tenant's head row hands out the next numbers and stays locked
-- until commit, so that `seq` has no gaps and follows the order of commits. Returns how many rows it
-- appended and the transaction's id. Index: tenant_heads_pkey.
with head as (
    update tenant_heads set seq = seq + $2::bigint where tenant_id = $1 returning seq, clock_timestamp() as at
), appended as (
    insert into changes (tenant_id, seq, at, object_type, object_id, version, kind, diff, actor_type, actor_id,
                         request_id)
    select $1, head.seq - $2::bigint + u.number, head.at, u.object_type, u.object_id, u.version, u.kind,
           u.diff::jsonb, u.actor_type, u.actor_id, u.request_id
    from head, unnest($3::text[], $4::uuid[], $5::integer[], $6::text[], $7::text[], $8::text[], $9::uuid[],
                      $10::text[]) with ordinality
         as u (object_type, object_id, version, kind, diff, actor_type, actor_id, request_id, number)
    returning 1
)
select count(*), pg_current_xact_id()::text from appended
