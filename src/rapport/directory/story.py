"""The history of one object, read from the change ledger: who, when, which field, from what to what."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from rapport.history.ledger import Traced, walk
from rapport.history.models import Change
from rapport.records.keys import shown_email
from rapport.tenants.actors import Author
from rapport.tenants.answers import moment

from .joined import Other, others
from .models import MERGE
from .names import account_names, contact_names
from .revisions import names
from .sheets import Sheet, by_seq

if TYPE_CHECKING:
    from .legend import Legend

SIZE = 20
#: Values that are whole objects; the page of the object shows them.
_INNER = ("fields", "attributes")
#: Whoever has no name any more.
_NAMELESS = {
    "app": "A Connected App",
    "webhook": "A webhook",
    "user": "Somebody",
    "import": "An import",
    "respondent": "The contact",
    "campaign": "A campaign",
    "undo": "An undo",
    "replay": "A replay",
    "command": "The command line",
}


class Difference(NamedTuple):
    """One field of an entry."""

    name: str
    label: str
    old: str
    new: str


@dataclass(frozen=True)
class Chapter:
    """One entry of the ledger."""

    seq: int
    at: datetime
    #: As the ledger has it.
    kind: str
    author: Author
    request_id: str
    differences: list[Difference]
    #: Whether it became part of another one.
    is_part: bool
    #: What a merge made one with it.
    others: Sequence[Other]
    #: Whether a page tells how it came.
    has_receipt: bool

    @property
    def undo(self) -> str:
        """How an address names what is undone with it: a merge as a whole, else the entry."""
        merge = self.kind == "merged" and self.request_id.startswith(MERGE)
        return f"merge={self.request_id.removeprefix(MERGE)}" if merge else f"changes={self.seq}"

    @property
    def moment(self) -> str:
        """When, as an address names it."""
        return moment(self.at)


def story(told: Traced, legend: Legend, query: Mapping[str, str]) -> Sheet:
    """A sheet of an object's chapters, newest first; inside its tenant's scope.

    The page's query may name a `field` (as the ledger does) whose history alone is wanted.
    """
    field = query.get("field", "")
    if not legend.knows(field):
        field = ""

    def below(seq: int | None) -> Iterator[Change]:
        return (change for change in walk(told, seq) if not field or field in change.diff)

    sheet = by_seq(below, query, SIZE)
    known = names(told.tenant_id, ((row.actor_type, row.actor_id) for row in sheet.rows))
    owners, joined = _owners(told.tenant_id, sheet.rows), others(told.tenant_id, sheet.rows)
    rows = [_chapter(row, known, legend, field, owners, joined.get(row.seq, ())) for row in sheet.rows]
    return Sheet(rows, sheet.newer, sheet.older)


def beginning(told: Traced, legend: Legend) -> Chapter | None:
    """How an object came to be; None where the ledger does not go back that far."""
    row = next(iter(deque(walk(told), maxlen=1)), None)
    if row is None:
        return None
    known = names(told.tenant_id, [(row.actor_type, row.actor_id)])
    return _chapter(row, known, legend, "", _owners(told.tenant_id, [row]))


def _owners(tenant_id: int, rows: Iterable[Change]) -> dict[str, str]:
    """Id -> name of the contacts and accounts that an object was given to."""
    ids: dict[str, set[UUID]] = {"contact_id": set(), "account_id": set()}
    for row in rows:
        for name, found in ids.items():
            found |= {UUID(value) for value in row.diff.get(name, ()) if value}
    named = {**contact_names(tenant_id, ids["contact_id"]), **account_names(tenant_id, ids["account_id"], deleted=True)}
    return {str(id): name for id, name in named.items()}


def _chapter(
    row: Change,
    known: Mapping[UUID | None, str],
    legend: Legend,
    field: str,
    owners: Mapping[str, str],
    joined: Sequence[Other] = (),
) -> Chapter:
    author = Author(row.actor_type, row.actor_id, known.get(row.actor_id) or _NAMELESS[row.actor_type])
    differences = [
        Difference(name, legend.label(name), *(owners.get(str(each)) or legend.text(name, each) for each in (old, new)))
        for name, (old, new) in _told(row.diff, legend, field)
    ] or [*_keys(row)]
    told = (row.request_id, differences, row.is_part, joined, row.has_receipt)
    return Chapter(row.seq, row.at, row.kind, author, *told)


def _keys(row: Change) -> Iterator[Difference]:
    """Keys that were tied or untied without any other change; what begins with `e:` or `p:` is shown without."""
    for key, (_, owner) in (row.links or {}).get("keys", {}).items():
        shown = shown_email(key[2:]) if row.object_type == "contact" else key
        found = owner == str(row.object_id)
        yield Difference("key", "Found by", "" if found else shown, shown if found else "")


def _told(diff: Mapping[str, Any], legend: Legend, field: str) -> list[tuple[str, Any]]:
    """The changed fields in the order of the legend, or the one that alone is wanted."""
    names = [field] if field else sorted(diff, key=legend.position)
    return [(name, diff[name]) for name in names if name not in _INNER]
