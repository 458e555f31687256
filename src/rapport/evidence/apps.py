"""The Django app `evidence`."""

from __future__ import annotations

from rapport.tenants import lifecycle


class EvidenceConfig(lifecycle.Room):
    """What became of records, and why; it has no tables of its own."""

    name = "rapport.evidence"
