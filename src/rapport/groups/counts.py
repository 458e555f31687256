"""Counts of records by hour, sender, configuration and outcome, added up outside of any record's own transaction."""

from __future__ import annotations

from datetime import UTC, datetime
from time import time
from typing import Any

from rapport.groups.rendering import as_json
from rapport.groups.submission import Result, Submission

HOUR_SECONDS = 3600
#: Counts that are kept apart until they are collected (about 300 bytes each); what else comes meanwhile is not counted.
KEYS_LIMIT = 50_000
#: In the stead of what there is none of: primary keys know no null.
NOBODY = "00000000-0000-0000-0000-000000000000"


#: What is counted apart: tenant, hours since the epoch, type and id of the actor, configuration, outcome.
Key = tuple[int, int, str, Any, Any, str]


class Count:
    """Records of one key."""

    __slots__ = ("ignored", "last", "records")

    def __init__(self) -> None:
        self.records = 0
        #: Records with a heading that nothing maps.
        self.ignored = 0
        #: Seconds since the epoch.
        self.last = 0.0


class Counts:
    """Adds up what was answered."""

    def __init__(self) -> None:
        self._counts: dict[Key, Count] = {}

    def note(self, tenant: int, submission: Submission, result: Result) -> None:
        """Count the records of a submission that was answered; dry runs leave no trace."""
        if submission.dry_run:
            return
        now, counts = time(), self._counts
        told = (tenant, int(now) // HOUR_SECONDS, *submission.actor, submission.configuration_id)
        for position, record in enumerate(submission.records):
            key = (*told, result.outcome(position))
            count = counts.get(key) or self._begun(key)
            count.records += 1
            if record.ignored:
                count.ignored += 1
            count.last = now

    def _begun(self, key: Key) -> Count:
        """A new count."""
        count = Count()
        if len(self._counts) < KEYS_LIMIT:
            self._counts[key] = count
        return count

    def collect(self) -> list[tuple[int, str]]:
        """Each tenant's counts, emptied, as JSON for `count_records`."""
        by_tenant: dict[int, list[dict[str, Any]]] = {}
        for key, count in self._counts.items():
            by_tenant.setdefault(key[0], []).append(_told(key, count))
        self._counts = {}
        return [(tenant, as_json(told).decode()) for tenant, told in by_tenant.items()]


def _told(key: Key, count: Count) -> dict[str, Any]:
    """A count as `count_records` reads it."""
    _, hour, actor_type, actor_id, configuration_id, name = key
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
