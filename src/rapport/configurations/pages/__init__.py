"""The pages of import configurations, unmapped fields, fields and touchpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404

from rapport.configurations import edits
from rapport.configurations.errors import UnknownError

if TYPE_CHECKING:
    from rapport.configurations.models import Configuration


def found(tenant_id: int, reference: str) -> Configuration:
    """The configuration that an address names, inside the tenant's scope. Raises `Http404`."""
    try:
        return edits.find(tenant_id, reference)
    except UnknownError:
        raise Http404 from None
