"""Pages around signing in, and one's own account."""
