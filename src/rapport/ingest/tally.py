"""Counts of records by hour, sender, configuration and outcome, added up outside of any record's own transaction."""

from __future__ import annotations

from datetime import UTC, datetime
from time import time
from typing import Any

from rapport.db.queries import statement
from rapport.ingest.handover import Handover
from rapport.ingest.history import outcome
from rapport.ingest.http import as_json
from rapport.ingest.store import Store
from rapport.ingest.submission import Result, Submission

HOUR_SECONDS = 3600
#: Counts that are kept apart between two handovers (about 300 bytes each); what else comes meanwhile is not counted.
PLACES_LIMIT = 50_000
#: In the place of what there is none of: primary keys know no null.
NOBODY = "00000000-0000-0000-0000-000000000000"


#: What is counted apart: tenant, hours since the epoch, type and id of the actor, configuration, outcome.
Place = tuple[int, int, str, Any, Any, str]


class Count:
    """Records of one place since the last handover."""

    __slots__ = ("ignored", "last", "records")

    def __init__(self) -> None:
        self.records = 0
        #: Records with a heading that nothing maps.
        self.ignored = 0
        #: Seconds since the epoch.
        self.last = 0.0


class Tally:
    """Counts what was answered, and hands it over."""

    def __init__(self, store: Store) -> None:
        self._counts: dict[Place, Count] = {}
        self._handover = Handover(store, statement("count_records"), self._collect)

    def note(self, tenant: int, submission: Submission, result: Result) -> None:
        """Count the records of a submission that was answered; dry runs leave no trace."""
        if submission.dry_run:
            return
        now, counts = time(), self._counts
        told = (tenant, int(now) // HOUR_SECONDS, *submission.actor, submission.configuration_id)
        for position, record in enumerate(submission.records):
            place = (*told, outcome(result, position))
            count = counts.get(place) or self._begun(place)
            count.records += 1
            if record.ignored:
                count.ignored += 1
            count.last = now
        self._handover.wake()

    def _begun(self, place: Place) -> Count:
        """A new count of a place."""
        count = Count()
        if len(self._counts) < PLACES_LIMIT:
            self._counts[place] = count
        return count

    async def close(self) -> None:
        """Hand over what is left."""
        await self._handover.close()

    def _collect(self) -> list[tuple[int, str]]:
        """Each tenant's counts, emptied, as JSON for `count_records`."""
        by_tenant: dict[int, list[dict[str, Any]]] = {}
        for place, count in self._counts.items():
            by_tenant.setdefault(place[0], []).append(_told(place, count))
        self._counts = {}
        return [(tenant, as_json(told).decode()) for tenant, told in by_tenant.items()]


def _told(place: Place, count: Count) -> dict[str, Any]:
    """A count as `count_records` reads it."""
    _, hour, actor_type, actor_id, configuration_id, name = place
    return {
        "hour": datetime.fromtimestamp(hour * HOUR_SECONDS, UTC),
        "actor_type": actor_type,
        "actor_id": actor_id or NOBODY,
        "configuration_id": configuration_id or NOBODY,
        "outcome": name,
        "records": count.records,
        "records_ignored": count.ignored,
        "last_at": datetime.fromtimestamp(count.last, UTC),
    }
