"""Rapport: a self-hosted customer-records and feedback service."""
