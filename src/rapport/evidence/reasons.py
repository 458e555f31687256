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
    """What records were refused with: a sentence, or several that came together."""

    sentences: tuple[str, ...]
    count: int
    #: The newest of them.
    example: SentRecord

    @property
    def sentence(self) -> str:
        """All of them."""
        return " ".join(self.sentences)

    @property
    def wanted(self) -> str:
        """As a filter of the request history names it."""
        return "\n".join(self.sentences)


def grouped(rows: Iterable[SentRecord]) -> Sequence[Reason]:
    """The reasons of refused records, given newest first; the most frequent first. Each record is in one."""
    found: dict[frozenset[str], list[SentRecord]] = defaultdict(list)
    for row in rows:
        if told := _sentences(row):
            found[frozenset(told)].append(row)
    reasons = [Reason(sentences=_sentences(own[0]), count=len(own), example=own[0]) for own in found.values()]
    return sorted(reasons, key=lambda reason: -reason.count)[:TOLD]


def _sentences(row: SentRecord) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for texts in (row.errors or {}).values() for text in texts))
