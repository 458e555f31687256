"""The Django app `feedback`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rapport.tenants import lifecycle

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

    from rapport.tenants.models import Tenant


class FeedbackConfig(lifecycle.Room):
    """Asking and answers, for people; their rows are those of `surveys`."""

    name = "rapport.feedback"

    def tenant_created(self, tenant: Tenant) -> None:
        """Gives the system a survey that is ready to ask."""
        from . import surveys  # noqa: PLC0415 (Django has no models yet when it reads this module)

        surveys.give(tenant.pk)

    def schema_migrated(self, owner: psycopg.Connection) -> None:
        """Gives it to systems that are older."""
        from . import older  # noqa: PLC0415 (likewise)

        older.give(owner)

    def parts(self, page: str, row: Any) -> Sequence[lifecycle.Part]:
        """The newest of a contact or an account."""
        from rapport.directory.relations import newest  # noqa: PLC0415 (likewise)
        from rapport.surveys.models import SurveyRecord  # noqa: PLC0415 (likewise)

        from . import belonging  # noqa: PLC0415 (likewise)

        if page not in ("contact", "account"):
            return ()
        found: dict[str, Any] = {"surveys": newest(SurveyRecord, page, row), **belonging.of(page, row)}
        return [
            lifecycle.Part("feedback/related.html", {"owner": page, "id": row.id, "asks": page == "contact", **found})
        ]
