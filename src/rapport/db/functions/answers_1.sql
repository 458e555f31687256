-- What the pages for contacts read and write: one call each, that commits with itself. Called by feedback/answering.py
-- and feedback/fetches.py as the service's role, bound by row-level security. What an answer means is decided in Python
-- between the two; nothing of it is in here. A changed function gets the next number in its name.

create type answer_write_1 as (
    id uuid, number bigint, survey_record_id uuid, survey_id uuid, survey_version integer, contact_id uuid,
    account_id uuid, campaign_id uuid, touchpoint text, nps_score smallint, comment text, answers jsonb,
    follow_up_request boolean, language text, channel text, started_at timestamptz, paged_at timestamptz,
    answered_at timestamptz, corrections integer, version integer, base integer, record uuid
);
create type page_write_1 as (
    number integer, nonce bytea, digest bytea, page text, survey_id uuid, survey_version integer, content jsonb, language text,
    opened_at timestamptz, device text, user_agent text, record uuid
);
create type asked_write_1 as (
    id uuid, state text, survey_id uuid, survey_version integer, started_at timestamptz, answered_at timestamptz,
    version integer, base integer, record uuid
);

-- A survey record, a deleted one as closed, with its answer, if there is any; whether that has a page of this nonce and digest, and how many it
-- has; and the system's default survey. Index: survey_records_pkey, responses_survey_record, response_pages_rendering,
-- response_pages_pkey, surveys_default, surveys_pkey.
create function read_asked_1(tenant integer, asked uuid, rendering bytea, sent bytea)
returns table (
    id uuid, number bigint, contact_id uuid, account_id uuid, campaign_id uuid, state text, survey_id uuid,
    survey_version integer, generation integer, touchpoint text, fields jsonb, attributes jsonb, started_at timestamptz,
    closes_at timestamptz, closed_at timestamptz, version integer, last_record uuid, created_at timestamptz,
    shown_survey uuid, shown_version integer,
    response_id uuid, response_version integer, response_record uuid, response_survey_version integer, answers jsonb,
    response_language text, response_started_at timestamptz, response_answered_at timestamptz, entered_seq bigint,
    corrections integer, repeated boolean, pages bigint, moment timestamptz
)
language plpgsql as $$
#variable_conflict use_column
begin
    perform set_config('rapport.tenant_id', tenant::text, true);
    return query
    select s.id, s.number, s.contact_id, s.account_id, s.campaign_id,
           case when s.deleted_at is null then s.state else 'closed' end, s.survey_id, s.survey_version,
           s.generation, s.touchpoint, s.fields, s.attributes, s.started_at,
           coalesce(s.closes_at, s.created_at + interval '90 days'),
           case when s.deleted_at is null then s.closed_at end, s.version, s.last_record,
           s.created_at, v.id, v.version,
           r.id, r.version, r.last_record, r.survey_version, r.answers, r.language, r.started_at, r.answered_at,
           r.entered_seq, r.corrections,
           exists (select from response_pages p where p.tenant_id = tenant and p.response_id = r.id
                   and p.nonce = rendering and p.digest = sent),
           (select count(*) from response_pages p where p.tenant_id = tenant and p.response_id = r.id),
           clock_timestamp()
    from survey_records s
    left join surveys d on d.tenant_id = tenant and d.is_default
    left join surveys v on v.tenant_id = tenant and v.id = coalesce(s.survey_id, d.id)
    left join responses r on r.tenant_id = tenant and r.survey_record_id = s.id
    where s.tenant_id = tenant and s.id = asked;
end
$$;

-- A touchpoint's link in the columns of `read_asked_1`, with the answer of one visit, if there is any.
-- Index: touchpoint_links_pkey, touchpoints_pkey, responses_pkey, response_pages_rendering, response_pages_pkey,
-- surveys_default, surveys_pkey.
create function read_visit_1(tenant integer, asked uuid, visit uuid, rendering bytea, sent bytea)
returns table (
    id uuid, number bigint, contact_id uuid, account_id uuid, campaign_id uuid, state text, survey_id uuid,
    survey_version integer, generation integer, touchpoint text, fields jsonb, attributes jsonb, started_at timestamptz,
    closes_at timestamptz, closed_at timestamptz, version integer, last_record uuid, created_at timestamptz,
    shown_survey uuid, shown_version integer,
    response_id uuid, response_version integer, response_record uuid, response_survey_version integer, answers jsonb,
    response_language text, response_started_at timestamptz, response_answered_at timestamptz, entered_seq bigint,
    corrections integer, repeated boolean, pages bigint, moment timestamptz
)
language plpgsql as $$
#variable_conflict use_column
begin
    perform set_config('rapport.tenant_id', tenant::text, true);
    return query
    select l.touchpoint_id, r.number, null::uuid, null::uuid, null::uuid, 'sent', coalesce(r.survey_id, l.survey_id),
           r.survey_version, l.generation, t.name, '{}'::jsonb, '{}'::jsonb, r.started_at,
           null::timestamptz, l.closed_at, 0, null::uuid, l.opened_at, v.id, v.version,
           r.id, r.version, r.last_record, r.survey_version, r.answers, r.language, r.started_at, r.answered_at,
           r.entered_seq, r.corrections,
           exists (select from response_pages p where p.tenant_id = tenant and p.response_id = r.id
                   and p.nonce = rendering and p.digest = sent),
           (select count(*) from response_pages p where p.tenant_id = tenant and p.response_id = r.id),
           clock_timestamp()
    from touchpoint_links l
    join touchpoints t on t.tenant_id = tenant and t.id = l.touchpoint_id
    left join responses r on r.tenant_id = tenant and r.id = visit and r.survey_record_id is null
    left join surveys d on d.tenant_id = tenant and d.is_default
    left join surveys v on v.tenant_id = tenant and v.id = coalesce(r.survey_id, l.survey_id, d.id)
    where l.tenant_id = tenant and l.touchpoint_id = asked;
end
$$;

-- Writes an answer as decided: the survey record that it is of (`asked.id` null: none, or nothing new), the answer's
-- row, the page as it came (`page.nonce` null: none), ledger. The first answer draws a number where its survey record
-- has none; what `enters` stands in the feed of responses under the number of its ledger row, the ledger's first.
-- Raises serialization_failure (guard_1) and unique_violation where somebody else was first.
-- Index: survey_records_pkey, responses_pkey, tenant_heads_pkey.
create function write_answer_1(
    tenant integer, moment timestamptz, answer answer_write_1, page page_write_1, asked asked_write_1,
    enters boolean, ledger change_write_2[]
) returns void
language plpgsql as $$
#variable_conflict use_column
declare
    touched bigint;
    head bigint;
    last bigint;
    entered timestamptz;
    entry bigint;
    draws constant integer := (answer.base = 0 and answer.number is null)::integer;
begin
    perform set_config('rapport.tenant_id', tenant::text, true);
    perform pg_advisory_xact_lock_shared(1918988400, tenant);

    if asked.id is not null then
        update survey_records as s
        set state = asked.state, survey_id = asked.survey_id, survey_version = asked.survey_version,
            started_at = asked.started_at, answered_at = asked.answered_at, version = asked.version,
            last_record = asked.record
        where s.tenant_id = tenant and s.id = asked.id and s.version = asked.base;
        get diagnostics touched = row_count;
        perform guard_1(touched, 1);
    end if;

    if cardinality(ledger) > 0 then
        perform from tenant_heads where tenant_id = tenant for update;
        entered := clock_timestamp();
        update tenant_heads
        set seq = seq + cardinality(ledger), number = number + draws, at = greatest(at, entered)
        where tenant_id = tenant returning seq, number, at into strict head, last, entered;
        entry := case when enters then head - cardinality(ledger) + 1 end;
        insert into changes (tenant_id, seq, at, object_type, object_id, version, kind, diff, actor_type, actor_id,
                             request_id, configuration_id, configuration_version, record, prev, links)
        select tenant, head - cardinality(ledger) + u.number, entered, u.object_type, u.object_id, u.version, u.kind,
               u.diff, u.actor_type, u.actor_id, u.request_id, u.configuration_id, u.configuration_version, u.record,
               u.prev, u.links
        from unnest(ledger) with ordinality
             as u (object_type, object_id, version, kind, diff, actor_type, actor_id, request_id, configuration_id,
                   configuration_version, record, prev, links, number)
        order by u.number;
    end if;

    if draws > 0 and asked.id is not null then
        update survey_records as s set number = last
        where s.tenant_id = tenant and s.id = asked.id and s.number is null;
    end if;

    if answer.base = 0 then
        insert into responses (tenant_id, id, number, survey_record_id, survey_id, survey_version, contact_id,
                               account_id, campaign_id, touchpoint, nps_score, comment, answers, follow_up_request,
                               language, channel, started_at, paged_at, answered_at, entered_seq, corrections, version,
                               last_record, created_at, updated_at)
        values (tenant, answer.id, coalesce(answer.number, last), answer.survey_record_id, answer.survey_id,
                answer.survey_version, answer.contact_id, answer.account_id, answer.campaign_id, answer.touchpoint,
                answer.nps_score, answer.comment, answer.answers, answer.follow_up_request, answer.language,
                answer.channel, answer.started_at, answer.paged_at, answer.answered_at, entry, 0, answer.version,
                answer.record, moment, moment);
    elsif cardinality(ledger) > 0 then
        update responses as r
        set survey_version = answer.survey_version, nps_score = answer.nps_score, comment = answer.comment,
            answers = answer.answers, follow_up_request = answer.follow_up_request, language = answer.language,
            paged_at = coalesce(answer.paged_at, r.paged_at), answered_at = answer.answered_at,
            entered_seq = coalesce(r.entered_seq, entry), corrections = answer.corrections,
            version = answer.version, last_record = answer.record, updated_at = moment
        where r.tenant_id = tenant and r.id = answer.id and r.version = answer.base;
        get diagnostics touched = row_count;
        perform guard_1(touched, 1);
    end if;

    if page.nonce is not null then
        insert into response_pages (tenant_id, response_id, number, nonce, digest, page, survey_id, survey_version,
                                    content, language, opened_at, arrived_at, device, user_agent, record)
        values (tenant, answer.id, page.number, page.nonce, page.digest, page.page, page.survey_id, page.survey_version,
                page.content, page.language, page.opened_at, moment, page.device, page.user_agent, page.record);
    end if;

    if entry is not null then
        insert into feed_entries (tenant_id, feed, seq, object_type, object_id)
        values (tenant, 'responses', entry, 'response', answer.id);
    end if;
end
$$;

-- Closes, cancels or opens a survey record, or revokes its links, and says so in the ledger.
-- Raises serialization_failure (guard_1). Index: survey_records_pkey, tenant_heads_pkey.
create function change_asked_1(
    tenant integer, asked uuid, base integer, state text, generation integer, closed_at timestamptz, record uuid,
    ledger change_write_2[]
) returns void
language plpgsql as $$
#variable_conflict use_column
declare
    touched bigint;
    head bigint;
    entered timestamptz;
begin
    perform set_config('rapport.tenant_id', tenant::text, true);
    perform pg_advisory_xact_lock_shared(1918988400, tenant);
    update survey_records as s
    set state = change_asked_1.state, generation = change_asked_1.generation, closed_at = change_asked_1.closed_at,
        version = base + 1, last_record = change_asked_1.record
    where s.tenant_id = tenant and s.id = asked and s.version = base;
    get diagnostics touched = row_count;
    perform guard_1(touched, 1);
    perform from tenant_heads where tenant_id = tenant for update;
    entered := clock_timestamp();
    update tenant_heads set seq = seq + cardinality(ledger), at = greatest(at, entered)
    where tenant_id = tenant returning seq, at into strict head, entered;
    insert into changes (tenant_id, seq, at, object_type, object_id, version, kind, diff, actor_type, actor_id,
                         request_id, configuration_id, configuration_version, record, prev, links)
    select tenant, head - cardinality(ledger) + u.number, entered, u.object_type, u.object_id, u.version, u.kind,
           u.diff, u.actor_type, u.actor_id, u.request_id, u.configuration_id, u.configuration_version, u.record,
           u.prev, u.links
    from unnest(ledger) with ordinality
         as u (object_type, object_id, version, kind, diff, actor_type, actor_id, request_id, configuration_id,
               configuration_version, record, prev, links, number)
    order by u.number;
end
$$;

-- Counts a look at a link. Does not wait for the disk. Index: link_fetches_pkey.
create function note_fetch_1(
    tenant integer, purpose text, object uuid, score integer, moment timestamptz, device text, agent text,
    trapped boolean
) returns void
language plpgsql as $$
#variable_conflict use_column
begin
    perform set_config('rapport.tenant_id', tenant::text, true);
    perform set_config('synchronous_commit', 'off', true);
    insert into link_fetches as f (tenant_id, purpose, object_id, score, fetches, first_at, last_at, device, user_agent,
                                   trapped)
    values (tenant, note_fetch_1.purpose, object, note_fetch_1.score, 1, moment, moment, note_fetch_1.device, agent,
            note_fetch_1.trapped::integer)
    on conflict (tenant_id, purpose, object_id, score) do update
    set fetches = f.fetches + 1, last_at = excluded.last_at, device = excluded.device,
        user_agent = excluded.user_agent, trapped = f.trapped + excluded.trapped;
end
$$;
