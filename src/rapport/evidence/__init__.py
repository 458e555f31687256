"""What explains the rows of the histories: receipts, request history, feeds, and what needs attention."""
