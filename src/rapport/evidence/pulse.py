"""What comes in, read from the hourly counts: the chart and what needs attention.

Everything is read inside the tenant's scope, by the beginning of the counts' primary key.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise
from typing import Any, Literal, NamedTuple

from django.db.models import Count, Max, Sum
from django.db.models.functions import TruncMinute

from rapport.configurations import copies, unmapped
from rapport.connected_apps.senders import DAY, HOUR, Sender, Source, senders
from rapport.history.models import ERRORS, OUTCOMES, HourlyCount, SentRecord, this_hour

#: A source fails with more errors than this share, of at least so many records, in one of these spans.
FAILING_SHARE = 0.2
FAILING_RECORDS = 10
FAILING_SPANS = ((2, "two hours"), (24, "24 hours"))
#: So many records that were not written in a day are told even where no source fails.
REFUSED_RECORDS = 10
#: A source that sent in so many hours of the last week is missed after this multiple of its longest pause in them.
WEEK = 7 * DAY
REGULAR_HOURS = 12
QUIET_TIMES = 3
QUIET_AT_LEAST = 2 * HOUR
#: Unmapped headings of this week that are looked at, and that are worth a line each; one is worth it from so many
#: values on, or where a heading that is mapped went quiet as it began. The others are one line together.
UNMAPPED, UNMAPPED_SHOWN, UNMAPPED_WORTH = 1_000, 5, 10
#: Of a system that has begun within this time its last hour is shown, as long as that is so many records.
NEW, NEW_RECORDS = HOUR, 100_000
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """One column of the chart."""

    #: In the time zone that was asked for.
    start: datetime
    #: Every outcome -> records.
    records: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that a person should look at."""

    kind: Literal["failing", "quiet", "unmapped", "others", "untold", "refused"]
    sentence: str
    counts: Mapping[str, int]
    #: What it is about: `type` and `id` of a source, or `configuration` and `heading`.
    about: Mapping[str, str]
    #: From when on the records came that it counts.
    since: datetime | None = None


class Hour(NamedTuple):
    """What one source sent in one hour with one outcome."""

    start: datetime
    outcome: str
    records: int
    last_at: datetime


def chart(tenant_id: int, zone: tzinfo, span: Literal["24h", "30d"], now: datetime | None = None) -> list[Bucket]:
    """The last 24 hours or 30 days, the present one included, oldest first.

    Counts know whole hours of UTC: where the zone's days begin within one, that hour belongs to the earlier day.
    """
    hour = this_hour(now)
    if span == "24h":
        starts = [(hour - number * HOUR).astimezone(zone) for number in range(23, -1, -1)]
    else:
        today = hour.astimezone(zone)
        starts = [_midnight(today - number * DAY) for number in range(29, -1, -1)]
    since = starts[0].astimezone(UTC)
    counts = HourlyCount.objects.filter(tenant_id=tenant_id, hour__gte=since).values_list("hour", "outcome")
    found: list[Counter[str]] = [Counter() for _ in starts]
    indexes = {start.astimezone(UTC) if span == "24h" else start.date(): at for at, start in enumerate(starts)}
    for start, outcome, records in counts.annotate(Sum("records")):
        index = indexes.get(start if span == "24h" else start.astimezone(zone).date())
        if index is not None:
            found[index][outcome] += records
    return [
        Bucket(start=start, records={outcome: count[outcome] for outcome in OUTCOMES})
        for start, count in zip(starts, found, strict=True)
    ]


def is_new(tenant_id: int, now: datetime | None = None) -> bool:
    """Whether a system has begun only now, so that a day would be a single column."""
    counts, begun = HourlyCount.objects.filter(tenant_id=tenant_id), this_hour(now) - NEW
    if counts.filter(hour__lt=begun).exists():
        return False
    records = counts.filter(hour__gte=begun).aggregate(all=Sum("records"))["all"]
    return records is not None and records <= NEW_RECORDS


def minutes(tenant_id: int, zone: tzinfo, now: datetime | None = None) -> list[Bucket]:
    """The last sixty minutes, the present one included, counted from the history. Index: its primary key."""
    present = (now or datetime.now(UTC)).replace(second=0, microsecond=0)
    starts = [present - number * MINUTE for number in range(59, -1, -1)]
    rows = SentRecord.objects.filter(tenant_id=tenant_id, at__gte=starts[0]).annotate(
        minute=TruncMinute("at", tzinfo=UTC)
    )
    found: dict[datetime, Counter[str]] = {start: Counter() for start in starts}
    for minute, outcome, records in rows.values_list("minute", "outcome").annotate(Count("id")):
        if minute in found:
            found[minute][outcome] += records
    return [
        Bucket(start=start.astimezone(zone), records={outcome: count[outcome] for outcome in OUTCOMES})
        for start, count in found.items()
    ]


def _midnight(moment: datetime) -> datetime:
    """The beginning of a local day."""
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def attention(tenant_id: int, now: datetime | None = None) -> list[Finding]:
    """What is wrong, most important first: failing sources, silent ones, headings that nothing maps."""
    now = now or datetime.now(UTC)
    rows = HourlyCount.lately(tenant_id, WEEK, now)
    by_sender: dict[Sender, list[Hour]] = defaultdict(list)
    hours = rows.values_list("actor_type", "actor_id", "hour", "outcome").annotate(Sum("records"), Max("last_at"))
    for actor_type, actor_id, *rest in hours:
        by_sender[actor_type, actor_id].append(Hour(*rest))
    active = {sender: source for sender, source in senders(tenant_id).items() if source.active and sender in by_sender}
    failing = [found for sender, source in active.items() if (found := _failing(source, by_sender[sender], now))]
    quiet = [found for sender, source in active.items() if (found := _quiet(source, by_sender[sender], now))]
    failing.sort(key=lambda finding: -finding.counts["errors"])
    quiet.sort(key=lambda finding: -finding.counts["hours"])
    refused = _refused(by_sender, {finding.about["id"] for finding in failing}, now)
    return [*failing, *refused, *quiet, *_unmapped(tenant_id, now)]


def _refused(by_sender: Mapping[Sender, Iterable[Hour]], failing: set[str], now: datetime) -> Iterator[Finding]:
    """What was not written over the day, where enough of it comes from others than the sources that fail."""
    since = this_hour(now) - DAY + HOUR
    recent = [(str(id), row) for (_, id), rows in by_sender.items() for row in rows if row.start >= since]
    errors = [(id, row.records) for id, row in recent if row.outcome in ERRORS]
    counts = {"errors": sum(count for _, count in errors), "records": sum(row.records for _, row in recent)}
    others = sum(count for id, count in errors if id not in failing)
    if others >= REFUSED_RECORDS:
        more = f", {others:,} of them from other senders" if others != counts["errors"] else ""
        told = f"{counts['errors']:,} of {counts['records']:,} records were not written in the last 24 hours{more}."
        yield Finding(kind="refused", sentence=told, counts=counts, about={}, since=since)


def _failing(source: Source, rows: Iterable[Hour], now: datetime) -> Finding | None:
    """Whether too much of what a source sends is refused, now or over the day."""
    for hours, span in FAILING_SPANS:
        since = this_hour(now) - (hours - 1) * HOUR
        recent = [row for row in rows if row.start >= since]
        records = sum(row.records for row in recent)
        errors = sum(row.records for row in recent if row.outcome in ERRORS)
        if records >= FAILING_RECORDS and errors > FAILING_SHARE * records:
            told = f"{errors:,} of {records:,} records from {source.name} were not written in the last {span}."
            counts = {"errors": errors, "records": records, "hours": hours}
            return Finding(kind="failing", sentence=told, counts=counts, about=_about(source), since=since)
    return None


def _quiet(source: Source, rows: Iterable[Hour], now: datetime) -> Finding | None:
    """Whether a source that sends regularly is silent for longer than it usually is."""
    last: dict[datetime, datetime] = {}
    for row in rows:
        last[row.start] = max(row.last_at, last.get(row.start, row.last_at))
    if len(last) < REGULAR_HOURS:
        return None
    hours = sorted(last)
    pause = max(later - last[earlier] for earlier, later in pairwise(hours))
    silence = now - last[hours[-1]]
    if silence <= max(QUIET_AT_LEAST, QUIET_TIMES * pause):
        return None
    counts = {"hours": silence // HOUR, "longest_pause_hours": max(1, -(-pause // HOUR))}
    told = (
        f"{source.name} has sent nothing for {counts['hours']} hours;"
        f" in the days before it never paused for more than {_hours(counts['longest_pause_hours'])}."
    )
    return Finding(kind="quiet", sentence=told, counts=counts, about=_about(source))


def _unmapped(tenant_id: int, now: datetime) -> list[Finding]:
    """Headings that came this week without being mapped or dismissed, by worth; those of little worth together."""
    rows = unmapped.headings(tenant_id, limit=UNMAPPED)
    lately = [row for row in rows if row["heading"] and datetime.fromisoformat(row["last_seen"]) > now - WEEK]
    mended = copies.mended(tenant_id, lately)
    named = [_named_still(place, each) for place, each in mended.items() if each.came][:UNMAPPED_SHOWN]
    lately = [row for row in lately if (row["configuration"], row["heading"]) not in mended]
    lately.sort(key=lambda row: _worth(row, now), reverse=True)
    worth = [row for row in lately if _quiet_for(row) or row["count"] >= UNMAPPED_WORTH][:UNMAPPED_SHOWN]
    # In a system with little to tell, little is told.
    shown = worth or lately[:1]
    found = [
        Finding(
            kind="unmapped",
            sentence=_guess(row),
            counts={"values": row["count"]},
            about={"configuration": row["configuration"], "heading": row["heading"]},
        )
        for row in shown
    ]
    others = [row for row in lately if row not in shown]
    return [*found, *([_others(others, found)] if others else []), *named]


def _named_still(place: copies.Place, mended: copies.Mended) -> Finding:
    """A heading that a copy maps, and whose sender names the default still."""
    reference, heading = place
    told = f"{heading} is mapped in {mended.copy.name}, but {mended.sentence}: they send configuration={reference}."
    about = {"configuration": reference, "heading": heading}
    return Finding(kind="untold", sentence=told, counts={"values": mended.values}, about=about)


def _quiet_for(row: Mapping[str, Any]) -> bool:
    """Whether a heading that is mapped went quiet as this one began."""
    return "went_quiet" in (row["suggestion"] or {}).get("reasons", ())


def _worth(row: Mapping[str, Any], now: datetime) -> tuple[bool, float]:
    """What a heading is worth: first those that took the place of another, then by values, the rising ones more."""
    hours = max(1.0, (now - datetime.fromisoformat(row["first_seen"])) / HOUR)
    return _quiet_for(row), row["count"] * (1 + 1 / hours)


def _others(rows: Sequence[Mapping[str, Any]], shown: Sequence[Finding]) -> Finding:
    values = sum(row["count"] for row in rows)
    more = "other " if shown else ""
    headings = f"1 {more}heading" if len(rows) == 1 else f"{len(rows):,} {more}headings"
    told = f"{headings} arrived this week, {_values(values)} in all, which nothing maps."
    return Finding(kind="others", sentence=told, counts={"headings": len(rows), "values": values}, about={})


def _values(count: int) -> str:
    return "1 value" if count == 1 else f"{count:,} values"


def _guess(row: Mapping[str, Any]) -> str:
    """An unmapped heading in words."""
    told = f"{_values(row['count'])} arrived under {row['heading']}, which nothing maps"
    return f"{told}; it may be {row['suggestion']['heading']}." if row["suggestion"] else f"{told}."


def _about(source: Source) -> dict[str, str]:
    return {"type": source.type, "id": str(source.id)}


def _hours(number: int) -> str:
    return "1 hour" if number == 1 else f"{number} hours"
