"""Figures equal a recount at any time: before, during and behind the follower."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.db import connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from rapport.feedback import counting, figures, known
from rapport.feedback.fields import fields
from rapport.feedback.figures import Wanted
from rapport.feedback.statistics import Score
from rapport.surveys.models import CountedAnswer, ExternalResponse, Response, ScoreDay, ScoreHead, ScoreHour
from rapport.tenants.scope import enter, tenant_scope
from tests.cast import new_tenant
from tests.feedback.stock import NOON, correct, move, put_external, put_response, put_survey
from tests.stock import put_account, put_contact

if TYPE_CHECKING:
    from rapport.tenants.models import Tenant

TOUCHPOINTS = (None, "Sales", "Service")
CAMPAIGN = UUID(int=7)
ACTS = st.lists(
    st.tuples(
        st.sampled_from(["answer", "begin", "complete", "correct", "external", "move", "step"]),
        st.integers(0, 10),
        st.sampled_from(TOUCHPOINTS),
        st.integers(0, 47),
    ),
    max_size=25,
)


def recount(tenant_id: int, wanted: Wanted, touchpoint: str | None = "any") -> Counter[int | None]:
    """Score -> answers, from the rows themselves."""
    given = [
        (row.answered_at or row.paged_at, row.touchpoint, row.nps_score)
        for row in Response.objects.filter(tenant_id=tenant_id, entered_seq__isnull=False)
    ] + [
        (row.response_date, row.touchpoint, row.nps_score)
        for row in ExternalResponse.objects.filter(tenant_id=tenant_id)
    ]
    start, end = wanted.start or datetime.min.replace(tzinfo=UTC), wanted.end or datetime.max.replace(tzinfo=UTC)
    return Counter(score for at, where, score in given if start <= at < end and touchpoint in ("any", where))


def days(tenant_id: int, zone: str, unit: str) -> Counter[date]:
    """The first local day of a step -> answers with a score in it."""
    found: Counter[date] = Counter()
    moments = [
        (row.answered_at or row.paged_at, row.nps_score)
        for row in Response.objects.filter(tenant_id=tenant_id, entered_seq__isnull=False)
    ] + list(ExternalResponse.objects.filter(tenant_id=tenant_id).values_list("response_date", "nps_score"))
    for at, score in moments:
        if score is not None:
            day = at.astimezone(ZoneInfo(zone)).date()
            found[day - timedelta(days=day.weekday()) if unit == "week" else day] += 1
    return found


def check(tenant: Tenant) -> None:
    """The figures, rolled up or not, are those of a recount in the same moment."""
    hours = Wanted(start=NOON, end=NOON + timedelta(hours=24))
    odd = Wanted(start=NOON + timedelta(minutes=15), end=NOON + timedelta(hours=30))
    with transaction.atomic():
        transaction.get_connection().cursor().execute("set transaction isolation level repeatable read")
        enter(tenant.pk)
        own = fields(tenant)["touchpoint"]
        for wanted in (Wanted(), hours, odd):
            assert Counter(figures.counts(tenant.pk, wanted)) == recount(tenant.pk, wanted)
            for name in TOUCHPOINTS:
                narrowed = Wanted(start=wanted.start, end=wanted.end, where=((own, name),))
                assert Counter(figures.counts(tenant.pk, narrowed)) == recount(tenant.pk, wanted, name)
        for zone, unit in (("Europe/Berlin", "day"), ("UTC", "week"), ("Asia/Kolkata", "day")):
            trend = figures.trend(tenant.pk, Wanted(), zone, unit)
            assert {day: score.n for day, score in trend if score.n} == days(tenant.pk, zone, unit)
        told = {row.value: row.answers for row in figures.groups(tenant.pk, hours, own)}
        assert told == {name: n for name in TOUCHPOINTS if (n := recount(tenant.pk, hours, name).total())}


def act(tenant: Tenant, survey: UUID, made: list[UUID], what: tuple[str, int, str | None, int]) -> None:
    """One thing that happens to answers."""
    kind, score, touchpoint, hour = what
    at = NOON + timedelta(hours=hour, minutes=score)
    if kind == "answer":
        made.append(put_response(tenant, survey, score, at=at, touchpoint=touchpoint, campaign_id=CAMPAIGN))
    elif kind == "begin":
        made.append(put_response(tenant, survey, score, at=at, touchpoint=touchpoint, entered=False))
    elif kind == "external":
        put_external(tenant, score, at=at, touchpoint=touchpoint)
    elif kind == "step":
        counting.step(tenant.pk)
    elif made and kind == "correct":
        correct(tenant, made[score % len(made)], nps_score=None if score == 10 else score)
    elif made and kind == "complete":
        complete(tenant, made[score % len(made)])
    elif made and kind == "move":
        move(tenant, made[score % len(made)], Response, touchpoint=touchpoint, contact_id=uuid7())


def complete(tenant: Tenant, response: UUID) -> None:
    """A begun answer enters, under the number of its next entry."""
    with tenant_scope(tenant) as tenant_id:
        row = Response.objects.get(tenant_id=tenant_id, id=response)
    if row.entered_seq is None:
        correct(tenant, response, entered_seq=row.version + 1_000, answered_at=row.paged_at)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ACTS)
def test_figures_equal_a_recount_whatever_happens(database: Any, acts: list[Any]) -> None:
    tenant, made = new_tenant(), list[UUID]()
    survey = put_survey(tenant)
    for number, each in enumerate(acts):
        act(tenant, survey, made, each)
        if number % 5 == 4:
            check(tenant)
    check(tenant)
    while counting.step(tenant.pk):
        pass
    check(tenant)
    with tenant_scope(tenant) as tenant_id:
        hours = ScoreHour.objects.filter(tenant_id=tenant_id).values_list("score", "counted")
        rolled: Counter[int | None] = Counter()
        for score, answers in hours:
            assert answers >= 0
            rolled[None if score == -1 else score] += answers
        assert +rolled == recount(tenant_id, Wanted())
        days_too = ScoreDay.objects.filter(tenant_id=tenant_id).values_list("counted", flat=True)
        assert sum(days_too) == rolled.total()
        assert CountedAnswer.objects.filter(tenant_id=tenant_id).count() == rolled.total()


def test_figures_are_exact_while_writers_and_the_follower_work(tenant: Tenant) -> None:
    survey, made = put_survey(tenant), list[UUID]()
    for number in range(4):
        made.append(put_response(tenant, survey, number))
    over = threading.Event()

    def write(first: int) -> None:
        try:
            for number in range(25):
                act(
                    tenant, survey, [made[first]], (("answer", "external", "correct")[number % 3], number % 11, None, 1)
                )
        finally:
            connections.close_all()

    def follow() -> None:
        try:
            while not over.is_set():
                counting.step(tenant.pk)
        finally:
            connections.close_all()

    writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    follower = threading.Thread(target=follow)
    for thread in (*writers, follower):
        thread.start()
    while any(thread.is_alive() for thread in writers):
        check(tenant)
    over.set()
    follower.join()
    check(tenant)


def test_a_trend_by_local_days_and_groups_by_any_field(tenant: Tenant) -> None:
    survey = put_survey(tenant)
    account = put_account(tenant, "Navy", industry="Ships")
    ada = put_contact(tenant, email="ada@example.com", language="en", attributes={"segment": "A"})
    late = datetime(2026, 3, 10, 23, 30, tzinfo=UTC)
    put_response(tenant, survey, 10, at=late, contact_id=ada, account_id=account)
    put_external(tenant, 3, contact=ada, at=late + timedelta(hours=1))
    with tenant_scope(tenant) as tenant_id:
        known_fields = fields(tenant)
        utc = figures.trend(tenant_id, Wanted(), "UTC", "day")
        berlin = figures.trend(tenant_id, Wanted(), "Europe/Berlin", "day")
        industry = figures.groups(tenant_id, Wanted(), known_fields["account.industry"])
        language = figures.groups(tenant_id, Wanted(), known_fields["contact.language"])
        kind = figures.groups(
            tenant_id, Wanted(where=((known_fields["contact.language"], "en"),)), known_fields["type"]
        )
    assert utc == [(date(2026, 3, 10), Score(1, 0, 0)), (date(2026, 3, 11), Score(0, 0, 1))]
    assert berlin == [(date(2026, 3, 11), Score(1, 0, 1))]
    assert [(row.value, row.answers) for row in industry] == [(None, 1), ("Ships", 1)]
    assert [(row.value, row.score) for row in language] == [("en", Score(1, 0, 1))]
    assert {row.value for row in kind} == {"response", "external_response"}


def test_charlie_is_counted_apart(tenant: Tenant) -> None:
    charlie = new_tenant()
    put_response(tenant, put_survey(tenant), 10)
    counting.step(tenant.pk)
    with tenant_scope(charlie) as tenant_id:
        assert figures.counts(tenant_id, Wanted()) == {}
        assert figures.counts(tenant.pk, Wanted()) == {}
        assert known.query(tenant.pk, "select 1 from known") == []


def test_a_step_that_fails_counts_nothing(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    put_response(tenant, put_survey(tenant), 10)
    monkeypatch.setattr(counting.alerts, "defer", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        counting.step(tenant.pk)
    with tenant_scope(tenant) as tenant_id:
        assert not ScoreHour.objects.filter(tenant_id=tenant_id).exists()
        assert not ScoreHead.objects.filter(tenant_id=tenant_id).exists()
