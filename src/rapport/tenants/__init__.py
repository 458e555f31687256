"""Tenants (the console says "System"): who owns what, and the walls between them."""
