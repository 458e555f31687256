"""Pages that belong to no other app."""
