"""What happened, as rows: the change ledger, the request history and its counts, idempotency keys."""
