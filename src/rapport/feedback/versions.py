"""Versions of surveys, compiled and kept: they never change."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from rapport.surveys.models import SurveyVersion
from rapport.tenants.scope import tenant_scope

from .documents.survey import Survey, compiled

if TYPE_CHECKING:
    from uuid import UUID

#: Versions that a process keeps; one is some 50 KB at most.
KEPT = 500
_known: dict[tuple[int, UUID, int], Survey] = {}
_lock = threading.Lock()


def find(tenant_id: int, survey_id: UUID, version: int) -> Survey | None:
    """A version, compiled; None where there is none. Opens a transaction where it is not known yet."""
    key = (tenant_id, survey_id, version)
    if found := _known.get(key):
        return found
    with tenant_scope(tenant_id):
        rows = SurveyVersion.objects.filter(tenant_id=tenant_id, survey_id=survey_id, version=version)
        document = rows.values_list("document", flat=True).first()
    if document is None:
        return None
    made = compiled(document)
    with _lock:
        while len(_known) >= KEPT:
            _known.pop(next(iter(_known)))
        _known[key] = made
    return made
