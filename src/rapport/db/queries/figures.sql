-- What keeps the figures of answers behind the ledger; $1 is the tenant.

-- count_answers --
-- Called by feedback/counting.py with answers $2 that entries $3 of the ledger changed (the first of each): what they
-- are now is compared with how they were counted, so it does not matter what the entries say. One statement, since a
-- row that changed between two would be counted wrong for good. Also changes counted_answers and score_hours.
-- Index: responses_pkey, external_responses_pkey, counted_answers_pkey, score_hours_pkey,
-- score_days_pkey.
with present as (
    select id, 'response' as type, entered_seq as seq, coalesce(answered_at, paged_at) as at, nps_score as score,
           touchpoint, channel, language, campaign_id, survey_id, survey_record_id, contact_id, account_id
    from responses where tenant_id = $1 and id = any($2) and entered_seq is not null
    union all
    select x.id, 'external_response', u.seq, x.response_date, x.nps_score, x.touchpoint, null, null, null, null, null,
           x.contact_id, x.account_id
    from unnest($2::uuid[], $3::bigint[]) as u (id, seq)
    join external_responses x on x.tenant_id = $1 and x.id = u.id and x.deleted_at is null
), counted as (
    select id, at, score, touchpoint, campaign_id from counted_answers where tenant_id = $1 and id = any($2)
), kept as (
    insert into counted_answers (tenant_id, id, type, seq, at, score, touchpoint, channel, language, campaign_id,
                                 survey_id, survey_record_id, contact_id, account_id)
    select $1, p.* from present p
    on conflict (tenant_id, id) do update
    set at = excluded.at, score = excluded.score, touchpoint = excluded.touchpoint, language = excluded.language,
        campaign_id = excluded.campaign_id, survey_id = excluded.survey_id,
        contact_id = excluded.contact_id, account_id = excluded.account_id
), dropped as (
    delete from counted_answers
    where tenant_id = $1 and id = any($2) and id not in (select id from present)
), differences as (
    select at, coalesce(score, -1)::smallint as score, coalesce(touchpoint, '') as touchpoint,
           coalesce(campaign_id, '00000000-0000-0000-0000-000000000000') as campaign_id, 1 as n from present
    union all
    select at, coalesce(score, -1)::smallint, coalesce(touchpoint, ''),
           coalesce(campaign_id, '00000000-0000-0000-0000-000000000000'), -1 from counted
), hours as (
    insert into score_hours as s (tenant_id, hour, touchpoint, campaign_id, score, counted)
    select $1, date_trunc('hour', at, 'UTC'), touchpoint, campaign_id, score, sum(n)::bigint from differences
    group by 2, 3, 4, 5 having sum(n) <> 0
    on conflict (tenant_id, hour, touchpoint, campaign_id, score) do update set counted = s.counted + excluded.counted
)
insert into score_days as s (tenant_id, day, touchpoint, campaign_id, score, counted)
select $1, date_trunc('day', at, 'UTC'), touchpoint, campaign_id, score, sum(n)::bigint from differences
group by 2, 3, 4, 5 having sum(n) <> 0
on conflict (tenant_id, day, touchpoint, campaign_id, score) do update set counted = s.counted + excluded.counted
