"""People and the tenants they belong to."""
