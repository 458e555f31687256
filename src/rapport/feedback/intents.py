"""Scores that stood in the address of a look, which no one has sent: a person may accept one as the answer (law 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rapport.surveys.models import Fetch
from rapport.tenants.scope import tenant_scope

from . import answering, asked, links, versions

if TYPE_CHECKING:
    from rapport.db.write import Actor


def accept(tenant_id: int, look: Fetch, by: Actor) -> bool:
    """Makes an answer of a look; False where there is one already. Opens transactions of its own."""
    found = asked.of_record(tenant_id, look.object_id)
    shown = found and found.asks
    survey = shown and versions.find(tenant_id, *shown)
    if not found or not shown or not survey:
        return False
    link = links.Link(tenant_id, links.ANSWER, found.id, found.generation)
    if not answering.accept(link, found, survey, shown, look.score, by):
        return False
    with tenant_scope(tenant_id):
        mine = {"tenant_id": tenant_id, "purpose": look.purpose, "object_id": look.object_id, "score": look.score}
        Fetch.objects.filter(**mine).update(accepted_at=asked.now(), accepted_by=by.id)
    return True
