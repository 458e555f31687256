"""What the Home page says, from counts that are written as ingest leaves them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from uuid_utils.compat import uuid7

from rapport.configurations.models import Configuration
from rapport.connected_apps import webhooks
from rapport.connected_apps.models import Webhook
from rapport.connected_apps.senders import sources
from rapport.evidence import pulse
from rapport.history.models import UnmappedHeading
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope
from tests.connected_apps.counted import HOUR, NOW, app_of, ask, put
from tests.evidence.delivery import deliver

if TYPE_CHECKING:
    from tests.cast import Cast, Person
    from tests.conftest import Database


def heading(person: Person, name: str, count: int, at: datetime) -> None:
    with tenant_scope(person.tenant) as tenant_id:
        contact = Configuration.objects.get(tenant_id=tenant_id, reference="contact")
        UnmappedHeading.objects.create(
            tenant_id=tenant_id, configuration_id=contact.id, heading=name, count=count, first_seen=at, last_seen=at
        )


def sums(person: Person, zone: str, span: str, now: datetime = NOW) -> dict[str, int]:
    """Start of each column that has anything -> its records."""
    columns = ask(pulse.chart, person, ZoneInfo(zone), span, now=now)
    return {str(column.start): total for column in columns if (total := sum(column.records.values()))}


# The chart.


def test_the_day_has_twenty_four_hours_up_to_the_present_one(cast: Cast) -> None:
    put(cast.alice, 0, 1)
    put(cast.alice, 0, 2, "rejected")
    put(cast.alice, 0, 3)
    put(cast.alice, 23, 4)
    put(cast.alice, 24, 8)
    columns = ask(pulse.chart, cast.alice, UTC, "24h")
    assert [column.start for column in columns] == [NOW.replace(minute=0) - n * HOUR for n in range(23, -1, -1)]
    nothing = dict.fromkeys(("created", "updated", "unchanged", "rejected", "not_written", "replayed"), 0)
    assert columns[-1].records == nothing | {"created": 4, "rejected": 2}
    assert columns[0].records == nothing | {"created": 4}
    assert sum(sum(column.records.values()) for column in columns) == 10
    assert ask(pulse.chart, cast.charlie, UTC, "24h")[-1].records == nothing


def test_days_are_those_of_the_time_zone(cast: Cast) -> None:
    put(cast.alice, 12.5, 1)  # 00:10 in London, 19:10 the day before in New York
    put(cast.alice, 13.5, 2)  # 23:10 the day before
    put(cast.alice, 24 * 29 + 12, 4)
    put(cast.alice, 24 * 30 + 12, 8)
    assert sums(cast.alice, "Europe/London", "30d") == {
        "2026-10-25 00:00:00+01:00": 4, "2026-11-22 00:00:00+00:00": 2, "2026-11-23 00:00:00+00:00": 1
    }  # fmt: skip
    assert sums(cast.alice, "America/New_York", "30d") == {"2026-11-22 00:00:00-05:00": 3}
    assert len(ask(pulse.chart, cast.alice, ZoneInfo("Asia/Kolkata"), "30d")) == 30


def test_the_hours_of_a_zone_are_told_in_it(cast: Cast) -> None:
    put(cast.alice, 1, 1)
    assert sums(cast.alice, "Asia/Tokyo", "24h") == {"2026-11-23 20:00:00+09:00": 1}
    assert sums(cast.alice, "Asia/Kolkata", "24h") == {"2026-11-23 16:30:00+05:30": 1}


def test_the_hour_that_comes_twice_is_two_columns(cast: Cast) -> None:
    """On 1 November 2026 New York's clocks went back from 2:00 to 1:00."""
    now = datetime(2026, 11, 1, 12, tzinfo=UTC)
    for hour in (5, 6):
        put(cast.alice, (NOW - now.replace(hour=hour, minute=30)) / HOUR, hour)
    assert sums(cast.alice, "America/New_York", "24h", now) == {
        "2026-11-01 01:00:00-04:00": 5, "2026-11-01 01:00:00-05:00": 6
    }  # fmt: skip
    assert sums(cast.alice, "America/New_York", "30d", now) == {"2026-11-01 00:00:00-04:00": 11}


# What needs attention.


def findings(person: Person, now: datetime = NOW) -> list[tuple[str, str]]:
    return [(finding.kind, finding.sentence) for finding in ask(pulse.attention, person, now=now)]


def test_nothing_needs_attention_where_all_is_well(cast: Cast) -> None:
    for ago in range(100):
        put(cast.alice, ago, 10)
    put(cast.alice, 1, 2, "rejected")
    assert findings(cast.alice) == []


def test_a_source_that_fails_now(cast: Cast) -> None:
    put(cast.alice, 0.2, 7)
    put(cast.alice, 1, 2, "rejected")
    put(cast.alice, 1, 1, "not_written")
    (found,) = ask(pulse.attention, cast.alice)
    assert (found.kind, found.sentence) == (
        "failing",
        "3 of 10 records from Alice's app were not written in the last two hours.",
    )
    assert found.counts == {"errors": 3, "records": 10, "hours": 2}
    assert found.about == {"type": "app", "id": str(app_of(cast.alice))}


def test_a_source_that_fails_over_the_day(cast: Cast) -> None:
    put(cast.alice, 20, 1000, "rejected")
    put(cast.alice, 0, 9)
    assert findings(cast.alice) == [
        ("failing", "1,000 of 1,009 records from Alice's app were not written in the last 24 hours.")
    ]


@pytest.mark.parametrize(("right", "wrong"), [(8, 2), (0, 9), (80, 20)])
def test_a_few_errors_are_no_failure(cast: Cast, right: int, wrong: int) -> None:
    put(cast.alice, 1, right)
    put(cast.alice, 1, wrong, "rejected")
    told = [("refused", "20 of 100 records were not written in the last 24 hours.")] if wrong == 20 else []
    assert findings(cast.alice) == told


@pytest.mark.parametrize(
    ("hours", "told"),
    [
        # Every hour for half a day, then silence.
        (range(5, 20), ("5 hours", "1 hour")),
        # It paused for six hours once.
        ([19, *range(25, 40)], ("19 hours", "6 hours")),
        ([17, *range(25, 40)], None),
        # Too rare to be missed.
        (range(5, 16), None),
        # Nights are no silence.
        ([*range(13, 25), *range(38, 50)], None),
        (range(2, 20), None),
    ],
)
def test_a_source_that_went_quiet(cast: Cast, hours: Any, told: tuple[str, str] | None) -> None:
    for ago in hours:
        put(cast.alice, ago, 1)
    sentence = "Alice's app has sent nothing for {}; in the days before it never paused for more than {}."
    assert findings(cast.alice) == ([("quiet", sentence.format(*told))] if told else [])


def test_two_hours_of_silence_are_nothing_yet(cast: Cast) -> None:
    """However lively it was: its hours end with a record in the last second."""
    for ago in range(1, 20):
        put(cast.alice, ago - 1 / 3 + 1 / 3600, 1)
    assert findings(cast.alice, NOW + 79 * timedelta(minutes=1)) == []
    assert len(findings(cast.alice, NOW + 81 * timedelta(minutes=1))) == 1


def test_nobody_misses_what_was_stopped(cast: Cast, database: Database) -> None:
    made = webhooks.create(cast.alice.tenant, COMMAND, "contact", database.settings)
    for ago in range(5, 20):
        put(cast.alice, ago, 1, sender=("webhook", made.id))
        put(cast.alice, ago, 1, "rejected", sender=("user", uuid7()))
    assert [kind for kind, _ in findings(cast.alice)] == ["refused", "quiet"]
    with tenant_scope(cast.alice.tenant) as tenant_id:
        Webhook.objects.filter(tenant_id=tenant_id).update(active=False)
    assert [kind for kind, _ in findings(cast.alice)] == ["refused"]


def test_unmapped_headings_are_told_with_a_guess(cast: Cast) -> None:
    heading(cast.alice, "Shoe Size", 1, NOW - HOUR)
    heading(cast.alice, "Frist Name", 1200, NOW - 2 * HOUR)
    heading(cast.alice, "", 5000, NOW)
    heading(cast.alice, "Old", 7, NOW - timedelta(days=8))
    found = ask(pulse.attention, cast.alice)
    assert [finding.sentence for finding in found] == [
        "1,200 values arrived under Frist Name, which nothing maps; it may be First Name.",
        "1 other heading arrived this week, 1 value in all, which nothing maps.",
    ]
    assert found[0].counts == {"values": 1200}
    assert found[0].about == {"configuration": "contact", "heading": "Frist Name"}
    with tenant_scope(cast.alice.tenant) as tenant_id:
        UnmappedHeading.objects.filter(tenant_id=tenant_id, heading="Frist Name").update(dismissed_at=NOW)
    assert len(findings(cast.alice)) == 1


def test_what_came_once_does_not_bury_what_matters(cast: Cast) -> None:
    for number in range(30):
        heading(cast.alice, f"nested {number}", 1, NOW)
    for name, count in (("Shoe Size", 40), ("Fax", 500), ("Nachname", 12)):
        heading(cast.alice, name, count, NOW - 3 * HOUR)
    told = [finding.sentence for finding in ask(pulse.attention, cast.alice)]
    assert [sentence.partition(",")[0] for sentence in told[:3]] == [
        "500 values arrived under Fax",
        "40 values arrived under Shoe Size",
        "12 values arrived under Nachname",
    ]
    assert told[3:] == ["30 other headings arrived this week, 30 values in all, which nothing maps."]


def test_a_system_that_begins_is_shown_by_minutes(cast: Cast, database: Database) -> None:
    assert not ask(pulse.is_new, cast.alice)
    deliver(database, cast.alice, {"Email": "ada@example.com"})
    put(cast.alice, 0, 1)
    assert ask(pulse.is_new, cast.alice)
    now = datetime.now(UTC)
    columns = ask(pulse.minutes, cast.alice, UTC, now=now)
    assert len(columns) == 60
    assert sum(column.records["created"] for column in columns) == 1
    assert sum(sum(column.records.values()) for column in ask(pulse.minutes, cast.charlie, UTC, now=now)) == 0
    put(cast.alice, 3, 1)
    assert not ask(pulse.is_new, cast.alice)


def test_the_worst_comes_first_and_the_stranger_sees_nothing(cast: Cast) -> None:
    heading(cast.alice, "Frist Name", 12, NOW)
    for ago in range(5, 20):
        put(cast.alice, ago, 1)
    put(cast.bob, 1, 20, "rejected")
    put(cast.alice, 5.1, 30, "rejected")
    put(cast.alice, 5.1, 12, "rejected", sender=("import", uuid7()))
    kinds = [(finding.kind, finding.about.get("id")) for finding in ask(pulse.attention, cast.alice)]
    alice, bob = str(app_of(cast.alice)), str(app_of(cast.bob))
    assert kinds == [("failing", alice), ("failing", bob), ("refused", None), ("quiet", alice), ("unmapped", None)]
    told = "62 of 77 records were not written in the last 24 hours, 12 of them from other senders."
    assert findings(cast.alice)[2][1] == told
    assert ask(pulse.attention, cast.charlie) == []


# Ninety days of it.

FILL = """
insert into hourly_counts
select %(tenant)s, date_trunc('hour', %(now)s::timestamptz) - h * interval '1 hour', 'app', %(app)s,
       md5('f' || f)::uuid, o, 100, 1, %(now)s::timestamptz - h * interval '1 hour'
from generate_series(0, 90 * 24) h, generate_series(1, 10) f,
     unnest(array['created', 'updated', 'unchanged', 'rejected']) o
"""


def test_ninety_days_are_read_by_their_index(cast: Cast, database: Database) -> None:
    for person in (cast.alice, cast.charlie):
        app = app_of(person)
        with psycopg.connect(database.app) as connected:
            connected.execute(f"set local rapport.tenant_id = '{person.tenant.pk}'")
            psycopg.ClientCursor(connected).execute(FILL, {"tenant": person.tenant.pk, "now": NOW, "app": app})
    with psycopg.connect(database.owner, autocommit=True) as owner:
        owner.execute("vacuum analyze hourly_counts")
    for function, arguments in (
        (pulse.chart, (UTC, "24h")),
        (pulse.chart, (UTC, "30d")),
        (sources, ()),
        (pulse.attention, ()),
    ):
        with CaptureQueriesContext(connection) as captured:
            assert ask(function, cast.alice, *arguments)
        for query in captured.captured_queries:
            if "hourly_counts" in query["sql"]:
                with tenant_scope(cast.alice.tenant), connection.cursor() as cursor:
                    cursor.execute(f"explain {query['sql']}")
                    plan = "\n".join(line for (line,) in cursor.fetchall())
                assert "hourly_counts_pkey" in plan, plan
                assert "Seq Scan" not in plan, plan
