"""Who sends a heading, and how often: read from the newest records of its configuration, in its tenant's scope."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING, Any
from uuid import UUID

from rapport.history.models import SentRecord

from . import actors

if TYPE_CHECKING:
    from rapport.configurations.remedies import Case

#: Records of a configuration that are looked at, among so many of the history.
RECORDS, LOOKED_AT = 1_000, 20_000


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """A heading as one sender sent it."""

    heading: str
    sender: str
    count: int
    last: datetime


@dataclass(frozen=True, kw_only=True)
class Arrivals:
    """What the newest records of a configuration brought."""

    rows: Sequence[Arrival]
    #: How many records were looked at, and since when they came.
    records: int
    since: datetime | None


def of(case: Case) -> Arrivals:
    """Who sent the heading of a case and those that it may stand beside, it first. Index: the primary key."""
    tenant_id, suggestion = case.configuration.tenant_id, case.heading["suggestion"] or {}
    beside = (headings for field, headings in case.taken if field.name == suggestion.get("field"))
    wanted = dict.fromkeys([case.heading["heading"], *chain.from_iterable(beside)])
    rows = list(_newest(tenant_id, case.configuration.id))
    known = actors.names(tenant_id, ((type, id) for _, type, id, *_ in rows))
    found: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for at, type, id, sent, ignored in rows:
        for heading in wanted.keys() & {*(sent or ()), *(ignored or ())}:
            found[heading, known[type, id]].append(at)
    order = list(wanted)
    told = [
        Arrival(heading=heading, sender=sender, count=len(times), last=max(times))
        for (heading, sender), times in found.items()
    ]
    told.sort(key=lambda each: (order.index(each.heading), -each.count))
    return Arrivals(rows=told, records=len(rows), since=rows[-1][0] if rows else None)


def _newest(tenant_id: int, configuration_id: UUID) -> Iterator[tuple[Any, ...]]:
    """(time, type and id of the sender, what was sent, headings that nothing maps), newest first."""
    history = SentRecord.objects.filter(tenant_id=tenant_id).order_by("-at", "-id")
    beyond = history.values_list("at", flat=True)[LOOKED_AT : LOOKED_AT + 1].first()
    rows = history.filter(configuration_id=configuration_id)
    rows = rows if beyond is None else rows.filter(at__gt=beyond)
    found: Iterable[tuple[Any, ...]] = rows.values_list("at", "actor_type", "actor_id", "sent", "ignored")[:RECORDS]
    return iter(found)
