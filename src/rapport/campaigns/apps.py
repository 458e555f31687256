"""The Django app `campaigns`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rapport.tenants import lifecycle

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    import psycopg

    from rapport.surveys.models import SurveyRecord
    from rapport.tenants.models import Tenant


class CampaignsConfig(lifecycle.Room):
    """Campaigns and their deliveries."""

    name = "rapport.campaigns"

    def tenant_created(self, tenant: Tenant) -> None:
        """Gives the system its rules of sending."""
        from . import rules  # noqa: PLC0415 (Django has no models yet when it reads this module)

        rules.give(tenant)

    def schema_migrated(self, owner: psycopg.Connection) -> None:
        """Gives them to systems that are older."""
        from . import rules  # noqa: PLC0415 (likewise)

        rules.give_older(owner)

    def written(self, tenant_id: int, id: UUID) -> lifecycle.Written | None:
        """A delivery, which the link to unsubscribe in its mail names."""
        from .models import Delivery  # noqa: PLC0415 (likewise)

        row = Delivery.objects.filter(tenant_id=tenant_id, id=id).first()
        if row is None or row.address is None:
            return None
        return lifecycle.Written(row.address, row.contact_id, row.language, {"delivery": str(id)})

    def removed(self, tenant_id: int, object_type: str, ids: Sequence[UUID]) -> None:
        """Cancels what waits for a deleted contact."""
        from rapport.db.queries import statement  # noqa: PLC0415 (likewise)
        from rapport.tenants.statements import fetch  # noqa: PLC0415 (likewise)

        if object_type == "contact":
            fetch(statement("drop_deliveries"), tenant_id, list(ids), [], "contact_deleted", 0)

    def merged(self, tenant_id: int, object_type: str, kept: UUID, ids: Sequence[UUID]) -> None:
        """What waits for merged contacts waits for the one that is kept."""
        from rapport.db.queries import statement  # noqa: PLC0415 (likewise)
        from rapport.tenants.statements import fetch  # noqa: PLC0415 (likewise)

        if object_type == "contact":
            fetch(statement("move_deliveries"), tenant_id, kept, list(ids), 0)

    def deliveries(self, survey_record: SurveyRecord) -> Sequence[Mapping[str, Any]]:
        """Those of campaigns, oldest first."""
        from . import representation  # noqa: PLC0415 (likewise)

        return representation.of_survey_record(survey_record)
