"""Import configurations: which heading fills which field."""
