-- The queue of jobs, procrastinate's tables (tenants/queue.py, ingest/queue.py); it has no tenant.

-- put_back_jobs --
-- Gives back what no worker holds that gave a sign of life in the last $1 seconds, one row for each with what it became:
-- `todo`; `failed` where it was tried $2 times, since such a job may be what ends its workers; `aborted` where its next
-- one waits already (the queueing lock allows one that waits). Who comes second finds nothing: the state is looked at
-- again under the row's lock. Index: procrastinate_jobs_lock_idx_v1 (those under way), procrastinate_workers_pkey.
with gone as (
    select j.id, j.attempts, j.queueing_lock
    from procrastinate_jobs j
    where j.status = 'doing' and not exists (
        select from procrastinate_workers w
        where w.id = j.worker_id and w.last_heartbeat >= now() - $1::double precision * interval '1 second'
    )
    for update of j skip locked
), judged as (
    select g.id, case
               when g.attempts + 1 >= $2::integer then 'failed'
               when exists (select from gone o where o.queueing_lock = g.queueing_lock and o.id > g.id) then 'aborted'
               when exists (
                   select from procrastinate_jobs o where o.queueing_lock = g.queueing_lock and o.status = 'todo'
               ) then 'aborted'
               else 'todo'
           end as fate
    from gone g
)
update procrastinate_jobs j
set status = d.fate::procrastinate_job_status, attempts = j.attempts + 1, scheduled_at = null, worker_id = null,
    abort_requested = false
from judged d
where j.id = d.id
returning j.task_name, j.status::text

-- count_jobs --
-- For each kind of job and state: how many, how often one was tried at most, and for how many seconds one has waited at
-- most, been under way or lain there failed. What is to be tried later is `later`. Jobs that went well are deleted, so
-- these are few. Index: procrastinate_jobs_pkey, procrastinate_events_job_id_fkey_v1.
select j.task_name, case when j.status = 'todo' and j.scheduled_at > now() then 'later' else j.status::text end as state,
       count(*), max(j.attempts), greatest(0, max(extract(epoch from now() - e.at)))::double precision
from procrastinate_jobs j
left join lateral (select max(v.at) as at from procrastinate_events v where v.job_id = j.id) e on true
where j.id > 0
group by 1, 2
order by 1, 2
