-- Statements of the write path (groups/attempt.py), whichever door a record came through. $1 is the tenant. What they
-- call, with comments, is in functions/records_3.sql and the ones before it.

-- read_accounts --
-- What the account keys $2 reach.
select * from read_accounts_2($1, $2)

-- read_linked_accounts --
-- The accounts with the ids $2.
select * from read_linked_accounts_2($1, $2)

-- read_contacts --
-- What the contact keys $2 reach.
select * from read_contacts_2($1, $2)

-- read_activities --
-- The activities with the references $2.
select * from read_activities_2($1, $2)

-- read_answers --
-- Earlier answers under the idempotency keys $3 of the actors $2.
select * from read_answers_1($1, $2, $3)

-- write_group --
-- Everything that a decided group changes, in one guarded step; commits with it when no transaction is open.
select write_group_3($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)

-- find_request --
-- Whether the request history has the row $3 of the moment $2: what became of a commit without an answer.
-- Index: requests_pkey of the day's partition.
select exists (select from requests where tenant_id = $1 and at = $2 and id = $3)

-- read_contact --
-- The contacts with the ids $2 as `read_contacts` shows them, with all keys that find them; for edits by hand.
-- Index: contacts_pkey, contact_keys_contact, accounts_pkey.
select array(select k.key from contact_keys k where k.tenant_id = $1 and k.contact_id = c.id), c.id, c.email, c.phone,
       c.first_name, c.last_name, c.job_title, c.job_level, c.language, c.version, c.account_id, c.attributes,
       c.last_record, a.name, null::text[], clock_timestamp()
from contacts c
left join accounts a on a.tenant_id = $1 and a.id = c.account_id and a.deleted_at is null
where c.tenant_id = $1 and c.id = any ($2::uuid[]) and c.deleted_at is null

-- read_account --
-- The accounts with the ids $2 as `read_accounts` shows them, a row for their name and each alias; for edits by hand.
-- One without a name of its own collided when keys changed.
-- Index: accounts_pkey, account_keys_account.
select k.key, a.id, a.name, a.manager, a.manager_email, a.parent_account, a.industry, a.company_size, a.region,
       a.number, a.version, a.attributes, a.last_record, k.is_alias, k.label, clock_timestamp()
from accounts a
left join account_keys k on k.tenant_id = $1 and k.account_id = a.id
where a.tenant_id = $1 and a.id = any ($2::uuid[]) and a.deleted_at is null
