"""The Django app `evidence`."""

from __future__ import annotations

from rapport.tenants import lifecycle


class EvidenceConfig(lifecycle.Room):
    """What became of records, and why; how that is undone."""

    name = "rapport.evidence"
