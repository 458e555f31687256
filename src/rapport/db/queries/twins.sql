-- What the search for likely twins reads (directory/twins.py), inside the tenant's scope. $1 is the tenant.

-- read_account_emails --
-- The addresses of some contacts of each of the accounts $2, $3 of each at most.
-- Index: contacts_account.
select w.id, array(
    select c.email from contacts c
    where c.tenant_id = $1 and c.account_id = w.id and c.email is not null and c.deleted_at is null limit $3::integer
) as emails
from unnest($2::uuid[]) as w (id)

-- find_twins --
-- What other objects of type $2 have one of the keys $3 of the objects $4, pair by pair; nobody of a key that more than
-- $5 have.
-- Index: twin_keys_pkey.
select w.object_id, o.object_id as other, w.key
from unnest($3::text[], $4::uuid[]) as w (key, object_id)
cross join lateral (
    select t.object_id, count(*) over () as sharing
    from (
        select k.object_id from twin_keys k
        where k.tenant_id = $1 and k.object_type = $2 and k.key = w.key limit $5::integer + 1
    ) t
) o
where o.sharing <= $5::integer and o.object_id <> w.object_id
