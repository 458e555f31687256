"""Campaigns: who gets which message, when, and what became of each; the ledger of sending."""
