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
