"""What happened: the change ledger, the request history and idempotency keys."""
