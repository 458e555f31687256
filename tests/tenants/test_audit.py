"""The audit log: every act on the settings, by whom and what; nothing secret; nobody changes it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from uuid_utils.compat import uuid7

from rapport.configurations import edits, files, unmapped
from rapport.configurations.locks import editing
from rapport.configurations.models import Configuration
from rapport.connected_apps import issue, webhooks
from rapport.connected_apps.models import ConnectedApp
from rapport.history.models import UnmappedHeading
from rapport.settings import Settings
from rapport.tenants import audit, registry
from rapport.tenants.actors import COMMAND, Author
from rapport.tenants.models import AuditEntry
from rapport.tenants.scope import tenant_scope
from tests.conftest import django_on

if TYPE_CHECKING:
    from django.http import HttpResponse

    from rapport.tenants.models import Tenant
    from tests.cast import Cast, Person
    from tests.conftest import Database

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
CONTENT = {
    "reference": "nightly",
    "name": "Nightly",
    "kind": "api",
    "data_type": "contact",
    "mapping": [{"heading": "E-Mail", "field": "email"}],
}
Call = Callable[..., "HttpResponse"]


@pytest.fixture
def call(cast: Cast) -> Call:
    """Alice, or whoever is named, calls the API; the request has an id to be found by."""
    client = Client(raise_request_exception=False)

    def ask(method: str, path: str, body: Any = None, who: str = "alice", **headers: str) -> HttpResponse:
        headers = getattr(cast, who).bearer | {"X-Request-Id": "asked", "If-Match": "*"} | headers
        raw = b"" if body is None else json.dumps(body).encode()
        return client.generic(method, f"/api/{path}", raw, content_type="application/json", headers=headers)

    return ask


#: Twenty thousand entries around noon; one action, actor or object in a thousand is rare.
FILL = """
insert into audit_entries (tenant_id, at, id, actor_type, actor_id, actor_name, action, object_type, object_id,
                           object_name, details)
select %(tenant)s, timestamptz '2026-01-01 12:00Z' + (n - 10000) * interval '1 second', md5(n::text)::uuid, 'user',
       case when n %% 1000 = 0 then %(actor)s::uuid end, 'Ada',
       case when n %% 1000 = 0 then 'field.create' else 'field.change' end, 'field', n %% 1000, 'Segment', '{}'
from generate_series(1, 20000) n
"""


def entries(person: Person, **wanted: Any) -> list[AuditEntry]:
    """What the log has since the cast came, newest first."""
    with tenant_scope(person.tenant) as tenant_id:
        found, _ = audit.entries(tenant_id, audit.Wanted(**wanted))
    return [entry for entry in found if entry.object_name not in ("Alice's app", "Bob's app", "Charlie's app")]


def acts(person: Person) -> list[tuple[str, str, Any]]:
    """Action, name of the object and details, oldest first."""
    return [(entry.action, entry.object_name, entry.details) for entry in reversed(entries(person))]


def put(person: Person, *, at: datetime = NOON, **columns: Any) -> AuditEntry:
    """An entry that says nothing in particular."""
    row = {"actor_type": "user", "actor_name": "Ada", "action": "field.change", "object_type": "field"}
    row |= {"object_id": "1", "object_name": "Segment", "details": {}}
    with tenant_scope(person.tenant) as tenant_id:
        return AuditEntry.objects.create(tenant_id=tenant_id, at=at, **row | columns)


def test_an_entry_says_who_did_what_to_what_with_which_request(cast: Cast, call: Call) -> None:
    made = call("POST", "fields", {"object": "contact", "name": "segment", "label": "Segment", "type": "text"}).json()
    [shown] = [entry for entry in call("GET", "audit").json()["data"] if entry["action"] == "field.create"]
    with tenant_scope(cast.alice.tenant) as tenant_id:
        app = ConnectedApp.objects.get(tenant_id=tenant_id, client_id=cast.alice.client_id)
    assert shown == {
        "id": shown["id"],
        "at": shown["at"],
        "actor": {"type": "app", "id": str(app.id), "name": "Alice's app"},
        "action": "field.create",
        "object": {"type": "field", "id": made["id"], "name": "Segment"},
        "details": {"object": "contact", "name": "segment", "label": "Segment", "type": "text"},
        "request_id": "asked",
    }


def test_every_act_over_the_api_is_noted_once(cast: Cast, call: Call) -> None:
    assert call("POST", "configurations", CONTENT).status_code == 201
    for path in ("deactivate", "activate", "activate"):
        assert call("POST", f"configurations/nightly/{path}").status_code == 200
    for _ in range(2):
        assert call("PUT", "configurations/nightly", CONTENT | {"name": "Daily"}).status_code == 200
    assert call("POST", "configurations/nightly/copy", {"reference": "copied"}).status_code == 201
    assert call("DELETE", "configurations/nightly").status_code == 204
    nightly = {"reference": "nightly"}
    assert acts(cast.alice) == [
        ("configuration.create", "Nightly", {**nightly, "version": 1}),
        ("configuration.deactivate", "Nightly", {**nightly, "version": 2, "changed": ["active"]}),
        ("configuration.activate", "Nightly", {**nightly, "version": 3, "changed": ["active"]}),
        ("configuration.change", "Daily", {**nightly, "version": 4, "changed": ["name"]}),
        ("configuration.create", "Daily copy", {"reference": "copied", "version": 1}),
        ("configuration.remove", "Daily", {**nightly, "version": 5}),
    ]


def test_fields_and_touchpoints_are_noted_with_old_and_new(cast: Cast, call: Call) -> None:
    field = {"object": "contact", "name": "segment", "label": "Segment", "type": "text"}
    field_id = call("POST", "fields", field).json()["id"]
    touchpoint_id = call("POST", "touchpoints", {"name": "Sales"}).json()["id"]
    for path, body in ((f"fields/{field_id}", {"label": "Part"}), (f"touchpoints/{touchpoint_id}", {"active": False})):
        for _ in range(2):
            assert call("PATCH", path, body).status_code == 200
    assert acts(cast.alice) == [
        ("field.create", "Segment", field),
        ("touchpoint.create", "Sales", {"active": True}),
        ("field.change", "Part", {"changed": {"label": ["Segment", "Part"]}}),
        ("touchpoint.change", "Sales", {"changed": {"active": [True, False]}}),
    ]


def test_what_is_refused_is_not_noted(cast: Cast, call: Call) -> None:
    assert call("POST", "configurations", {}).status_code == 422
    assert call("POST", "fields", {}).status_code == 422
    assert call("DELETE", "configurations/contact").status_code == 409
    assert call("POST", "unmapped/dismiss", {"configuration": "contact", "heading": "none"}).status_code == 404
    assert call("POST", "configurations", CONTENT, who="charlie").status_code == 201
    assert acts(cast.alice) == []


def test_a_dismissed_heading_is_noted(cast: Cast) -> None:
    with tenant_scope(cast.alice.tenant) as tenant_id:
        place = {"tenant_id": tenant_id, "heading": "Frist Name"}
        place["configuration_id"] = Configuration.objects.get(tenant_id=tenant_id, reference="contact").id
        UnmappedHeading.objects.create(**place, count=1, first_seen=NOON, last_seen=NOON)
        assert unmapped.dismiss(tenant_id, COMMAND, "contact", "Frist Name")
    [entry] = entries(cast.alice)
    assert (entry.action, entry.object_id, entry.object_name, entry.details) == (
        "unmapped.dismiss",
        str(place["configuration_id"]),
        "Frist Name",
        {"reference": "contact"},
    )


def test_apps_and_webhooks_are_noted_without_anything_secret(cast: Cast) -> None:
    tenant = cast.alice.tenant
    app = issue.create_app(tenant, COMMAND, "CRM", rate=5)
    secret = issue.rotate(tenant, COMMAND, app.client_id)
    issue.change_app(tenant, COMMAND, app.client_id, {"rate": None, "configurations": ["contact"]})
    [old, _] = issue.show_app(tenant, app.client_id)["secrets"]
    issue.retire(tenant, COMMAND, app.client_id, old["id"])
    issue.deactivate(tenant, COMMAND, app.client_id)
    hook = webhooks.create(tenant, COMMAND, "contact", Settings())
    password = webhooks.rotate(tenant, COMMAND, hook.id)
    webhooks.deactivate(tenant, COMMAND, hook.id)
    content = {"scopes": ["records:write", "directory:read"], "rate": 5, "configurations": None}
    assert acts(cast.alice) == [
        ("connected_app.create", "CRM", content),
        ("connected_app.rotate", "CRM", {}),
        ("connected_app.change", "CRM", {"changed": {"rate": [5, None], "configurations": [None, ["contact"]]}}),
        ("connected_app.retire", "CRM", {"secret": str(old["id"])}),
        ("connected_app.deactivate", "CRM", {}),
        ("webhook.create", hook.user_name, {"configuration": "contact"}),
        ("webhook.rotate", hook.user_name, {}),
        ("webhook.deactivate", hook.user_name, {}),
    ]
    with tenant_scope(tenant) as tenant_id:
        everything = str(list(AuditEntry.objects.filter(tenant_id=tenant_id).values()))
    for shown_once in (app.client_secret, secret, hook.password, password, hook.url.rpartition("/")[2]):
        assert shown_once not in everything
    assert {(entry.actor_type, entry.actor_id, entry.request_id) for entry in entries(cast.alice)} == {
        ("command", None, None)
    }


def test_a_file_is_noted_with_what_it_changed_and_its_rehearsal_is_not(cast: Cast) -> None:
    content = {"configurations": [CONTENT]}
    files.apply(cast.alice.tenant, content, dry_run=True)
    assert acts(cast.alice) == []
    files.apply(cast.alice.tenant, content)
    files.apply(cast.alice.tenant, content)
    [entry] = entries(cast.alice)
    assert (entry.action, entry.actor_name) == ("configuration.create", "command line")


def test_an_act_that_is_rolled_back_leaves_no_entry(cast: Cast) -> None:
    author = Author("user", cast.alice.user.id, "Alice")
    with editing(cast.alice.tenant) as tenant_id:
        edits.create(tenant_id, author, CONTENT)
        transaction.set_rollback(True)
    assert acts(cast.alice) == []


def test_an_action_that_nobody_listed_is_a_mistake_of_ours(cast: Cast) -> None:
    with pytest.raises(AssertionError), tenant_scope(cast.alice.tenant) as tenant_id:
        audit.note(tenant_id, COMMAND, "tea.make", audit.Object(1, "Tea"))


def test_pages_follow_one_another_newest_first(cast: Cast, call: Call) -> None:
    for number in range(5):
        put(cast.alice, at=NOON + timedelta(seconds=number // 2), object_name=str(number))
    seen, cursor = [], ""
    for expected in (2, 2, 1):
        page = call("GET", f"audit?limit=2&action=field.change{cursor}").json()
        assert len(page["data"]) == expected
        seen += [entry["object"]["name"] for entry in page["data"]]
        cursor = f"&cursor={page['cursor']}"
    assert (seen, page["cursor"]) == (list("43210"), None)


def test_filters_narrow_the_log(cast: Cast, call: Call) -> None:
    ada = uuid7()
    put(cast.alice, object_name="old", at=NOON - timedelta(hours=1))
    put(cast.alice, object_name="hers", actor_id=ada)
    put(cast.alice, object_name="other", object_id="2", action="touchpoint.change")
    for query, names in [
        (f"actor={ada}", ["hers"]),
        ("action=touchpoint.change", ["other"]),
        ("object=2", ["other"]),
        ("object=1&from=2026-01-01T12:00:00Z&to=2026-01-01T13:00:00Z", ["hers"]),
        ("to=2026-01-01T12:00:00Z", ["old"]),
        ("object=3", []),
    ]:
        assert [entry["object"]["name"] for entry in call("GET", f"audit?{query}").json()["data"]] == names, query


def test_lines_come_where_they_are_asked_for(cast: Cast, call: Call) -> None:
    for name in ("a", "b"):
        put(cast.alice, object_name=name)
    answer = call("GET", "audit?limit=1&object=1", Accept="application/x-ndjson")
    assert answer["Content-Type"] == "application/x-ndjson"
    [line] = answer.content.decode().splitlines()
    assert json.loads(line)["object"]["name"] == "b"
    assert answer["X-Cursor"] == call("GET", "audit?limit=1&object=1").json()["cursor"]


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("actor=ada", "actor"),
        ("action=tea.make", "action"),
        ("from=noon", "from"),
        ("cursor=here", "cursor"),
        ("limit=0", "limit"),
        ("who=ada", "who"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(call: Call, query: str, parameter: str) -> None:
    answer = call("GET", f"audit?{query}")
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == [parameter]


def test_the_stranger_reads_nothing_of_ours(cast: Cast, call: Call) -> None:
    put(cast.alice, object_name="Veiled")
    assert "Veiled" not in call("GET", "audit", who="charlie").content.decode()


def test_every_page_of_the_log_is_found_by_an_index(fresh_database: Database) -> None:
    nobody = uuid7()
    with django_on(fresh_database):
        tenants = [registry.create(slug) for slug in ("one", "two")]
        for tenant in tenants:
            with psycopg.connect(fresh_database.app) as app:
                app.execute(f"set local rapport.tenant_id = '{tenant.pk}'")
                psycopg.ClientCursor(app).execute(FILL, {"tenant": tenant.pk, "actor": nobody})
        with psycopg.connect(fresh_database.owner, autocommit=True) as owner:
            owner.execute("vacuum analyze audit_entries")
        places = [{}, {"start": NOON}, {"end": NOON}, {"cursor": (NOON, nobody)}]
        exact = [{"actor": nobody}, {"action": "field.create"}, {"object": "7"}]
        for wanted in (*places, *exact, *({**one, "cursor": (NOON, nobody)} for one in exact)):
            with tenant_scope(tenants[1]) as tenant_id, CaptureQueriesContext(connection) as captured:
                found, _ = audit.entries(tenant_id, audit.Wanted(**wanted, limit=10))
            assert len(found) >= 9
            assert touched(tenants[1], captured.captured_queries[-1]["sql"]) < 40, wanted


def touched(tenant: Tenant, sql: str) -> int:
    """How many pages of tables and indexes a statement reads."""
    with tenant_scope(tenant), connection.cursor() as cursor:
        cursor.execute(f"explain (analyze, buffers, format json) {sql}")
        [[plan]] = cursor.fetchall()
    return plan[0]["Plan"]["Shared Hit Blocks"]
