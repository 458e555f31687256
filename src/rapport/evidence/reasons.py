"""Why records were refused, added up from the newest of them; in their tenant's scope."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rapport.history.models import SentRecord

#: Refused records that are looked at.
RECORDS = 2_000
#: Reasons that are told.
TOLD = 20


@dataclass(frozen=True, kw_only=True)
class Reason:
    """A sentence with which records were refused."""

    sentence: str
    count: int
    #: The newest of them.
    example: SentRecord


def grouped(rows: Iterable[SentRecord]) -> Sequence[Reason]:
    """The reasons of refused records, given newest first; the most frequent reason comes first."""
    found: dict[str, list[SentRecord]] = defaultdict(list)
    for row in rows:
        for sentence in {text for texts in (row.errors or {}).values() for text in texts}:
            found[sentence].append(row)
    told = [Reason(sentence=each, count=len(own), example=own[0]) for each, own in found.items()]
    return sorted(told, key=lambda reason: -reason.count)[:TOLD]
