"""What a draft would make of records that came: each is mapped as the configuration does now and as it would; pure.

Both go through `records.mapping`, like every record that is written. What only the store knows, such as whether a
contact exists, is not asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from rapport.records.mapping import Mapping as Headings
from rapport.records.mapping import is_empty
from rapport.records.receipt import Prepared
from rapport.tenants.answers import moment

#: Records that are shown of those that fail, and characters that are shown of a value.
EXAMPLES, SHOWN = 10, 200
#: How a value is told that clears the stored one; no value that is stored is empty.
CLEARED = ""


class Sent(NamedTuple):
    """A record of the history: its id, when it came, and heading -> value."""

    id: UUID
    at: datetime
    sent: Mapping[str, Any]


@dataclass
class Group:
    """Records that fail: how many, and the first of them with their sentences."""

    count: int = 0
    examples: list[dict[str, Any]] = field(default_factory=list)

    def add(self, record: Sent, errors: Mapping[str, list[str]]) -> None:
        """Counts a record."""
        self.count += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append({"record": str(record.id), "at": moment(record.at), "errors": dict(errors)})


@dataclass
class Values:
    """What becomes of one field: in how many records, and in the first of them."""

    field: str
    label: str
    example: dict[str, Any]
    count: int = 1


class Rehearsal:
    """Compares, record by record, newest first."""

    def __init__(self, now: Headings, then: Headings, labels: Mapping[str, str]) -> None:
        self._now, self._then, self._labels = now, then, labels
        self.records = 0
        self.first: datetime | None = None
        self.last: datetime | None = None
        #: Whether time was over before all records were looked at.
        self.cut_short = False
        self.failing, self.passing = Group(), Group()
        self.gained: dict[str, Values] = {}
        self.lost: dict[str, Values] = {}
        self.changed: dict[str, Values] = {}
        self._unused = dict.fromkeys((each for each in now.fields if each not in then.fields), 0)
        self._used = dict.fromkeys((each for each in then.fields if each not in now.fields), 0)

    def look(self, records: Iterable[Sent]) -> None:
        """Takes records into account."""
        for record in records:
            self.records += 1
            self.first, self.last = record.at, self.last or record.at
            for counts in (self._unused, self._used):
                for heading in counts.keys() & record.sent.keys():
                    counts[heading] += not is_empty(record.sent[heading])
            now, then = self._now.prepare(record.sent), self._then.prepare(record.sent)
            if then.errors and not now.errors:
                self.failing.add(record, then.errors)
            elif now.errors and not then.errors:
                self.passing.add(record, now.errors)
            elif not now.errors:
                self._compare(record, now, then)

    @property
    def unused(self) -> list[dict[str, Any]]:
        """Headings that are mapped and would be no longer, with how many records brought a value under each."""
        return [self._heading(*each, self._now) for each in self._unused.items()]

    @property
    def used(self) -> list[dict[str, Any]]:
        """Headings that would be mapped and are not yet, like `unused`."""
        return [self._heading(*each, self._then) for each in self._used.items()]

    @property
    def nothing(self) -> bool:
        """Whether nothing would change."""
        told = (self.failing.count, self.passing.count, self.gained, self.lost, self.changed, self._unused, self._used)
        return not any(told)

    @property
    def fields(self) -> list[tuple[str, Values]]:
        """What becomes of values, for people: a word, and the field."""
        told = (("gained", self.gained), ("lost", self.lost), ("changed", self.changed))
        return [(word, each) for word, values in told for each in values.values()]

    @property
    def headings(self) -> list[tuple[str, dict[str, Any]]]:
        """What becomes of headings, for people: a word, and the heading."""
        gone = [("no longer used", each) for each in self.unused]
        return gone + [("newly used", each) for each in self.used]

    def as_json(self) -> dict[str, Any]:
        """All of it as callers see it."""
        return {
            "records": self.records,
            "from": self.first and moment(self.first),
            "to": self.last and moment(self.last),
            "cut_short": self.cut_short,
            "newly_failing": vars(self.failing),
            "newly_passing": vars(self.passing),
            "values_gained": [vars(each) for each in self.gained.values()],
            "values_lost": [vars(each) for each in self.lost.values()],
            "values_changed": [vars(each) for each in self.changed.values()],
            "headings_no_longer_used": self.unused,
            "headings_newly_used": self.used,
        }

    def _compare(self, record: Sent, now: Prepared, then: Prepared) -> None:
        """Tells of every field whose value would be another."""
        before, after = dict(_values(now)), dict(_values(then))
        for name in {**before, **after}:
            old, new = before.get(name), after.get(name)
            if old != new:
                had, has = old not in (None, CLEARED), new not in (None, CLEARED)
                place = self.changed if had == has else self.gained if has else self.lost
                if name in place:
                    place[name].count += 1
                else:
                    example = {"record": str(record.id), "old": _shown(old), "new": _shown(new)}
                    place[name] = Values(name, self._labels.get(name, name), example)

    def _heading(self, heading: str, count: int, mapping: Headings) -> dict[str, Any]:
        name = mapping.fields[heading]
        return {"heading": heading, "field": name, "label": self._labels.get(name, name), "count": count}


def _values(record: Prepared) -> Iterator[tuple[str, Any]]:
    """Field -> value to store, `CLEARED` where the stored one is cleared; custom fields as a mapping names them."""
    for name, value in record.values.items():
        yield name, CLEARED if value is None else value
    for owner, values in record.custom.items():
        for name, value in values.items():
            yield f"{owner}.{name}", CLEARED if value is None else value


def _shown(value: Any) -> Any:
    return value[:SHOWN] + "…" if isinstance(value, str) and len(value) > SHOWN else value
