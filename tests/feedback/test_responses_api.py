"""`/api/responses`, `/api/survey-records`, `/api/statistics/nps`: filters, cursors, following up, roles."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from django.test import Client
from uuid_utils.compat import uuid7

from rapport.feedback import counting
from tests.cast import new_token
from tests.feedback.stock import NOON, correct, put_external, put_response, put_survey, put_survey_record
from tests.stock import put_account, put_contact

if TYPE_CHECKING:
    from tests.cast import Cast


def ask(cast: Cast, path: str, who: str = "alice", status: int = 200, **query: Any) -> Any:
    """What a GET of the API answers; `from_` is `from`."""
    pairs = {name.rstrip("_"): value for name, value in query.items()}
    client = Client(headers=getattr(cast, who).bearer, raise_request_exception=False)
    answer = client.get(f"/api/{path}", QUERY_STRING=urlencode(pairs))
    assert answer.status_code == status, answer.content
    return answer.json()


def scores(cast: Cast, **query: Any) -> list[int | None]:
    """The scores of a page of responses."""
    return [row["nps"] for row in ask(cast, "responses", **query)["data"]]


@pytest.fixture(params=["counted", "behind"])
def filled(cast: Cast, request: pytest.FixtureRequest) -> dict[str, UUID]:
    """Two responses, one begun, an external one; counted already, or not yet."""
    tenant = cast.alice.tenant
    survey, navy = put_survey(tenant), put_account(tenant, "Navy", industry="Ships")
    ada = put_contact(tenant, email="ada@example.com", first_name="Ada", account_id=navy)
    bob = put_contact(tenant, email="bob@example.com")
    record = put_survey_record(tenant, ada, account_id=navy, touchpoint="Sales")
    made = {
        "ada": put_response(
            tenant,
            survey,
            9,
            record=record,
            touchpoint="Sales",
            answers={"nps": 9, "drivers": ["price"], "again": "no"},
        ),
        "begun": put_response(tenant, survey, 5, entered=False),
        "bob": put_response(tenant, survey, 3, contact_id=bob, at=NOON + timedelta(days=1)),
        "outside": put_external(tenant, 8, contact=bob, touchpoint="Service", at=NOON + timedelta(days=2)),
        "survey": survey,
        "navy": navy,
        "record": record,
    }
    if request.param == "counted":
        counting.step(tenant.pk)
    return made


def test_responses_are_listed_with_what_they_name(cast: Cast, filled: dict[str, UUID]) -> None:
    page = ask(cast, "responses")
    assert page["cursor"] is None
    assert [row["id"] for row in page["data"]] == [str(filled[name]) for name in ("ada", "bob", "outside")]
    first, _, outside = page["data"]
    assert (first["group"], first["drivers"], first["type"]) == ("promoter", ["Price"], "response")
    assert first["answers"] == [{"question": "Would you buy again?", "kind": "single", "answer": "No"}]
    assert first["account"] == {"id": str(filled["navy"]), "name": "Navy"}
    assert first["contact"]["email"] == "ada@example.com"
    assert first["follow_up"] == {"state": "open", "assignee": None}
    assert (outside["type"], outside["survey"], outside["nps"]) == ("external_response", None, 8)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"group": "promoter"}, [9]),
        ({"group": "detractor"}, [3]),
        ({"touchpoint": "Service"}, [8]),
        ({"touchpoint": ""}, [3]),
        ({"type": "external_response"}, [8]),
        ({"from_": "2026-03-11"}, [3, 8]),
        ({"to": "2026-03-12"}, [9, 3]),
        ({"field": "account.industry", "value": "Ships"}, [9]),
        ({"field": "account.industry", "value": ""}, [3, 8]),
        ({"follow_up": "open"}, [9, 3, 8]),
        ({"follow_up": "closed"}, []),
        ({"updated_since": "2026-01-01"}, [9, 3, 8]),
        ({"updated_since": "2026-01-01", "group": "passive"}, [8]),
        ({"updated_since": "9999-01-01"}, []),
        ({"account": "01a208d7-cfc5-72da-a6a5-e1d8534c4927"}, []),
    ],
)
def test_filters(cast: Cast, filled: dict[str, UUID], query: dict[str, str], found: list[int]) -> None:
    assert scores(cast, **query) == found


def test_filters_by_id(cast: Cast, filled: dict[str, UUID]) -> None:
    assert scores(cast, account=filled["navy"]) == [9]
    assert scores(cast, survey=filled["survey"]) == [9, 3]


@pytest.mark.parametrize("since", [{}, {"updated_since": "2026-01-01"}])
def test_cursors(cast: Cast, filled: dict[str, UUID], since: dict[str, str]) -> None:
    seen, cursor = [], "0"
    while cursor is not None:
        page = ask(cast, "responses", limit=1, cursor=cursor, **since)
        seen += [row["nps"] for row in page["data"]]
        cursor = page["cursor"]
    assert seen == [9, 3, 8]


def test_a_correction_comes_again_where_somebody_asks_for_changes(cast: Cast, filled: dict[str, UUID]) -> None:
    correct(cast.alice.tenant, filled["ada"], nps_score=1)
    assert scores(cast, updated_since="2026-01-01") == [3, 8, 1]
    assert scores(cast) == [1, 3, 8]


def test_lines_for_those_who_ask(cast: Cast, filled: dict[str, UUID]) -> None:
    headers = cast.alice.bearer | {"Accept": "application/x-ndjson"}
    answer = Client(headers=headers).get("/api/responses?limit=2")
    lines = [json.loads(line) for line in answer.content.decode().splitlines()]
    assert [line["nps"] for line in lines] == [9, 3]
    assert answer["X-Cursor"]


@pytest.mark.parametrize(
    ("query", "faulty"),
    [
        ({"group": "fan", "limit": "0", "from_": "x"}, {"group", "limit", "from"}),
        ({"value": "x"}, {"value"}),
        ({"field": "shoe"}, {"field"}),
        ({"type": "bogus", "channel": "bogus", "follow_up": "bogus"}, {"type", "channel", "follow_up"}),
        ({"account": "x", "huh": "1"}, {"account", "huh"}),
    ],
)
def test_what_is_wrong_is_said(cast: Cast, query: dict[str, str], faulty: set[str]) -> None:
    assert ask(cast, "responses", status=422, **query)["errors"].keys() == faulty


def test_somebody_follows_up(cast: Cast, filled: dict[str, UUID]) -> None:
    client = Client(headers=cast.alice.bearer)
    path = f"/api/responses/{filled['bob']}/follow-up"

    def post(status: int = 200, **given: Any) -> Any:
        answer = client.post(path, given, content_type="application/json")
        assert answer.status_code == status, answer.content
        return answer.json()

    told = post(state="in_progress", assignee=cast.bob.user.email, note="I call him")
    assert told["follow_up"] == {"state": "in_progress", "assignee": str(cast.bob.user.id)}
    assert post(assignee=None)["follow_up"]["assignee"] is None
    told = post(state="closed")
    assert [(note["state"], note["assignee"], note["note"]) for note in told["notes"]] == [
        ("closed", None, ""),
        (None, "", ""),
        ("in_progress", "Bob", "I call him"),
    ]
    assert post(state="closed")["notes"] == told["notes"], "nothing is different"
    assert scores(cast, follow_up="closed") == [3]
    assert scores(cast, follow_up="open") == [9, 8]
    faults = post(422, state="done", assignee=str(cast.charlie.user.id), note=7, huh=1)["errors"]
    assert faults.keys() == {"state", "assignee", "note", "huh"}
    for state in ([], {}, None):
        assert post(422, state=state)["errors"].keys() == {"state"}
    outside = client.post(f"/api/responses/{filled['outside']}/follow-up", {"state": "closed"}, "application/json")
    assert outside.json()["follow_up"]["state"] == "closed"


@pytest.mark.parametrize(
    "query",
    [
        {"from": "0001-01-02", "to": "2026-01-01"},
        {"to": "9999-12-31T23:59:59Z"},
        {"from": "9999-12-31T23:59:59Z"},
        {"to": "0001-01-01"},
    ],
)
def test_figures_up_to_the_ends_of_the_calendar(cast: Cast, filled: dict[str, UUID], query: dict[str, str]) -> None:
    assert ask(cast, "statistics/nps", **query)["before"] is None


def test_charlie_and_a_token_without_the_scope(cast: Cast, filled: dict[str, UUID]) -> None:
    paths = ("responses", "survey-records", "statistics/nps")
    for path in paths:
        told = ask(cast, path, who="charlie")
        assert told.get("data", []) == []
        assert told.get("answers", 0) == 0
    for id in (filled["ada"], filled["outside"], filled["begun"], uuid7()):
        ask(cast, f"responses/{id}", who="charlie", status=404)
        answer = Client(headers=cast.charlie.bearer).post(f"/api/responses/{id}/follow-up", {}, "application/json")
        assert answer.status_code == 404
    ask(cast, f"responses/{filled['begun']}", status=404)
    reader = new_token(cast.alice.tenant, cast.alice.client_id, ["responses:read"])
    follow_up = f"/api/responses/{filled['ada']}/follow-up"
    headers = {"Authorization": f"Bearer {reader}"}
    assert Client(headers=headers).post(follow_up, {}, "application/json").status_code == 403
    other = {"Authorization": f"Bearer {new_token(cast.alice.tenant, cast.alice.client_id, ['directory:read'])}"}
    for path in (*(f"/api/{path}" for path in paths), "/v7/rest/sync/responses", "/v7/rest/sync/non-responses"):
        assert Client(headers=other).get(path).status_code == 403


def test_survey_records(cast: Cast, filled: dict[str, UUID]) -> None:
    [row] = ask(cast, "survey-records")["data"]
    assert (row["id"], row["state"], row["touchpoint"]) == (str(filled["record"]), "answered", "Sales")
    assert ask(cast, "survey-records", state="queued")["data"] == []
    assert len(ask(cast, "survey-records", account=filled["navy"], touchpoint="Sales")["data"]) == 1
    assert ask(cast, "survey-records", status=422, state="x", cursor="y")["errors"].keys() == {"state", "cursor"}


def test_the_score_with_groups_and_the_period_before(cast: Cast, filled: dict[str, UUID]) -> None:
    told = ask(cast, "statistics/nps")
    assert (told["score"], told["n"], told["answers"], told["before"]) == (0, 3, 3, None)
    assert told["interval"] == [-61.11, 61.11]
    assert told["distribution"] == {str(score): int(score in (3, 8, 9)) for score in range(11)}
    told = ask(cast, "statistics/nps", from_="2026-03-11", to="2026-03-12", by="contact.language")
    assert (told["score"], told["before"]["score"]) == (-100, 100)
    assert [(group["value"], group["n"]) for group in told["groups"]] == [(None, 1)]
    told = ask(cast, "statistics/nps", by="account")
    assert {group["label"]: group["score"] for group in told["groups"]} == {None: -50, "Navy": 100}
    assert ask(cast, "statistics/nps", status=422, by="assignee", group="passive")["errors"].keys() == {"by", "group"}
    assert ask(cast, "statistics/nps", touchpoint="Nowhere") | {"distribution": {}} == {
        "score": None,
        "n": 0,
        "interval": None,
        "promoters": 0,
        "passives": 0,
        "detractors": 0,
        "answers": 0,
        "distribution": {},
        "before": None,
    }
