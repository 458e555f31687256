"""Accounts and contacts, read back."""
