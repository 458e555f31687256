"""Files to rows: what a file is, how it is encoded, where each row stands in it. No Django, no database."""
