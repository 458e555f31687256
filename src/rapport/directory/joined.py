"""What a merge made one, for whoever reads its entries of the ledger; inside the tenant's scope."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from .models import MERGE, Merge
from .names import account_names, contact_names

if TYPE_CHECKING:
    from rapport.history.models import Change


class Other(NamedTuple):
    """The other side of a merge."""

    type: str
    id: str
    name: str


def others(tenant_id: int, rows: Iterable[Change]) -> Mapping[int, Sequence[Other]]:
    """Number of a `merged` entry -> what its object became part of, else what became part of it."""
    own = [row for row in rows if row.kind == "merged"]
    if not own:
        return {}
    merges = Merge.objects.filter(tenant_id=tenant_id, id__in=list(_merges(own)))
    known = {each.request: each.merged_ids for each in merges}
    found = {row: _ids(row, known) for row in own}
    ids = {UUID(id) for each in found.values() for id in each}
    names = {**contact_names(tenant_id, ids), **account_names(tenant_id, ids, deleted=True)}
    return {
        row.seq: [Other(row.object_type, id, names[UUID(id)]) for id in each if UUID(id) in names]
        for row, each in found.items()
    }


def _merges(rows: Iterable[Change]) -> Iterable[UUID]:
    for row in rows:
        with suppress(ValueError):  # an undo has made the merge again: its label is `undo-…`
            yield UUID(row.request_id.removeprefix(MERGE))


def _ids(row: Change, merges: Mapping[str, Sequence[str]]) -> Sequence[str]:
    links = row.links or {}
    if row.is_part:
        return [links["into"][1]]
    return merges.get(row.request_id) or sorted({old for old, _ in links.get("keys", {}).values() if old})
