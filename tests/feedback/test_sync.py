"""The reference's feeds: keys, parameters, and each item exactly once however many write."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.db import connections
from django.test import Client

from rapport.feedback import jobs, surveys, sync
from rapport.surveys.models import ExternalResponse, Response, SurveyRecord
from rapport.tenants.actors import COMMAND
from rapport.tenants.models import Tenant
from rapport.tenants.scope import tenant_scope
from tests.directory.feed import feed
from tests.feedback.respondent import Respondent, ask, link
from tests.feedback.stock import DOCUMENT, NOON, correct, put_external, put_response, put_survey, put_survey_record
from tests.stock import put_account, put_contact

if TYPE_CHECKING:
    from tests.cast import Cast
    from tests.conftest import Database

COMMON = [
    "number_customergauge",
    "number_customer",
    "contact",
    "account",
    "email",
    "phone",
    "date_creation",
    "date_order",
    "date_email_sent",
    "date_survey_response",
    "custom_fields",
    "nps",
    "comment",
    "touchpoint",
]


def get(cast: Cast, feed: str, who: str = "alice", status: int = 200, **query: Any) -> dict[str, Any]:
    """An answer of a feed; `parts` are given as `with[]`."""
    pairs = [("with[]", part) for part in query.pop("parts", ())] + list(query.items())
    headers = getattr(cast, who).bearer
    answer = Client(headers=headers).get(f"/v7/rest/sync/{feed}", QUERY_STRING=urlencode(pairs))
    assert answer.status_code == status, answer.content
    told: dict[str, Any] = answer.json()
    return told


def test_a_response_has_the_keys_of_the_reference(cast: Cast) -> None:
    tenant = cast.alice.tenant
    Tenant.objects.filter(pk=tenant.pk).update(time_zone="Europe/Berlin")
    account = put_account(tenant, "Navy", number="C-7", attributes={"tier": "gold"})
    ada = put_contact(
        tenant, email="ada@example.com", phone="+44 20 7946", first_name="Ada", last_name="Lovelace", account_id=account
    )
    copied = {"email": "ada@example.com", "first_name": "Ada", "account_name": "Navy", "number": "C-7"}
    record = put_survey_record(
        tenant, ada, account_id=account, touchpoint="Sales", division="UK", attributes={"order": "A1"}, fields=copied
    )
    answers = {"nps": 9, "drivers": ["price", "service"], "comment": "Good", "again": "yes"}
    at = NOON + timedelta(hours=1)
    put_response(
        tenant, put_survey(tenant), 9, record=record, at=at, comment="Good", touchpoint="Sales", answers=answers
    )
    found = get(cast, "responses")
    [item] = found["data"]
    assert list(item) == COMMON
    assert item == {
        "number_customergauge": 1,
        "number_customer": "C-7",
        "contact": {"first_name": "Ada", "last_name": "Lovelace"},
        "account": {"name": "Navy"},
        "email": "ada@example.com",
        "phone": "+44 20 7946",
        "date_creation": "2026-03-10 13:00:00",
        "date_order": None,
        "date_email_sent": "2026-03-10 13:00:00",
        "date_survey_response": "2026-03-10 14:00:00",
        "custom_fields": [{"field": "account.tier", "reference": "gold"}],
        "nps": 9,
        "comment": "Good",
        "touchpoint": "Sales",
    }
    [item] = get(cast, "responses", parts=["drivers", "tags", "questions", "properties"])["data"]
    assert {name: value for name, value in item.items() if name not in COMMON} == {
        "drivers": [{"label": "Price"}, {"label": "Service"}],
        "questions": [{"question": "Would you buy again?", "answer": "Surely"}],
        "tags": [],
        "properties": [
            {"field": "division", "reference": "UK"},
            {"field": "survey.order", "reference": "A1"},
        ],
    }
    assert get(cast, "non-responses")["data"] == []


def test_an_external_response_and_a_non_response(cast: Cast) -> None:
    tenant = cast.alice.tenant
    ada = put_contact(tenant, email="ada@example.com", first_name="Ada")
    put_external(tenant, 3, contact=ada, comment="Slow")
    record = put_survey_record(tenant, ada, state="closed")
    [item] = get(cast, "responses", parts=["drivers", "questions"])["data"]
    assert (item["number_customergauge"], item["nps"], item["comment"], item["email"]) == (
        1,
        3,
        "Slow",
        ada and "ada@example.com",
    )
    assert (item["drivers"], item["questions"]) == ([], [])
    [item] = get(cast, "non-responses", parts=["properties"])["data"]
    assert list(item) == [*COMMON, "properties"]
    assert (item["number_customergauge"], item["nps"], item["date_survey_response"]) == (2, None, None)
    put_response(tenant, put_survey(tenant), 8, record=record, entered=False)
    assert len(get(cast, "non-responses")["data"]) == 1, "only begun"
    assert len(get(cast, "responses")["data"]) == 1


def test_cursors_go_on_where_the_page_before_ended(cast: Cast) -> None:
    tenant = cast.alice.tenant
    assert get(cast, "responses") == {"data": [], "cursor": {"next": 0}}
    survey = put_survey(tenant)
    made = [put_response(tenant, survey, number) for number in range(5)]
    correct(tenant, made[0], nps_score=10)
    seen, cursor = [], 0
    while (page := get(cast, "responses", per_page=2, cursor=cursor))["data"]:
        seen += [item["nps"] for item in page["data"]]
        assert page["cursor"]["next"] > cursor
        cursor = page["cursor"]["next"]
    assert seen == [10, 1, 2, 3, 4]
    assert page["cursor"]["next"] == cursor
    correct(tenant, made[1], nps_score=0)
    assert get(cast, "responses", cursor=cursor)["data"] == [], "a correction enters nothing"


@pytest.mark.parametrize(
    ("field", "responses", "non_responses"),
    [
        ("date_creation", ["ada", "bob"], ["eve"]),
        ("date_order", ["ada"], []),
        ("date_sent", ["ada", "bob"], ["eve"]),
        ("date_survey_response", ["ada", "bob"], []),
    ],
)
def test_periods(cast: Cast, field: str, responses: list[str], non_responses: list[str]) -> None:
    tenant, survey = cast.alice.tenant, put_survey(cast.alice.tenant)
    ada, bob, eve, old = (put_contact(tenant, first_name=name) for name in ("ada", "bob", "eve", "old"))
    put_response(tenant, survey, 1, record=put_survey_record(tenant, ada, order_date=NOON))
    put_external(tenant, 2, contact=bob, sent_date=NOON)
    put_survey_record(tenant, eve)
    before = datetime(2025, 1, 1, tzinfo=UTC)
    put_response(tenant, survey, 1, record=put_survey_record(tenant, old, at=before, order_date=before), at=before)
    put_external(tenant, 2, contact=old, at=before)
    put_survey_record(tenant, old, at=before)
    period = {"period[field]": field, "period[start]": "2026-03-10", "period[end]": "2026-03-10"}
    for name, wanted in (("responses", responses), ("non-responses", non_responses)):
        assert [item["contact"]["first_name"] for item in get(cast, name, **period)["data"]] == wanted


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2026-03-10", "2026-03-10T23:00:00+00:00"),
        ("2026-03-10T12:00", "2026-03-10T11:00:00+00:00"),
        ("2026-03-10T12:00:00Z", "2026-03-10T12:00:00+00:00"),
        ("2026-03-10T12:00:00-05:00", "2026-03-10T17:00:00+00:00"),
        ("2026-W11-2", "2026-03-09T23:00:00+00:00"),
    ],
)
def test_a_moment_keeps_its_offset_and_a_day_is_a_whole_one(text: str, told: str) -> None:
    assert sync.moment(text, ZoneInfo("Europe/Berlin"), 1).isoformat() == told


@pytest.mark.parametrize(
    ("query", "faulty"),
    [
        ({"per_page": "0"}, {"per_page"}),
        ({"per_page": "1001"}, {"per_page"}),
        ({"cursor": "abc"}, {"cursor"}),
        ({"with[]": "everything"}, {"with"}),
        ({"period[field]": "date_sent"}, {"period[start]", "period[end]"}),
        ({"period[field]": "x", "period[start]": "y", "period[end]": "2026-01-01"}, {"period[field]", "period[start]"}),
    ],
)
def test_what_is_wrong_is_said_all_at_once(cast: Cast, query: dict[str, str], faulty: set[str]) -> None:
    for name in ("responses", "non-responses"):
        assert get(cast, name, status=422, **query)["errors"].keys() == faulty


def test_charlie_reads_his_own(cast: Cast) -> None:
    put_external(cast.alice.tenant, 3)
    put_survey_record(cast.alice.tenant, put_contact(cast.alice.tenant))
    for name in ("responses", "non-responses"):
        assert get(cast, name, who="charlie") == {"data": [], "cursor": {"next": 0}}
        assert len(get(cast, name, who="bob")["data"]) == 1


class Office:
    """Eight who write, and the worker."""

    def __init__(self, database: Database, tenant: Tenant) -> None:
        self.database, self.tenant = database, tenant
        with tenant_scope(tenant) as tenant_id:
            given = {
                **DOCUMENT,
                "pages": [{"id": q["id"], "questions": [q]} for q in DOCUMENT["pages"][0]["questions"]],
            }
            surveys.save(surveys.find(tenant_id, "relationship-nps"), COMMAND, given)
        self.records = [ask(database, tenant, Email=f"c{number}@example.com") for number in range(24)]
        paths = [link(tenant, record) for record in self.records]
        self.writers = [self._thread(self.answer, paths[place::4]) for place in range(4)]
        self.writers += [self._thread(self.send, number) for number in range(4)]
        self.over = threading.Event()
        self.worker = self._thread(self.work)

    @staticmethod
    def _thread(do: Any, *given: Any) -> threading.Thread:
        def run() -> None:
            try:
                do(*given)
            finally:
                connections.close_all()

        return threading.Thread(target=run)

    def answer(self, paths: list[str]) -> None:
        """Begin, and, every other, end; then correct."""
        for place, path in enumerate(paths):
            person = Respondent(path).open().send(nps=str(place % 11))
            if place % 2:
                person.send(drivers="price").send(comment="Good").send(again="yes")
            Respondent(path).open("?change=1").send(nps="10")

    def send(self, number: int) -> None:
        """What was answered elsewhere."""
        given = {"NPS Score": "9", "Sent Date": "2026-01-01", "Response Date": "2026-01-02"}
        for each in range(4):
            record = {"": "external-response", "Email": f"x{number}-{each}@example.com"} | given
            feed(self.database.settings, self.tenant.pk, UUID(int=7), record)

    def work(self) -> None:
        """Lets enter what was only begun, at once."""
        while not self.over.wait(0.05):
            jobs.enter(self.tenant.pk, datetime.now(UTC))

    def open(self) -> None:
        """Everybody begins."""
        for thread in (*self.writers, self.worker):
            thread.start()

    def is_busy(self) -> bool:
        """Whether somebody writes; afterwards nothing changes any more."""
        if any(thread.is_alive() for thread in self.writers):
            return True
        self.over.set()
        self.worker.join()
        jobs.enter(self.tenant.pk, datetime.now(UTC) + timedelta(hours=1))
        return False


def test_each_item_comes_exactly_once_while_eight_write(cast: Cast, database: Database) -> None:
    """Each cursor is used once; some answers are only begun and enter by the worker, some are corrected."""
    office = Office(database, cast.alice.tenant)
    seen: Counter[int] = Counter()
    cursor, busy, page = 0, True, {"data": []}
    office.open()
    while busy or page["data"]:
        busy = busy and office.is_busy()
        page = get(cast, "responses", per_page=3, cursor=cursor)
        seen.update(item["number_customergauge"] for item in page["data"])
        cursor = page["cursor"]["next"]
    with tenant_scope(office.tenant) as tenant_id:
        entered = Response.objects.filter(tenant_id=tenant_id, entered_seq__isnull=False)
        numbers = [*entered.values_list("number", flat=True)]
        numbers += ExternalResponse.objects.filter(tenant_id=tenant_id).values_list("number", flat=True)
        answered = SurveyRecord.objects.filter(tenant_id=tenant_id, state="answered").count()
    assert (answered, len(numbers)) == (len(office.records), 40)
    assert seen == Counter(numbers)
    assert get(cast, "non-responses")["data"] == []
