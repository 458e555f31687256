"""What undos have taken back of replays, so that it can be sent again."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from rapport.db.queries import statement
from rapport.tenants.statements import fetch

_FIND_UNDOS, _FIND_TAKEN_BACK = statement("find_undos_of_replays"), statement("find_taken_back")


def passed_over(tenant_id: int) -> list[UUID]:
    """Undos of replays alone, with the replays and records that they have taken back; inside the tenant's scope.

    What stands in the ledger because of them says nothing of when somebody wrote a value. An undo that is undone
    itself has taken nothing back.
    """
    undos: dict[UUID, UUID | None] = {}
    taken: set[UUID] = set()
    rows = fetch(_FIND_UNDOS, tenant_id)
    for id, _, of_undo, _, named in rows:
        if not of_undo or named in undos:
            undos[id] = named
    for id, is_done, _, is_whole, named in reversed(rows):
        if id in undos and id not in taken and is_done and is_whole:
            taken.add(named)
    return [*undos, *taken - undos.keys()]


def taken_back(tenant_id: int, made: Sequence[UUID]) -> set[UUID]:
    """Those of the records that replays made of which nothing stands any more; inside the tenant's scope."""
    return {record for (record,) in fetch(_FIND_TAKEN_BACK, tenant_id, [*made])} if made else set()
