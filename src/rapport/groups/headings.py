"""What came under headings that nothing maps, added up outside of any record's own transaction.

Everything is bounded: what is beyond a bound is still counted.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from uuid_utils import uuid7

from rapport.groups.history import contact_keys
from rapport.groups.rendering import as_json
from rapport.groups.submission import Submission
from rapport.records.receipt import Prepared

#: How exactly it is known when a mapped heading was last sent.
MAPPED_SECONDS = 60.0
#: Characters of a heading and of a value that are kept.
HEADING_LIMIT = 255
VALUE_LIMIT = 1_000
#: Headings of a configuration (also in functions/unmapped_2.sql), and values of a heading, between two flushes.
HEADINGS_LIMIT = 200
VALUES_LIMIT = 100
#: Values of all headings between two flushes.
ALL_VALUES_LIMIT = 5_000


class Heading:
    """One unmapped heading since the last flush."""

    __slots__ = ("count", "first_seen", "last_seen", "values")

    def __init__(self, moment: datetime) -> None:
        self.count = 0
        self.first_seen = self.last_seen = moment
        #: The newest values, ready for `note_headings`.
        self.values: deque[dict[str, Any]] = deque(maxlen=VALUES_LIMIT)


class Headings:
    """One configuration's headings."""

    __slots__ = ("heard", "mapped", "told")

    def __init__(self) -> None:
        self.heard: dict[str, Heading] = {}
        #: Mapped headings that came since the last flush.
        self.mapped: set[str] = set()
        #: Mapped heading -> when it was last told, by the monotonic clock.
        self.told: dict[str, float] = {}


class Unmapped:
    """Adds up the headings of what was answered."""

    def __init__(self) -> None:
        self._by_configuration: dict[tuple[int, Any], Headings] = {}
        self._values = 0

    def note(self, tenant: int, submission: Submission, records: Sequence[Prepared]) -> None:
        """Count the headings of records of a submission; dry runs leave no trace, and what is replayed was counted."""
        if submission.configuration_id is None or submission.dry_run or submission.actor.type == "replay":
            return
        owner = (tenant, submission.configuration_id)
        headings = self._by_configuration.get(owner)
        if headings is None:
            headings = self._by_configuration[owner] = Headings()
        for record in records:
            if record.ignored:
                self._hear(headings, record, submission.keep_sent)
            elif record.headings:
                headings.mapped.update(record.sent)

    def _hear(self, headings: Headings, record: Prepared, keep: bool) -> None:
        """Count one record's unmapped headings, with their values where the tenant keeps what is sent."""
        moment = datetime.now(UTC)
        headings.mapped.update(record.sent.keys() - set(record.ignored))
        for name in record.ignored:
            heading = _clean(name)[:HEADING_LIMIT]
            heard = headings.heard.get(heading)
            if heard is None:
                if len(headings.heard) >= HEADINGS_LIMIT:
                    heading = ""
                heard = headings.heard.setdefault(heading, Heading(moment))
            heard.count += 1
            heard.last_seen = moment
            if keep and heading and self._values < ALL_VALUES_LIMIT:
                self._values += 1
                heard.values.append(_value(record, record.sent[name], moment))

    def collect(self) -> list[tuple[int, str]]:
        """Each tenant's headings, as JSON for `note_headings`; configurations that went quiet are forgotten."""
        self._by_configuration = {
            owner: headings for owner, headings in self._by_configuration.items() if headings.heard or headings.mapped
        }
        self._values = 0
        by_tenant: dict[int, dict[str, list[dict[str, Any]]]] = {}
        for (tenant, configuration), headings in self._by_configuration.items():
            lists = by_tenant.setdefault(tenant, {"headings": [], "values": [], "mapped": []})
            _tell(configuration, headings, lists)
        return [(tenant, as_json(lists).decode()) for tenant, lists in by_tenant.items() if any(lists.values())]


def _tell(configuration: Any, headings: Headings, lists: dict[str, list[dict[str, Any]]]) -> None:
    """Move headings into the lists of `note_headings`."""
    moment, now = datetime.now(UTC), monotonic()
    for heading, heard in headings.heard.items():
        named = {"configuration": configuration, "heading": heading}
        lists["headings"].append(
            named | {"count": heard.count, "first_seen": heard.first_seen, "last_seen": heard.last_seen}
        )
        lists["values"].extend(named | value for value in heard.values)
    headings.heard = {}
    for heading in headings.mapped:
        if now - headings.told.get(heading, -MAPPED_SECONDS) >= MAPPED_SECONDS:
            headings.told[heading] = now
            lists["mapped"].append({"configuration": configuration, "heading": _clean(heading), "last_seen": moment})
    headings.mapped = set()


def _value(record: Prepared, value: Any, moment: datetime) -> dict[str, Any]:
    """One value with the keys of its contact."""
    email, phone = contact_keys(record)
    return {
        "id": uuid7(),
        "at": moment,
        "value": _clean(_text(value))[:VALUE_LIMIT],
        "email_key": email,
        "phone_key": phone,
    }


def _text(value: Any) -> str:
    """A value as it was sent, or its JSON."""
    if isinstance(value, str):
        return value
    return "" if value is None else as_json(dict(value) if isinstance(value, Mapping) else value).decode()


def _clean(text: str) -> str:
    """Text that PostgreSQL can keep: NUL and unpaired surrogates become question marks."""
    return text.replace("\0", "?").encode("utf-8", "replace").decode()
