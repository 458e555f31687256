-- Objects that are deleted and taken back, and what undo does. $1 is the tenant. What they call, with comments, is in
-- functions/rewrites_1.sql and functions/undo_1.sql.

-- rewrite_objects --
-- Brings objects to where the rewrites $7 say, at the moment $2, with records behind $3, for the actor $4 with the id $5,
-- under the request $6. Called by directory/removing.py.
select * from rewrite_objects_1($1, $2, $3, $4, $5, $6, $7)

-- released_keys --
-- What finds the object $3 of type $2, as its deletion gives it up.
select released_keys_1($1, $2, $3)

-- move_deliveries --
-- Lets messages that wait for the merged contacts $3 wait for the contact $2; $4 the slot.
select move_deliveries_1($1, $2, $3, $4)

-- plan_undo --
-- What an undo of the entries $2 would do; a digest where it concerns $3 objects at most. Called by
-- evidence/undoing/plan.py.
select * from plan_undo_1($1, $2, $3)

-- take_undo_step --
-- Takes back what the entries $3 did to objects of type $4, chosen by numbers from $5 to $6, for the undo $2, but for
-- what others changed behind $7; at the moment $8, with records behind $9. Called by evidence/undoing/run.py.
select * from take_undo_step_1($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- drop_deliveries --
-- Cancels what waits of the messages to the contacts $2, or for the survey records $3, because of $4; $5 the slot.
select drop_deliveries_1($1, $2, $3, $4, $5)

-- next_undone --
-- Where a step of the undo of the entries $2 ends, about objects of type $3, before the number $4, $5 entries at most.
select next_undone_1($1, $2, $3, $4, $5)

-- find_moved --
-- Some of the objects that the entries $2 are about and that have entries behind $3.
select * from find_moved_1($1, $2, $3)

-- find_outside --
-- Whether one of the entries $2, from number $3 to $4, came through none of the configurations $5. Called by
-- evidence/reach.py. Index: changes_pkey.
select exists (
    select from changes c
    where c.tenant_id = $1 and c.seq between $3::bigint and $4::bigint
      and (($2::undo_set_1).numbers is null or c.seq = any (($2::undo_set_1).numbers))
      and (c.configuration_id = any ($5::uuid[])) is not true
      and undo_holds_1($2::undo_set_1, c.seq, c.record, c.actor_type, c.actor_id, c.configuration_id, c.request_id)
)

-- find_irreversible --
-- Mails that went out, or may have, to contacts or for survey records that the entries $2 made, from number $3 to $4: how
-- many, the newest $6 of them, and whether there may be more because more than the newest $5 objects were made. Called by
-- evidence/undoing/irreversible.py.
-- A survey record may be with another contact by now; a mail stays with the one that it was made for.
-- `offset 0` keeps look-ups look-ups. Index: changes_pkey, survey_records_pkey, deliveries_subject.
with made as materialized (
    select c.object_type, c.object_id, (c.diff -> 'contact_id' ->> 1)::uuid as contact_id
    from changes c
    where c.tenant_id = $1 and c.seq between $3::bigint and $4::bigint
      and (($2::undo_set_1).numbers is null or c.seq = any (($2::undo_set_1).numbers))
      and c.kind = 'created' and c.object_type in ('contact', 'survey_record')
      and undo_holds_1($2::undo_set_1, c.seq, c.record, c.actor_type, c.actor_id, c.configuration_id, c.request_id)
    order by c.seq desc limit $5::integer + 1
), whom as materialized (
    select m.object_id as contact_id from made m where m.object_type = 'contact'
    union
    select m.contact_id from made m where m.object_type = 'survey_record'
    union
    select s.contact_id
    from made m
    cross join lateral (
        select r.contact_id from survey_records r where r.tenant_id = $1 and r.id = m.object_id offset 0
    ) s
    where m.object_type = 'survey_record'
), sent as materialized (
    select d.*
    from whom w
    cross join lateral (
        select v.id, v.campaign_id, v.contact_id, v.address, v.subject_id, v.survey_record_id,
               coalesce(v.sent_at, v.handed_over_at) as sent_at
        from deliveries v
        where v.tenant_id = $1 and v.contact_id = w.contact_id
          and v.state in ('handed over', 'sent', 'bounced', 'in doubt') offset 0
    ) d
    where d.contact_id in (select m.object_id from made m)
       or d.subject_id in (select m.object_id from made m) or d.survey_record_id in (select m.object_id from made m)
)
select (select count(*) from sent), (select count(*) from made) > $5::integer, s.id, s.campaign_id, s.contact_id,
       s.address, s.sent_at
from (values (1)) as one
left join lateral (select * from sent order by sent_at desc nulls last, id limit $6::integer) s on true
