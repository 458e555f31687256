"""The Django app `evidence`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rapport.tenants import lifecycle

if TYPE_CHECKING:
    from collections.abc import Sequence


class EvidenceConfig(lifecycle.Room):
    """What became of records, and why; how that is undone."""

    name = "rapport.evidence"

    def parts(self, page: str, row: Any) -> Sequence[lifecycle.Part]:
        """Who sends a heading that nothing maps."""
        from . import arrivals  # noqa: PLC0415 (Django has no models yet when it reads this module)

        if page != "map-heading":
            return ()
        return [lifecycle.Part("evidence/arrivals.html", {"arrivals": arrivals.of(row)})]
