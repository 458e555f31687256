"""What a draft would make of records that came."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from rapport.configurations import drafts, edits, rehearsing
from rapport.configurations.locks import editing
from rapport.configurations.rehearsal import Rehearsal, Sent
from rapport.history.models import SentRecord
from rapport.records.catalogue import Catalogue, custom_field
from rapport.records.mapping import Mapping
from rapport.records.types import ALL
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope
from tests.configurations.reading import counted, made
from tests.evidence.sending import Sender

if TYPE_CHECKING:
    from rapport.configurations.models import Configuration
    from tests.cast import Cast, Person
    from tests.configurations.conftest import Call
    from tests.conftest import Database

EMAIL = {"heading": "E-Mail", "field": "email"}
FIRST = {"heading": "First", "field": "first_name"}
JOB = {"heading": "Job", "field": "job_title"}
ADA = {"E-Mail": "ada@example.com", "First": "Ada", "Job": "Analyst"}
LABELS = {field.name: field.label for field in ALL["contact"].fields}


def rehearsed(now: list[Any], then: list[Any], *records: dict[str, Any]) -> dict[str, Any]:
    told = Rehearsal(Mapping("contact", now), Mapping("contact", then), LABELS)
    told.look(Sent(uuid7(), datetime.now(UTC), record) for record in records)
    return told.as_json()


def changes(told: dict[str, Any]) -> dict[str, list[Any]]:
    """Field, count, old and new value of what becomes of values; of headings themselves and their count."""
    found: dict[str, list[Any]] = {}
    for name, rows in told.items():
        if name.startswith("values_") and rows:
            found[name] = [(row["field"], row["count"], row["example"]["old"], row["example"]["new"]) for row in rows]
        elif name.startswith("headings_") and rows:
            found[name] = [(row["heading"], row["count"]) for row in rows]
        elif name.startswith("newly_") and rows["count"]:
            found[name] = [rows["count"], *(example["errors"] for example in rows["examples"])]
    return found


@pytest.mark.parametrize(
    ("now", "then", "records", "expected"),
    [
        ([EMAIL, FIRST], [FIRST, EMAIL], [ADA], {}),
        (
            [EMAIL, FIRST],
            [EMAIL, JOB],
            [ADA, {**ADA, "First": " "}],
            {
                "values_gained": [("job_title", 2, None, "Analyst")],
                "values_lost": [("first_name", 1, "Ada", None)],
                "headings_no_longer_used": [("First", 1)],
                "headings_newly_used": [("Job", 2)],
            },
        ),
        (
            [EMAIL, FIRST],
            [{"heading": "E Mail", "field": "email"}, FIRST],
            [ADA, {"E-Mail": "not one"}],
            {
                "newly_failing": [1, {"record.E Mail": ["The E Mail field is required."]}],
                "headings_no_longer_used": [("E-Mail", 2)],
                "headings_newly_used": [("E Mail", 0)],
            },
        ),
        (
            [EMAIL],
            [{"heading": "Mail", "field": "email"}, {"heading": "E-Mail", "field": "email"}],
            [{"Mail": "ada@example.com"}, {"Mail": "grace@example.com", "E-Mail": "ada@example.com"}],
            {
                "newly_passing": [1, {"record.E-Mail": ["The E-Mail field is required."]}],
                "values_changed": [("email", 1, "ada@example.com", "grace@example.com")],
                "headings_newly_used": [("Mail", 2)],
            },
        ),
        (
            [EMAIL, {**FIRST, "default": "Friend"}],
            [EMAIL, {**FIRST, "empty_clears": True}],
            [{"E-Mail": "ada@example.com", "First": ""}, {"E-Mail": "ada@example.com"}, ADA],
            {"values_lost": [("first_name", 2, "Friend", "")]},
        ),
        (
            [EMAIL, FIRST],
            [EMAIL, {**FIRST, "empty_clears": True}],
            [{**ADA, "First": None}],
            {"values_changed": [("first_name", 1, None, "")]},
        ),
        ([EMAIL, FIRST], [EMAIL], [{"First": "Ada"}], {"headings_no_longer_used": [("First", 1)]}),
    ],
)
def test_each_kind_of_change_is_told(now: list[Any], then: list[Any], records: list[Any], expected: Any) -> None:
    assert changes(rehearsed(now, then, *records)) == expected


def test_ten_records_are_shown_and_all_are_counted() -> None:
    told = rehearsed([EMAIL], [{"heading": "x", "field": "email"}], *[ADA] * 12)
    assert (told["records"], told["newly_failing"]["count"], len(told["newly_failing"]["examples"])) == (12, 12, 10)


def test_a_long_value_is_told_in_its_beginning() -> None:
    known = Catalogue([custom_field("contact", "story", "Story", "long text", None)])
    story = {"heading": "Story", "field": "contact.story"}
    told = Rehearsal(Mapping("contact", [EMAIL], known), Mapping("contact", [EMAIL, story], known), {})
    told.look([Sent(uuid7(), datetime.now(UTC), {**ADA, "Story": "x" * 300})])
    (gained,) = told.as_json()["values_gained"]
    assert gained["field"] == gained["label"] == "contact.story"
    assert gained["example"]["new"] == "x" * 200 + "…"


TEXTS = st.sampled_from(["", " ", "a@example.com", "b@example.com", "Ada", "x" * 200, None, True, {"a": "b"}])
RECORDS = st.dictionaries(st.sampled_from(["E-Mail", "First", "Job", "Shoe"]), TEXTS)
ENTRIES = st.lists(st.sampled_from([FIRST, JOB, {"heading": "Shoe", "field": "language"}]), unique_by=str)


@given(entries=ENTRIES, records=st.lists(RECORDS, max_size=5))
def test_an_unchanged_draft_changes_nothing(entries: list[Any], records: list[Any]) -> None:
    told = Rehearsal(Mapping("contact", [EMAIL, *entries]), Mapping("contact", [EMAIL, *entries]), LABELS)
    told.look(Sent(uuid7(), datetime.now(UTC), record) for record in records)
    assert (told.records, told.nothing, changes(told.as_json())) == (len(records), True, {})


@given(now=ENTRIES, then=ENTRIES, records=st.lists(RECORDS, max_size=5))
def test_the_way_back_loses_what_the_way_there_gains(now: list[Any], then: list[Any], records: list[Any]) -> None:
    there, back = rehearsed([EMAIL, *now], [EMAIL, *then], *records), rehearsed([EMAIL, *then], [EMAIL, *now], *records)

    def counts(told: dict[str, Any], name: str) -> Any:
        found = told[name]
        return found["count"] if isinstance(found, dict) else {str(row["field"]): row["count"] for row in found}

    for one, other in (
        ("newly_failing", "newly_passing"),
        ("values_gained", "values_lost"),
        ("values_changed", "values_changed"),
        ("headings_newly_used", "headings_no_longer_used"),
    ):
        assert counts(there, one) == counts(back, other)
        assert counts(back, one) == counts(there, other)


# With the records that are kept.


@pytest.fixture
def nightly(cast: Cast) -> Configuration:
    return made(cast.alice.tenant, reference="nightly", mapping=[EMAIL, FIRST])


def drafted(person: Person, mapping: list[Any]) -> None:
    with editing(person.tenant) as tenant_id:
        row = edits.find(tenant_id, "nightly")
        drafts.save(row, COMMAND, {"name": row.name, "mapping": mapping})


def kept(person: Person, row: Configuration, at: datetime, count: int = 1, **columns: Any) -> None:
    """Rows of the history, and their counts."""
    told: dict[str, Any] = {"sent": ADA, "outcome": "created", "actor_type": "app"} | columns
    with tenant_scope(person.tenant) as tenant_id:
        SentRecord.objects.bulk_create(
            SentRecord(
                tenant_id=tenant_id,
                at=at,
                id=uuid7(),
                request_id="r",
                position=0,
                configuration_id=row.id,
                status=200,
                objects_written=[],
                **told,
            )
            for _ in range(count)
        )
    counted(person.tenant, row, "app", uuid7(), told["outcome"], count, at)


def test_real_records_are_rehearsed_and_nothing_is_written(cast: Cast, call: Call, nightly: Configuration) -> None:
    sender = Sender(cast.alice)
    sender.send(ADA, {"E-Mail": "nobody", "First": "Bo"}, {"E-Mail": "grace@example.com"}, configuration="nightly")
    Sender(cast.charlie).send({"Email": "eve@example.com"})
    drafted(cast.alice, [EMAIL, JOB])
    before = sender.stored(), sender.head(), call("GET", "requests").json()
    told = call("POST", "configurations/nightly/draft/rehearse").json()
    assert (sender.stored(), sender.head(), call("GET", "requests").json()) == before
    assert (told["records"], told["cut_short"]) == (3, False)
    assert told["from"] <= told["to"]
    assert changes(told) == {
        "values_gained": [("job_title", 1, None, "Analyst")],
        "values_lost": [("first_name", 1, "Ada", None)],
        "headings_no_longer_used": [("First", 2)],
        "headings_newly_used": [("Job", 1)],
    }
    (gained,) = told["values_gained"]
    assert gained["label"] == "Job Title"
    row = call("GET", "requests", QUERY_STRING=f"text={gained['example']['record']}").json()["data"]
    assert [each["sent"]["Job"] for each in row] == ["Analyst"]


def test_a_time_zone_is_called_as_people_call_it(cast: Cast, nightly: Configuration) -> None:
    kept(cast.alice, nightly, datetime.now(UTC), 1, sent={"E-Mail": "a@b", "Zone": "UTC"})
    drafted(cast.alice, [EMAIL, {"heading": "Zone", "field": "time_zone"}])
    [gained] = rehearsing.rehearse(cast.alice.tenant, "nightly").as_json()["values_gained"]
    assert (gained["label"], gained["example"]["new"]) == ("Time Zone", "UTC")


def test_the_newest_are_looked_at_wherever_they_are(
    cast: Cast, nightly: Configuration, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rehearsing, "RECORDS", 5)
    now = datetime.now(UTC)
    other = made(cast.alice.tenant, reference="other", name="Other")
    kept(cast.alice, other, now, 3)
    kept(cast.alice, nightly, now - timedelta(hours=3), 2, outcome="rejected")
    kept(cast.alice, nightly, now - timedelta(hours=3), 1, outcome="replayed", sent={"E-Mail": "a@b"})
    kept(cast.alice, nightly, now - timedelta(hours=3) + timedelta.resolution, 6, sent=None)
    kept(cast.alice, nightly, now, 5, actor_type="replay", sent={"Nick": "x"})
    kept(cast.alice, nightly, now - timedelta(hours=9), 1, sent=["not", "one"])
    kept(cast.alice, nightly, now - timedelta(hours=10), 1)
    kept(cast.alice, nightly, now - timedelta(hours=30), 4)
    kept(cast.alice, nightly, now - timedelta(hours=40), 7)
    drafted(cast.alice, [EMAIL])
    told = rehearsing.rehearse(cast.alice.tenant, "nightly")
    assert (told.records, told.lost["first_name"].count, told.cut_short) == (5, 5, False)
    assert (told.last, told.first) == (now - timedelta(hours=3), now - timedelta(hours=30))


def test_a_search_that_takes_too_long_is_cut_short(
    cast: Cast, nightly: Configuration, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(cast.alice, nightly, datetime.now(UTC), 3)
    drafted(cast.alice, [EMAIL])
    monkeypatch.setattr(rehearsing, "SECONDS", -1.0)
    told = rehearsing.rehearse(cast.alice.tenant, "nightly")
    assert (told.records, told.cut_short) == (0, True)


def test_a_database_that_takes_too_long_is_stopped(
    cast: Cast, database: Database, nightly: Configuration, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(cast.alice, nightly, datetime.now(UTC), 3)
    drafted(cast.alice, [EMAIL])
    monkeypatch.setattr(rehearsing, "SECONDS", 0.3)
    with psycopg.connect(database.settings.owner_database_url) as owner:
        owner.execute("lock table requests in access exclusive mode")
        told = rehearsing.rehearse(cast.alice.tenant, "nightly")
    assert (told.records, told.cut_short) == (0, True)
    assert rehearsing.rehearse(cast.alice.tenant, "nightly").records == 3


def test_a_thousand_records_take_less_than_five_seconds(cast: Cast, nightly: Configuration) -> None:
    wide = ADA | {f"Heading {number}": "x" * 60 for number in range(90)}
    kept(cast.alice, nightly, datetime.now(UTC), 1_100, sent=wide)
    drafted(cast.alice, [EMAIL, JOB])
    started = perf_counter()
    told = rehearsing.rehearse(cast.alice.tenant, "nightly")
    assert (told.records, told.gained["job_title"].count) == (1_000, 1_000)
    assert perf_counter() - started < 5


def test_without_records_it_says_so(call: Call, cast: Cast, nightly: Configuration) -> None:
    drafted(cast.alice, [EMAIL])
    told = call("POST", "configurations/nightly/draft/rehearse").json()
    assert (told["records"], told["from"], told["to"]) == (0, None, None)
