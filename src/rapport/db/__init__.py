"""SQL and nothing but SQL: named statements, what they read into, what they write from."""
