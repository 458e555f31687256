-- Statements of the pages for contacts (feedback/answering.py), each a transaction of its own. $1 is the tenant. What
-- they call, with comments, is in functions/answers_1.sql.

-- read_asked --
-- The survey record $2 with its answer; whether a page of the nonce $3 and digest $4 is there already.
select * from read_asked_1($1, $2, $3, $4)

-- read_visit --
-- The link of the touchpoint $2 with the answer of the visit $3; whether a page of the nonce $4 and digest $5 is there.
select * from read_visit_1($1, $2, $3, $4, $5)

-- write_answer --
-- What a page changes, in one guarded step.
select write_answer_1($1, $2, $3, $4, $5, $6, $7)

-- change_asked --
-- Closes the survey record $2 in its version $3, or raises its generation.
select change_asked_1($1, $2, $3, $4, $5, $6, $7, $8)

-- note_fetch --
-- A look at the link of purpose $2 and object $3, with the score $4, at $5, by the device $6 that calls itself $7.
select note_fetch_1($1, $2, $3, $4, $5, $6, $7, $8)
