"""Lists of the API that have no filters."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import answers
from .query import NO_CURSOR, Reader, page
from .scope import tenant_scope

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from .models import TenantModel


def oldest_first(
    request: HttpRequest, tenant_id: int, model: type[TenantModel], represent: Callable[[Any], dict[str, Any]]
) -> HttpResponse:
    """A page of a tenant's rows, each as `represent` has it. Raises `ParametersError`."""
    reader = Reader(request.META.get("QUERY_STRING", ""))
    after, limit = reader.id("cursor", NO_CURSOR), reader.limit()
    reader.finish()
    with tenant_scope(tenant_id):
        found, cursor = page(model.objects.filter(tenant_id=tenant_id), after, limit)
    return answers.data({"data": [represent(row) for row in found], "cursor": cursor})
