-- The ledger of sending: each is a transaction of its own. $1 is the tenant; the slot is the bucket of counts that the
-- caller adds to. What they call, with comments, is in functions/campaigns_1.sql.

-- renew_lease --
-- Makes or renews the lease of the sender $2 for $3 seconds.
select renew_lease_1($1, $2, $3)

-- read_sending --
-- Campaigns with something to send now.
select * from read_sending_1($1)

-- claim_deliveries --
-- Up to $4 deliveries of the campaign $2 for the sender $3; $5 the system's zone, $6 ids of survey records, $7 of their
-- ledger rows, $8 the slot.
select * from claim_deliveries_1($1, $2, $3, $4, $5, $6, $7, $8)

-- hand_over --
-- Those of the deliveries $4 with the claims $5, of the campaign $2 and the sender $3, of which `DATA` may begin; $6 the
-- system's zone, $7 the slot.
select * from hand_over_1($1, $2, $3, $4, $5, $6, $7)

-- give_back --
-- Nothing was said of the deliveries $3 with the claims $4 of the sender $2; $5 the slot.
select give_back_1($1, $2, $3, $4, $5)

-- settle_deliveries --
-- What became of tries of the campaign $2 by the sender $3; $5 the slot.
select settle_deliveries_1($1, $2, $3, $4, $5)

-- recover_deliveries --
-- What senders have lost, and the sender $2, that knows of $3; in doubt $4 seconds after; $5 the slot.
select recover_deliveries_1($1, $2, $3, $4, $5)

-- read_claims --
-- The deliveries $2 as they are.
select * from read_claims_1($1, $2)

-- pause_campaign --
-- Pauses the campaign $2 for the reason $3 with the fact $4.
select pause_campaign_1($1, $2, $3, $4)

-- advance_campaigns --
-- Reminders that are due, campaigns that are done; $2 the slot.
select advance_campaigns_1($1, $2)

-- cancel_campaign --
-- Cancels what is left of the campaign $2; $3 the slot.
select cancel_campaign_1($1, $2, $3)

-- requeue_deliveries --
-- Sends those of the campaign $2 that are $3 again, of $4 or all; $5 the slot.
select requeue_deliveries_1($1, $2, $3, $4, $5)

-- note_bounce --
-- The delivery $2 came back, for good if $3, since $4, as the report $5 tells; $6 the slot.
select note_bounce_1($1, $2, $3, $4, $5, $6)
