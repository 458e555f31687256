"""Figures of answers: how many of each score, over time, by group; exact at any time (`feedback/known.py`).

What has only a touchpoint or a campaign in it, and begins and ends with an hour, is read from the hours that are rolled
up; all else from the answers themselves. Everything is read inside the tenant's scope.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Max, Min

from rapport.surveys.models import ScoreDay

from . import known
from .fields import JOINS, Field
from .statistics import Score

#: Groups that are told; the others are left out, the ones with the most answers first.
GROUPS_LIMIT = 100
_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which answers: given from `start` on and before `end`, whose fields have these values (None: none)."""

    start: datetime | None = None
    end: datetime | None = None
    where: tuple[tuple[Field, str | None], ...] = ()

    @property
    def rolls(self) -> bool:
        """Whether the hours that are rolled up can tell."""
        whole = all(not (each.minute or each.second or each.microsecond) for each in (self.start, self.end) if each)
        return whole and all(field.rolled for field, _ in self.where)

    def before(self) -> Wanted | None:
        """The same for the period of the same length before; None where it has no beginning or no end.

        None as well where that would begin before the calendar does.
        """
        if self.start is None or self.end is None:
            return None
        try:
            return replace(self, start=self.start - (self.end - self.start), end=self.start)
        except OverflowError:
            return None


@dataclass(frozen=True)
class Group:
    """Answers that have the same value."""

    value: str | None
    score: Score
    #: With those that have no score.
    answers: int


def counts(tenant_id: int, wanted: Wanted) -> dict[int | None, int]:
    """Score -> answers; None is no score."""
    more = {"split": split(wanted)}
    rows = select(tenant_id, "k.score, sum(k.n)", wanted, tail="group by 1 having sum(k.n) > 0", more=more)
    return {score: int(n) for score, n in rows}


def trend(tenant_id: int, wanted: Wanted, zone: str, unit: str) -> list[tuple[date, Score]]:
    """The answers of each local `day`, `week` or `month` in which there were any, oldest first."""
    columns = "date_trunc(%(unit)s, k.at at time zone %(zone)s)::date, k.score, sum(k.n)"
    steps = _steps(tenant_id, wanted, ZoneInfo(zone), unit) if wanted.rolls else []
    more = {"unit": unit, "zone": zone, "split": split(wanted, steps)}
    rows = select(tenant_id, columns, wanted, tail="group by 1, 2 order by 1", more=more)
    return [(key, score) for key, score, answers in _scores(rows) if answers]


def groups(tenant_id: int, wanted: Wanted, field: Field) -> list[Group]:
    """The answers by the value of a field, the most frequent first."""
    more = {"split": split(wanted)}
    found = _scores(
        select(tenant_id, f"{field.sql}, k.score, sum(k.n)", wanted, field, tail="group by 1, 2", more=more)
    )
    rows = [Group(value, score, answers) for value, score, answers in found if answers]
    return sorted(rows, key=lambda row: (-row.answers, row.value or ""))[:GROUPS_LIMIT]


def few(tenant_id: int, wanted: Wanted, most: int) -> list[UUID]:
    """The answers with a score, the newest first."""
    tail = f"and k.score is not null order by k.at desc, k.seq desc limit {most:d}"
    return [id for (id,) in select(tenant_id, "k.id", wanted, tail=tail, rolls=False)]


def select(
    tenant_id: int,
    columns: str,
    wanted: Wanted,
    *fields: Field,
    tail: str = "",
    rolls: bool = True,
    more: Mapping[str, Any] | None = None,
) -> list[tuple[Any, ...]]:
    """The columns of the wanted answers, `k`, among whose tables are those of `fields`; `tail` follows `where`."""
    parts = ("select", columns, "from", source(wanted, *fields, rolls=rolls), "where", conditions(wanted), tail)
    return known.query(tenant_id, " ".join(parts), parameters(wanted, *fields) | dict(more or {}))


def split(wanted: Wanted, steps: Iterable[datetime] = ()) -> list[datetime]:
    """The days of UTC in which a period, or a step of a trend, begins or ends: they are read by the hour."""
    bounds = [each.astimezone(UTC) for each in (wanted.start, wanted.end, *steps) if each is not None]
    return sorted({_day(each) for each in bounds if each != _day(each)})


def _steps(tenant_id: int, wanted: Wanted, zone: ZoneInfo, unit: str) -> Iterator[datetime]:
    """The local midnights with which the steps of a trend begin, as far as there are answers."""
    days = ScoreDay.objects.filter(tenant_id=tenant_id).aggregate(first=Min("day"), last=Max("day"))
    if days["first"] is None:
        return
    start = max(filter(None, (wanted.start, days["first"])))
    end = min(filter(None, (wanted.end, days["last"] + 2 * _DAY)))
    if start >= end:  # nothing is rolled up; either may be at the end of the calendar
        return
    first = start.astimezone(zone).date()
    for number in range((end.astimezone(zone).date() - first).days + 2):
        day = first + number * _DAY
        if unit == "day" or (unit == "week" and day.weekday() == 0) or (unit == "month" and day.day == 1):
            yield datetime.combine(day, time(), zone)


def _day(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def source(wanted: Wanted, *fields: Field, rolls: bool = True) -> str:
    """What a query selects from: the relation as `k`, with the tables that its fields are in."""
    rolled = rolls and wanted.rolls and all(field.rolled for field in fields)
    return f"{'rolled' if rolled else 'known'} k {joins(wanted, *fields)}"


def joins(wanted: Wanted, *fields: Field) -> str:
    """The tables beside a relation `k` that the fields are in."""
    used = [field for field, _ in wanted.where] + list(fields)
    return " ".join(JOINS[alias] for alias in dict.fromkeys(alias for field in used for alias in field.joins))


def conditions(wanted: Wanted) -> str:
    """What its `where` says."""
    told = ["true"]
    if wanted.start is not None:
        told.append("k.at >= %(start)s")
    if wanted.end is not None:
        told.append("k.at < %(end)s")
    for place, (field, value) in enumerate(wanted.where):
        told.append(f"({field.sql}) is null" if value is None else f"({field.sql}) = %(value{place})s")
    return " and ".join(told)


def parameters(wanted: Wanted, *fields: Field) -> dict[str, Any]:
    """What its places hold."""
    told: dict[str, Any] = {"start": wanted.start, "end": wanted.end}
    for place, (field, value) in enumerate(wanted.where):
        told |= {f"value{place}": value, **field.parameters}
    for field in fields:
        told |= field.parameters
    return told


def _scores(rows: Iterable[tuple[Any, int | None, Any]]) -> Iterator[tuple[Any, Score, int]]:
    """Key, score and answers of rows (key, score, n)."""
    found: dict[Any, dict[int | None, int]] = {}
    for key, score, n in rows:
        found.setdefault(key, {})[score] = int(n)
    yield from ((key, Score.of(counted), sum(counted.values())) for key, counted in found.items())


def change(now: Score, then: Score) -> float | None:
    """How many points a score has moved; None where one of them is none."""
    if now.score is None or then.score is None:
        return None
    return now.score - then.score


def unit(wanted: Wanted) -> str:
    """What a trend over such a period steps by."""
    if wanted.start is None or wanted.end is None:
        return "month"
    span = wanted.end - wanted.start
    return "day" if span <= timedelta(days=45) else "week" if span <= timedelta(days=400) else "month"
