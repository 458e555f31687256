from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from django.db import connection, connections
from django.test import Client
from uuid_utils.compat import uuid7

from rapport.configurations.models import Configuration
from rapport.connected_apps.models import ConnectedApp
from rapport.evidence import feeds
from rapport.history.models import Change, SentRecord
from rapport.tenants import query
from rapport.tenants.scope import tenant_scope
from tests.stock import change_contact, put_account, put_contact

if TYPE_CHECKING:
    from django.http import HttpResponse

    from tests.cast import Cast

Get = Callable[..., "HttpResponse"]
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def get(cast: Cast) -> Get:
    """Alice asks `/api/{feed}`, or whoever is named."""
    client = Client(raise_request_exception=False)

    def ask(feed: str, who: str = "alice", accept: str = "application/json", **parameters: Any) -> HttpResponse:
        headers = getattr(cast, who).bearer | {"Accept": accept}
        query = urlencode({name.rstrip("_"): value for name, value in parameters.items()})
        return client.get(f"/api/{feed}", headers=headers, QUERY_STRING=query)

    return ask


def put_request(cast: Cast, **columns: Any) -> str:
    """A row of Alice's request history."""
    row = {
        "at": NOON,
        "id": uuid7(),
        "request_id": "r",
        "position": 0,
        "actor_type": "app",
        "status": 200,
        "outcome": "created",
        "objects_written": [],
    }
    with tenant_scope(cast.alice.tenant) as tenant_id:
        return str(SentRecord.objects.create(tenant_id=tenant_id, **row | columns).id)


def ids(answer: HttpResponse) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["data"]]


def test_the_ledger_is_told_from_its_beginning(cast: Cast, get: Get) -> None:
    account = put_account(cast.alice.tenant, "Acme")
    contact = put_contact(cast.alice.tenant, email="ada@example.com")
    found = get("changes").json()
    assert [(row["seq"], row["object_type"], row["object_id"]) for row in found["data"]] == [
        (1, "account", str(account)),
        (2, "contact", str(contact)),
    ]
    assert found["cursor"] == "2"
    assert list(found["data"][0]) == [field.column for field in Change._meta.concrete_fields[1:]]


def test_a_consumer_stops_and_resumes_without_missing_or_repeating(cast: Cast, get: Get) -> None:
    contact = put_contact(cast.alice.tenant, email="ada@example.com")
    seen, cursor = [], "0"
    for step in range(6):
        page = get("changes", cursor=cursor, limit=2).json()
        seen += [row["seq"] for row in page["data"]]
        cursor = page["cursor"]
        for _ in range(step % 3):
            change_contact(cast.alice.tenant, contact, first_name=f"Ada {step}")
    while (page := get("changes", cursor=cursor, limit=2).json())["data"]:
        seen += [row["seq"] for row in page["data"]]
        cursor = page["cursor"]
    assert seen == list(range(1, 8))
    assert page == {"data": [], "cursor": cursor}


def test_nothing_is_missed_while_others_write(cast: Cast, get: Get) -> None:
    writers, each = 3, 8

    def write(number: int) -> None:
        for turn in range(each):
            put_contact(cast.alice.tenant, email=f"c{number}-{turn}@example.com")
        connections.close_all()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    seen, cursor = [], "0"
    while len(seen) < writers * each:
        page = get("changes", cursor=cursor, limit=5, type="contact").json()
        seen += [row["seq"] for row in page["data"]]
        cursor = page["cursor"]
    for thread in threads:
        thread.join()
    assert seen == list(range(1, writers * each + 1))


def test_the_ledger_is_narrowed_to_an_object_a_type_or_a_time(cast: Cast, get: Get) -> None:
    first = put_contact(cast.alice.tenant, email="ada@example.com", at=NOON)
    put_account(cast.alice.tenant, "Acme", at=NOON + timedelta(hours=1))
    change_contact(cast.alice.tenant, first, first_name="Ada", at=NOON + timedelta(hours=2))
    for parameters, expected, cursor in (
        ({"object": first}, [1, 3], "3"),
        ({"object": uuid7()}, [], "3"),
        ({"type": "account"}, [2], "3"),
        ({"type": "account", "limit": 1}, [2], "2"),
        ({"from_": "2026-01-01T13:00:00Z"}, [2, 3], "3"),
        ({"to": "2026-01-01T13:00:00Z"}, [1], "1"),
        ({"from_": "2026-01-01T14:00:00+01:00", "to": "2026-01-01T13:00:00Z"}, [], "1"),
        ({"from_": "2027-01-01"}, [], "3"),
        ({"cursor": 2, "from_": "2026-01-01"}, [3], "3"),
    ):
        found = get("changes", **parameters).json()
        assert ([row["seq"] for row in found["data"]], found["cursor"]) == (expected, cursor), parameters


def test_a_page_is_bounded_in_bytes_and_the_next_goes_on(cast: Cast, get: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query, "PAGE_BYTES", 10_000)
    monkeypatch.setattr(feeds, "PAGE_BYTES", 10_000)
    made = [put_request(cast, at=NOON + timedelta(seconds=n), sent={"a": "x" * 3_000}) for n in range(8)]
    put_request(cast, at=NOON - timedelta(seconds=1), sent={"a": "x" * 50_000})
    contact = put_contact(cast.alice.tenant, email="ada@example.com")
    for name in "abcdef":
        change_contact(cast.alice.tenant, contact, first_name=name)
    with tenant_scope(cast.alice.tenant) as tenant_id:
        Change.objects.filter(tenant_id=tenant_id).update(diff={"first_name": ["", "x" * 3_000]})
    seen, cursor, pages = [], "", 0
    while cursor is not None:
        answer = get("requests", limit=1000, **({"cursor": cursor} if cursor else {}))
        assert len(answer.content) < 10_000 or len(answer.json()["data"]) == 1
        seen, cursor, pages = seen + ids(answer), answer.json()["cursor"], pages + 1
    assert (seen[:8], len(seen), pages) == (made[::-1], 9, 5)
    for narrowed in ({}, {"object": contact}):
        page = get("changes", limit=1000, **narrowed)
        assert len(page.content) < 10_000, narrowed
        rest = get("changes", limit=1000, cursor=page.json()["cursor"], **narrowed)
        assert rest.json()["data"], narrowed


@pytest.mark.parametrize("feed", ["changes", "requests"])
def test_lines_for_those_who_ask_for_them(cast: Cast, get: Get, feed: str) -> None:
    for number in range(3):
        put_contact(cast.alice.tenant, email=f"{number}@example.com")
        put_request(cast, request_id=f"r{number}")
    plain = get(feed, limit=2).json()
    lines = get(feed, accept="application/x-ndjson", limit=2)
    assert lines["Content-Type"] == "application/x-ndjson"
    assert [json.loads(line) for line in lines.content.decode().splitlines()] == plain["data"]
    assert lines["X-Cursor"] == plain["cursor"]
    rest = get(feed, accept="application/x-ndjson", limit=2, cursor=lines["X-Cursor"])
    assert len(rest.content.splitlines()) == 1
    assert ("X-Cursor" in rest) == (feed == "changes")


def test_the_request_history_is_told_newest_first_page_by_page(cast: Cast, get: Get) -> None:
    made = [put_request(cast, at=NOON + timedelta(seconds=number // 2)) for number in range(7)]
    assert ids(get("requests")) == made[::-1]
    seen, cursor = [], None
    while True:
        page = get("requests", limit=3, **({"cursor": cursor} if cursor else {})).json()
        seen += [row["id"] for row in page["data"]]
        cursor = page["cursor"]
        if cursor is None:
            break
    assert seen == made[::-1]


def test_the_request_history_is_narrowed(cast: Cast, get: Get) -> None:
    with tenant_scope(cast.alice.tenant) as tenant_id:
        app = ConnectedApp.objects.get(tenant_id=tenant_id, client_id=cast.bob.client_id)
        configuration = Configuration.objects.get(tenant_id=tenant_id, reference="account")
    put_request(cast)
    by_app = put_request(cast, actor_id=app.id)
    by_configuration = put_request(cast, configuration_id=configuration.id)
    rejected = put_request(cast, outcome="rejected", status=422)
    by_email = put_request(cast, email_key="ada@example.com")
    by_phone = put_request(cast, phone_key="44207946")
    by_id = put_request(cast, request_id="job-7")
    later = put_request(cast, at=NOON + timedelta(hours=1))
    for parameters, expected in (
        ({"app": cast.bob.client_id}, by_app),
        ({"app": app.id}, by_app),
        ({"configuration": "account"}, by_configuration),
        ({"configuration": configuration.id}, by_configuration),
        ({"outcome": "rejected"}, rejected),
        ({"text": " ADA@example.com "}, by_email),
        ({"text": "+44 (207) 946"}, by_phone),
        ({"text": "job-7"}, by_id),
        ({"from_": "2026-01-01T13:00:00Z"}, later),
        ({"text": "nobody"}, None),
    ):
        assert ids(get("requests", **parameters)) == ([expected] if expected else []), parameters
    assert later not in ids(get("requests", to="2026-01-01T13:00:00Z"))


@pytest.mark.parametrize(
    ("feed", "parameters", "errors"),
    [
        (
            "requests",
            {"app": "x", "configuration": "y"},
            {
                "app": ["The selected app does not exist."],
                "configuration": ["The selected configuration does not exist."],
            },
        ),
        (
            "requests",
            {"cursor": "AAAA", "outcome": "fine", "from_": "noon", "limit": 0},
            {
                "cursor": ["The cursor is not one that was handed out here."],
                "outcome": [
                    "The outcome must be one of: created, updated, unchanged, rejected, not_written, replayed."
                ],
                "from": ["The from must be a time in ISO 8601."],
                "limit": ["The limit must be a whole number from 1 to 1000."],
            },
        ),
        ("requests", {"text": "\0"}, {"text": ["The text must not contain a NUL character."]}),
        (
            "changes",
            {"cursor": "-1", "object": "x", "type": "house", "colour": "red"},
            {
                "cursor": ["The cursor is not one that was handed out here."],
                "object": ["The object must be a UUID."],
                "type": [
                    "The type must be one of: account, contact, survey_record, response, external_response, activity."
                ],
                "colour": ["The parameter colour is unknown; known are cursor, from, limit, object, to, type."],
            },
        ),
    ],
)
def test_what_cannot_be_asked_is_told(get: Get, feed: str, parameters: Any, errors: Any) -> None:
    answer = get(feed, **parameters)
    assert (answer.status_code, answer.json()["errors"]) == (422, errors)


def test_whatever_was_sent_can_be_shown(cast: Cast, get: Get) -> None:
    sent = r'{"First": "\ud800\u0000"}'
    columns = "tenant_id, at, id, request_id, position, actor_type, status, outcome, objects, sent"
    with tenant_scope(cast.alice.tenant) as tenant_id, connection.cursor() as cursor:
        cursor.execute(
            f"insert into requests ({columns}) values (%s, now(), %s, 'r', 0, 'app', 422, 'rejected', '[]', %s)",
            [tenant_id, uuid7(), sent],
        )
    (row,) = get("requests").json()["data"]
    assert row["sent"] == json.loads(sent)
    lines = get("requests", accept="application/x-ndjson").content
    assert json.loads(lines)["sent"] == json.loads(sent)


@pytest.mark.parametrize("feed", ["changes", "requests"])
def test_the_stranger_sees_no_history_of_ours(cast: Cast, get: Get, feed: str) -> None:
    put_contact(cast.alice.tenant, email="ada@example.com")
    put_request(cast, request_id="job-7")
    assert get(feed, "charlie").json()["data"] == []
    assert get("requests", "charlie", text="job-7").json()["data"] == []
