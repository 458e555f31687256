-- What an import keeps of its chunks (imports/running.py). $1 is the tenant.

-- number_import --
-- Keeps in the import $2 the first and the last entry of the ledger, with those that its records $3 to $4 have made;
-- gives these.
-- Index: changes_record; with "+ 0", since the least number would be looked for from the ledger's beginning otherwise.
update imports as i
set first_seq = least(i.first_seq, made.low), last_seq = greatest(i.last_seq, made.high)
from (select min(seq + 0) as low, max(seq + 0) as high from changes
      where tenant_id = $1 and record >= $3 and record <= $4) as made
where i.tenant_id = $1 and i.id = $2
returning made.low, made.high
