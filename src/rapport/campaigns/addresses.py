"""What links in mails begin with, and the links themselves."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings

from rapport.feedback import links


class NoAddressError(Exception):
    """Links in mails lead nowhere yet: whoever runs this service has to tell it at which address it is reached."""

    def __str__(self) -> str:
        return str(self.__doc__)


def public_url() -> str:
    """Where contacts reach this service. Raises `NoAddressError`."""
    found: str | None = settings.RAPPORT.public_origin
    if found is None:
        raise NoAddressError
    return found


def survey_link(tenant_id: int, survey_record: UUID, generation: int) -> str:
    """Where a contact answers."""
    return f"{public_url()}/a/{links.make(tenant_id, links.ANSWER, survey_record, generation)}"


def unsubscribe_link(tenant_id: int, delivery: UUID) -> str:
    """Where a contact unsubscribes the address that a delivery went to."""
    return f"{public_url()}/u/{links.make(tenant_id, links.UNSUBSCRIBE, delivery)}"
