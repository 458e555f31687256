"""Accounts and contacts for programs."""
