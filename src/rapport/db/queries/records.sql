-- Statements of the records writer (ingest/writer.py). $1 is the tenant. What they call, with comments, is in
-- functions/records_1.sql.

-- read_accounts --
-- What the account keys $2 reach.
select * from read_accounts_1($1, $2)

-- read_linked_accounts --
-- The accounts with the ids $2.
select * from read_linked_accounts_1($1, $2)

-- read_contacts --
-- What the contact keys $2 reach.
select * from read_contacts_1($1, $2)

-- read_activities --
-- The activities with the references $2.
select * from read_activities_1($1, $2)

-- read_answers --
-- Earlier answers under the idempotency keys $3 of the actors $2.
select * from read_answers_1($1, $2, $3)

-- write_group --
-- Everything that a decided group changes, in one guarded step; commits with it when no transaction is open.
select write_group_1($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)

-- find_request --
-- Whether the request history has the row $3 of the moment $2: what became of a commit without an answer.
-- Index: requests_pkey of the day's partition.
select exists (select from requests where tenant_id = $1 and at = $2 and id = $3)
