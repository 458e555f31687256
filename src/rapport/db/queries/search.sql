-- The look-up of search (directory/search.py) and what lets its words follow the ledger (directory/follower.py), inside
-- the tenant's scope. $1 is the tenant.

-- find_words --
-- The objects of type $2 of which a word begins with $5 and, for each pair of $9 and $10, one is from the first on and
-- before the second; each at its first such word, behind the word $3 of the object $4 and before $6, $8 at most.
-- Looks at $7 words; the last of them is told as well (`last`), where the page has not ended before it. The limit and
-- the sub-selects keep to this order: no plan that reads all of two frequent words.
-- Index: search_tokens_pkey for the words, search_tokens_object for the other words of each object.
select d.token, d.object_id, d.found, d.number = $7::integer as last
from (
    select c.*,
           (select coalesce(bool_and(exists (
                select from search_tokens s
                where s.tenant_id = $1 and s.object_id = c.object_id and s.token >= w.first and s.token < w.behind
            )), true) from unnest($9::text[], $10::text[]) as w (first, behind))
           and not exists (
                select from search_tokens s
                where s.tenant_id = $1 and s.object_id = c.object_id and s.token >= $5 and s.token < c.token
            ) as found
    from (
        select t.token, t.object_id, row_number() over (order by t.token, t.object_id) as number
        from search_tokens t
        where t.tenant_id = $1 and t.object_type = $2 and (t.token, t.object_id) > ($3, $4) and t.token < $6
        order by t.token, t.object_id
        limit $7::integer
    ) c
) d
where d.found or d.number = $7::integer
order by d.token, d.object_id
limit $8::integer

-- read_contact_words --
-- The contacts $2: their stored words, their texts in the order of their importance, their phone number and the custom
-- fields $3; nothing but the words of those that are not there. Called by the follower (directory/tokens.py). Each
-- look-up stands alone, so that no plan reads a table from end to end.
-- Index: contacts_pkey, search_tokens_object.
select w.id, array(select t.token from search_tokens t where t.tenant_id = $1 and t.object_id = w.id) as stored,
       array[c.first_name, c.last_name, c.email] as texts, c.phone, coalesce(c.custom, '{}') as custom
from unnest($2::uuid[]) as w (id)
left join lateral (
    select c.*, array(select c.attributes ->> name from unnest($3::text[]) with ordinality as f (name, turn)
                      order by turn) as custom
    from contacts c where c.tenant_id = $1 and c.id = w.id and c.deleted_at is null limit 1
) c on true

-- read_account_words --
-- The same of the accounts $2, whose texts are their names and their number.
-- Index: accounts_pkey, account_keys_account, search_tokens_object.
select w.id, array(select t.token from search_tokens t where t.tenant_id = $1 and t.object_id = w.id) as stored,
       array[a.name] || array(
            select k.key from account_keys k where k.tenant_id = $1 and k.account_id = a.id order by k.is_alias, k.key
       ) || a.number as texts, null as phone, coalesce(a.custom, '{}') as custom
from unnest($2::uuid[]) as w (id)
left join lateral (
    select a.*, array(select a.attributes ->> name from unnest($3::text[]) with ordinality as f (name, turn)
                      order by turn) as custom
    from accounts a where a.tenant_id = $1 and a.id = w.id and a.deleted_at is null limit 1
) a on true

-- take_words --
-- Lets go of the words $3 of the objects $4 of type $2, pair by pair. Called by the follower. Only the words that
-- differ are written: each costs a place in two indexes, and after a checkpoint a whole page of each in the log.
-- Index: search_tokens_pkey.
delete from search_tokens t using unnest($3::text[], $4::uuid[]) as w (token, object_id)
where t.tenant_id = $1 and t.object_type = $2 and t.token = w.token and t.object_id = w.object_id

-- give_words --
-- Adds the words $3 of the objects $4 of type $2, pair by pair. Called by the follower. Never in conflict, but only
-- with that clause does Citus write many rows of a table with row-level security without COPY.
-- Index: search_tokens_pkey.
insert into search_tokens (tenant_id, object_type, token, object_id)
select $1, $2, w.token, w.object_id from unnest($3::text[], $4::uuid[]) as w (token, object_id)
on conflict do nothing
