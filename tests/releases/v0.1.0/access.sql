-- Look-ups of ingest (ingest/auth.py, ingest/mappings.py), each inside the tenant's scope and kept in a
-- cache for seconds. $1 is the tenant.

-- find_token --
-- The live token with hash $2, and what its Connected App may do. Index: access_tokens_pkey,
-- connected_apps_pkey.
select t.app_id, t.scopes, t.expires_at, a.rate, a.configurations
from access_tokens t
join connected_apps a on a.tenant_id = t.tenant_id and a.id = t.app_id
where t.tenant_id = $1 and t.hash = $2 and t.revoked_at is null and t.expires_at > now() and a.active

-- find_configuration --
-- The configuration that callers name $2, everything that it can map, and how long the tenant keeps what was sent.
-- Index: configurations_reference, custom_fields_name, touchpoints_name_key.
select c.id, c.data_type, c.mapping::text, c.options::text, t.sent_days, t.time_zone,
       (select coalesce(json_agg(json_build_array(f.object, f.name, f.label, f.type, f.choices)), '[]')::text
        from custom_fields f
        where f.tenant_id = $1 and f.object in ('account', 'contact', 'survey', 'activity')) as custom_fields,
       (select coalesce(json_agg(p.name order by p.name_key), '[]')::text
        from touchpoints p
        where p.tenant_id = $1 and p.name_key > '' and p.active) as touchpoints
from configurations c
join tenants t on t.id = c.tenant_id
where c.tenant_id = $1 and c.reference = $2 and c.active and c.kind = 'api'
