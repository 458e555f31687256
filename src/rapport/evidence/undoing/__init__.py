"""Taking back what entries of the ledger did: which, what would become of it, and doing it in steps."""
