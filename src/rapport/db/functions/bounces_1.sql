-- What comes back to mails that were handed over. One order of locks with campaigns_1.sql: campaign, deliveries, counts.

-- Writes down that a delivery bounced: it was sent, or nobody knew whether it was. For good (`hard`) its address is
-- suppressed. More than one bounce in twenty since its last resuming pauses the campaign. Whether anything changed.
-- Index: deliveries_pkey, campaigns_pkey, campaign_counts_pkey, suppressed_pkey.
create function note_bounce_1(
    tenant integer, delivery uuid, hard boolean, told text, report uuid, slot integer
) returns boolean
language plpgsql as $$
#variable_conflict use_column
declare
    moment constant timestamptz := clock_timestamp();
    d deliveries;
    moves move_1[];
    sent bigint;
    bounced bigint;
begin
    perform set_config('rapport.tenant_id', tenant::text, true);
    select * into d from deliveries x where x.tenant_id = tenant and x.id = delivery;
    if not found then
        return false;
    end if;
    perform from campaigns c where c.tenant_id = tenant and c.id = d.campaign_id for no key update;
    with moved as (
        update deliveries as x
        set state = 'bounced', reason = case when hard then 'bounced' else 'not_taken' end,
            fact = jsonb_build_object('said', told, 'at', moment), updated_at = moment
        where x.tenant_id = tenant and x.id = delivery
          and (x.state in ('sent', 'in doubt') or x.state = 'bounced' and x.reason = 'not_taken' and hard)
        returning row(x.campaign_id, x.wave, old.state, old.reason, new.state, new.reason)::move_1 as move
    )
    select array_agg(m.move) into moves from moved m;
    if hard then
        insert into suppressed (tenant_id, key, list, suppression_id, at)
        values (tenant, d.address_key, 'bounce', report, moment)
        on conflict do nothing;
        if found then
            insert into suppressions (tenant_id, id, at, list, act, kind, address, key, source, reason, proof,
                                      actor_type, actor_id, request_id)
            values (tenant, report, moment, 'bounce', 'added', 'email', d.address, d.address_key, 'bounce', told,
                    jsonb_build_object('delivery', delivery, 'report', report), 'campaign', d.campaign_id, report::text);
        end if;
    end if;
    if moves is null then
        return false;
    end if;
    perform note_moves_1(tenant, slot, moves);
    select sum(c.count) filter (where c.state = 'sent'), sum(c.count) filter (where c.state = 'bounced')
    into sent, bounced from campaign_counts c where c.tenant_id = tenant and c.campaign_id = d.campaign_id;
    update campaigns as c
    set state = 'paused', reason = 'bounces', fact = jsonb_build_object('said', told), updated_at = moment
    where c.tenant_id = tenant and c.id = d.campaign_id and c.state = 'running'
      and bounced + coalesce(sent, 0) - c.past_mails >= 100
      and (bounced - c.past_bounces) * 20 > bounced + coalesce(sent, 0) - c.past_mails;
    return true;
end
$$;
