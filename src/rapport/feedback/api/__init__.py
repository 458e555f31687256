"""The management API of asking."""
