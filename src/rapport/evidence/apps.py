"""The Django app `evidence`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rapport.tenants import lifecycle

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID


class EvidenceConfig(lifecycle.Room):
    """What became of records, and why; how that is undone."""

    name = "rapport.evidence"

    def actors(self, tenant_id: int, kind: str, ids: Sequence[UUID]) -> Mapping[UUID, str]:
        """What acts by itself, begun by somebody."""
        from . import actors  # noqa: PLC0415 (Django has no models yet when it reads this module)

        return actors.begun(tenant_id, kind, ids)

    def parts(self, page: str, row: Any) -> Sequence[lifecycle.Part]:
        """Who sends a heading that nothing maps; what was taken back of an import."""
        from . import arrivals  # noqa: PLC0415 (likewise)
        from .models import Undo  # noqa: PLC0415 (likewise)

        if page == "import":
            undone = Undo.objects.filter(tenant_id=row.tenant_id, asked__contains={"import": str(row.id)})
            return [lifecycle.Part("evidence/undone.html", {"undos": list(undone.order_by("-id"))})]
        if page != "map-heading":
            return ()
        return [lifecycle.Part("evidence/arrivals.html", {"arrivals": arrivals.of(row)})]
