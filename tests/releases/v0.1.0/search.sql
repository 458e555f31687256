-- The look-up of search (directory/search.py), inside the tenant's scope. $1 is the tenant.

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
