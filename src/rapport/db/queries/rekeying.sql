-- Statements that renew keys after their rules have changed (directory/rekeying.py). $1 is the tenant; $2, $3, $4 are
-- owners, old keys and new keys, side by side.

-- read_contact_keys --
-- The keys of the next $3 contacts behind the id $2. Index: contacts_pkey, contact_keys_contact.
select c.id, k.key, c.email
from (select id, email from contacts where tenant_id = $1 and id > $2 order by id limit $3) c
left join contact_keys k on k.tenant_id = $1 and k.contact_id = c.id
order by c.id, k.key

-- add_contact_keys --
-- New keys that nobody has. Index: contact_keys_pkey.
insert into contact_keys (tenant_id, key, contact_id)
select $1, m.new, m.owner
from unnest($2::uuid[], $3::text[], $4::text[]) as m (owner, old, new)
where m.new is not null
on conflict do nothing

-- drop_contact_keys --
-- Old keys. Index: contact_keys_pkey.
delete from contact_keys k
using unnest($2::uuid[], $3::text[], $4::text[]) as m (owner, old, new)
where k.tenant_id = $1 and k.key = m.old and k.contact_id = m.owner

-- read_account_keys --
-- The names and aliases of the next $3 accounts behind the id $2. Index: accounts_pkey, account_keys_account.
select a.id, k.key, case when k.is_alias then k.label else a.name end
from (select id, name from accounts where tenant_id = $1 and id > $2 order by id limit $3) a
left join account_keys k on k.tenant_id = $1 and k.account_id = a.id
order by a.id, k.key

-- add_account_keys --
-- New keys that nobody has; names before aliases. What was an alias of the same account is its own name by now.
-- Index: account_keys_pkey.
insert into account_keys as k (tenant_id, key, account_id, is_alias, label)
select distinct on (m.new) $1, m.new, m.owner, o.is_alias, o.label
from unnest($2::uuid[], $3::text[], $4::text[]) as m (owner, old, new)
join account_keys o on o.tenant_id = $1 and o.key = m.old and o.account_id = m.owner
where m.new is not null
order by m.new, o.is_alias, m.owner
on conflict (tenant_id, key) do update set is_alias = false, label = null
where k.account_id = excluded.account_id and not excluded.is_alias

-- drop_account_keys --
-- Old keys, but for aliases whose new key another account has: pages show them. Index: account_keys_pkey.
delete from account_keys k
using unnest($2::uuid[], $3::text[], $4::text[]) as m (owner, old, new)
where k.tenant_id = $1 and k.key = m.old and k.account_id = m.owner
  and (not k.is_alias or m.new is null or exists (
    select from account_keys n where n.tenant_id = $1 and n.key = m.new and n.account_id = m.owner))

-- keyless_contacts --
-- Up to $2 contacts that no key finds, for `rapport doctor`. Index: contact_keys_contact.
select c.id from contacts c
where c.tenant_id = $1 and c.deleted_at is null and not exists (
  select from contact_keys k where k.tenant_id = $1 and k.contact_id = c.id)
order by c.id limit $2

-- keyless_accounts --
-- Up to $2 accounts whose name does not find them, for `rapport doctor`. Index: account_keys_account.
select a.id from accounts a
where a.tenant_id = $1 and a.deleted_at is null and not exists (
  select from account_keys k where k.tenant_id = $1 and k.account_id = a.id and not k.is_alias)
order by a.id limit $2
