"""`/api/campaigns` and what belongs to it: from contacts to a campaign that runs, by calls alone."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from rapport.feedback import links
from rapport.tenants.models import AuditEntry
from rapport.tenants.scope import tenant_scope
from tests.sender import office

if TYPE_CHECKING:
    from tests.cast import Cast, Person
    from tests.conftest import Database

NEW = {
    "name": "Q4 relationship",
    "kind": "invitation",
    "recipients": {"where": [{"field": "last_name", "is": "Lovelace"}]},
    "sender": {"name": "Ada", "address": "ada@sender.example"},
}


@pytest.fixture
def people(database: Database, cast: Cast) -> Cast:
    """Alice has three contacts, two of them called Lovelace."""
    tenant = cast.alice.tenant
    office.contacts(database, tenant, "ada@example.com", "ann@example.com", **{"Last Name": "Lovelace"})
    office.contacts(database, tenant, "bob@example.com", **{"Last Name": "Byron"})
    return cast


def call(person: Person, method: str, path: str, body: Any = None, **headers: str) -> Any:
    """A call of theirs."""
    client = Client(headers={"host": "127.0.0.1:8000", **person.bearer, **headers})
    content = "" if body is None else json.dumps(body)
    given = {} if method == "get" else {"data": content, "content_type": "application/json"}
    return getattr(client, method)(path, **given)


def made(person: Person, **more: Any) -> str:
    answer = call(person, "post", "/api/campaigns", NEW | more)
    assert answer.status_code == 201, answer.content
    return str(answer.json()["campaign"])


def test_from_contacts_to_a_running_campaign(database: Database, people: Cast) -> None:
    alice = people.alice
    with office.serving(database, 25):
        id = made(alice)
        planned = call(alice, "post", f"/api/campaigns/{id}/plan").json()
        assert "chosen" in planned, planned
        assert (planned["chosen"], planned["send"], planned["skip"]) == (2, 2, {})
        assert len(planned["examples"]) == 2
        assert "likely" in planned["examples"][0]["html"]
        started = call(alice, "post", f"/api/campaigns/{id}/start", {"plan": planned["plan"]})
        assert (started.status_code, started.json()) == (202, {"campaign": id})
        again = call(alice, "post", f"/api/campaigns/{id}/start", {"plan": planned["plan"]})
        assert (again.status_code, again.json()) == (202, {"campaign": id})
    shown = call(alice, "get", f"/api/campaigns/{id}").json()
    assert (shown["state"], shown["counts"]) == ("running", {"queued": 2})
    page = call(alice, "get", f"/api/deliveries?campaign={id}&state=queued").json()
    assert [row["address"] for row in page["data"]] == ["ada@example.com", "ann@example.com"]
    for act, state in (("pause", "paused"), ("pause", "paused"), ("resume", "running"), ("cancel", "cancelled")):
        assert call(alice, "post", f"/api/campaigns/{id}/{act}").json()["state"] == state
    assert call(alice, "get", f"/api/campaigns/{id}").json()["counts"] == {"cancelled": 2}
    assert call(alice, "post", f"/api/campaigns/{id}/resume").status_code == 409


def test_what_was_edited_since_the_plan_is_said_and_nothing_starts(database: Database, people: Cast) -> None:
    alice = people.alice
    with office.serving(database, 25):
        id = made(alice)
        token = call(alice, "post", f"/api/campaigns/{id}/plan").json()["plan"]
        body = {"messages": {"en": {"subject": "New", "body": "{{ survey_link }} {{ unsubscribe_link }}"}}, "rate": 7}
        body |= {name: call(alice, "get", f"/api/campaigns/{id}").json()[name] for name in ("name", "window")}
        assert call(alice, "patch", f"/api/campaigns/{id}", body, **{"if-match": '"1"'}).status_code == 200
        with tenant_scope(alice.tenant) as tenant_id:
            noted = AuditEntry.objects.get(tenant_id=tenant_id, action="campaign.change")
        assert noted.details == {"changed": ["messages", "rate"]}
        refused = call(alice, "post", f"/api/campaigns/{id}/start", {"plan": token})
        assert refused.status_code == 409
        assert refused.json()["changed"] == ["the campaign", "its messages"]
        token = call(alice, "post", f"/api/campaigns/{id}/plan").json()["plan"]
        assert call(alice, "post", f"/api/campaigns/{id}/start", {"plan": token}).status_code == 202


def test_without_an_address_for_links_no_campaign_starts_and_it_says_so(database: Database, people: Cast) -> None:
    alice, id = people.alice, made(people.alice)
    token = call(alice, "post", f"/api/campaigns/{id}/plan").json()["plan"]
    refused = call(alice, "post", f"/api/campaigns/{id}/start", {"plan": token})
    assert refused.status_code == 409
    assert "Links in mails lead nowhere yet: whoever runs this service" in refused.json()["message"]


#: What is wrong with a new campaign -> where it is said.
FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"kind": "spam"}, "kind"),
    ({"name": " x"}, "name"),
    ({"recipients": {}}, "recipients"),
    ({"recipients": {"where": [{"field": "shoe", "is": "x"}]}}, "recipients.where.0"),
    ({"recipients": {"where": [{"field": "first_name", "near": "x"}]}}, "recipients.where.0"),
    ({"recipients": {"where": [{"field": "created_at", "before": "soon"}]}}, "recipients.where.0"),
    ({"recipients": {"where": [{"field": "created_at", "before": "0001-01-01T00:00+01:00"}]}}, "recipients.where.0"),
    ({"recipients": {"emails": ["not an address"]}}, "recipients.emails"),
    ({"recipients": {"campaign": "x"}}, "recipients.campaign"),
    ({"survey": "none"}, "survey"),
    ({"reminders": [3, 3]}, "reminders"),
    ({"rate": 0}, "rate"),
    ({"window": {"mon": ["09:00", "17:00"]}}, "window"),
    ({"sender": {"address": "nobody"}}, "sender"),
    ({"messages": {"en": {"subject": "x", "body": "{{ survey_link }}"}}}, "messages.en.body"),
    ({"messages": {"en": {"subject": "x", "body": "{{ contact.shoe }} {{ unsubscribe_link }}"}}}, "messages.en.body"),
    ({"messages": {"en": {"subject": "{% if x %}", "body": "x"}}}, "messages.en.subject"),
    ({"color": "red"}, "color"),
]


@pytest.mark.parametrize(("fault", "place"), FAULTS)
def test_each_fault_is_named(cast: Cast, fault: dict[str, Any], place: str) -> None:
    answer = call(cast.alice, "post", "/api/campaigns", NEW | fault)
    assert answer.status_code == 422
    assert place in answer.json()["errors"]


def test_recipients_are_counted_while_they_are_chosen(people: Cast) -> None:
    for recipients, number in (
        ({"all": True}, 3),
        (NEW["recipients"], 2),
        ({"where": [{"field": "last_name", "is_not": "Lovelace"}]}, 1),
        ({"where": [{"field": "last_name", "contains": "LOVE"}, {"field": "email", "is": "ada@example.com"}]}, 1),
        ({"where": [{"field": "account.name", "empty": True}]}, 3),
        ({"where": [{"field": "created_at", "after": "2020-01-01"}]}, 3),
        ({"where": [{"field": "created_at", "before": "2020-01-01"}]}, 0),
        ({"where": [{"field": "survey.touchpoint", "empty": True}]}, 0),
        ({"emails": ["ADA@example.com", "nobody@example.com"]}, 1),
    ):
        answer = call(people.alice, "post", "/api/recipients/count", {"recipients": recipients})
        assert answer.json() == {"count": number, "exact": True}, recipients


def test_addresses_that_nobody_has_are_named(database: Database, people: Cast) -> None:
    id = made(people.alice, recipients={"emails": ["ada@example.com", "who@example.com"]})
    planned = call(people.alice, "post", f"/api/campaigns/{id}/plan").json()
    assert (planned["send"], planned["unknown"]) == (1, ["who@example.com"])


def test_who_is_suppressed_is_skipped_and_lifting_takes_a_reason(people: Cast) -> None:
    alice, ids = people.alice, []
    for given in ({"email": "Ada@example.com"}, {"domain": "example.com"}):
        answer = call(alice, "post", "/api/suppressions", {**given, "source": "hand", "proof": "a letter"})
        assert answer.status_code == 201
        ids.append(answer.json()["id"])
    assert call(alice, "post", "/api/suppressions", {"email": "ada@example.com", "source": "api"}).status_code == 200
    path = f"/api/campaigns/{made(alice)}/plan"
    assert call(alice, "post", path).json()["skip"] == {"unsubscribed": 2}
    assert call(alice, "post", f"/api/suppressions/{ids[1]}/lift", {}).status_code == 422
    assert call(alice, "post", f"/api/suppressions/{ids[1]}/lift", {"reason": "asked"}).json() == {"lifted": True}
    assert call(alice, "post", path).json()["skip"] == {"unsubscribed": 1}
    rows = call(alice, "get", "/api/suppressions").json()["data"]
    assert [(row["kind"], row["act"], row["active"]) for row in rows] == [
        ("email", "added", True),
        ("domain", "added", False),
        ("domain", "lifted", False),
    ]


def test_the_references_lists_have_their_envelopes(people: Cast) -> None:
    alice, path = people.alice, "/v4.1/lists/unsubscribe.json"
    client = Client(headers={"host": "127.0.0.1:8000", **alice.bearer})
    missing = client.post(path)
    assert (missing.status_code, missing.json()) == (
        400,
        {"Error": {"Message": "Email address is required", "Code": 400402}},
    )
    assert client.post(path, {"email": "ada@example.com"}).json() == {"Data": {"Message": "Record added"}}
    [row] = client.get(path).json()["Data"]
    assert row["Email"] == "ada@example.com"
    assert set(row) == {"Email", "Date", "User"}
    assert client.get(path + "?date_range_from=2020-01-01").status_code == 400
    assert client.get(path + "?date_range_from=2020-01-01&date_range_to=2020-02-01").json() == {"Data": []}
    assert client.get("/v4.1/lists/bounce.json").json() == {"Data": []}
    assert len(client.get(path + "?date_range_from=2020-01-01&date_range_to=9999-12-31").json()["Data"]) == 1
    later = "2020-01-01T00:00:00-05:00"
    assert client.get(path, {"date_range_from": later, "date_range_to": later}).json() == {"Data": []}
    for start in ("99999999999999999999", "1000000001", "-1"):
        assert client.get(path, {"start": start}).json()["Error"]["Code"] == 300001
    assert client.post(path, {"email": f"{'a' * 309}@example.com"}).json()["Error"]["Code"] == 300001
    for given, key in (({"email": "bob@example.com"}, "Data"), ({"email": 1}, "Error")):
        assert client.post(path, given, content_type="application/json").json().keys() == {key}
    for answer, told in (
        (client.post(path, b"[", content_type="application/json"), (400, 300001)),
        (client.put(path), (405, 300003)),
        (Client(headers={"host": "127.0.0.1:8000"}).get(path), (401, 200000)),
    ):
        assert (answer.status_code, answer.json()["Error"]["Code"]) == told
        assert answer.json()["Error"]["Message"]


@pytest.mark.parametrize("domain", ["com", "@com", "com."])
def test_a_whole_top_level_domain_is_no_suppression(people: Cast, domain: str) -> None:
    refused = call(people.alice, "post", "/api/suppressions", {"domain": domain, "source": "hand"})
    assert (refused.status_code, list(refused.json()["errors"])) == (422, ["domain"])


def test_a_beginning_is_a_time_in_the_systems_zone_and_near(database: Database, people: Cast) -> None:
    alice, hour = people.alice, timedelta(hours=1)
    type(alice.tenant).objects.filter(pk=alice.tenant.pk).update(time_zone="Asia/Tokyo")
    with office.serving(database, 25):
        id = made(alice)
        token = call(alice, "post", f"/api/campaigns/{id}/plan").json()["plan"]
        for at in ("2020-01-01T00:00:00", "9999-01-01", "soon", 7):
            refused = call(alice, "post", f"/api/campaigns/{id}/start", {"plan": token, "at": at})
            assert (refused.status_code, list(refused.json()["errors"])) == (422, ["at"])
        at = (datetime.now(ZoneInfo("Asia/Tokyo")) + hour).replace(tzinfo=None, microsecond=0)
        started = call(alice, "post", f"/api/campaigns/{id}/start", {"plan": token, "at": at.isoformat()})
        assert started.status_code == 202
        begin = datetime.fromisoformat(call(alice, "get", f"/api/campaigns/{id}").json()["start_at"])
        assert begin == at.replace(tzinfo=ZoneInfo("Asia/Tokyo"))


def test_segments_are_saved_used_and_kept_while_needed(people: Cast) -> None:
    alice = people.alice
    where = [{"field": "last_name", "is": ["Lovelace", "Byron"]}]
    segment = call(alice, "post", "/api/segments", {"name": "Poets", "where": where}).json()
    assert call(alice, "post", "/api/segments", {"name": "Poets", "where": where}).status_code == 422
    id = made(alice, recipients={"segment": segment["id"].upper()})
    assert call(alice, "post", f"/api/campaigns/{id}/plan").json()["send"] == 3
    assert call(alice, "delete", f"/api/segments/{segment['id']}").status_code == 409
    call(alice, "post", f"/api/campaigns/{id}/cancel")
    assert call(alice, "delete", f"/api/segments/{segment['id']}").status_code == 204


def test_a_tag_that_cannot_be_filled_is_told_with_the_plan(database: Database, people: Cast) -> None:
    alice = people.alice
    body = "{{ contact.last_name | divided_by: 0 }} {{ survey_link }} {{ unsubscribe_link }}"
    with office.serving(database, 25):
        id = made(alice, messages={"en": {"subject": "x", "body": body}})
        planned = call(alice, "post", f"/api/campaigns/{id}/plan")
    assert planned.status_code == 422
    assert "divided_by" in str(planned.json()["errors"]["messages"])


def test_the_stranger_finds_nothing(people: Cast) -> None:
    alice, charlie = people.alice, people.charlie
    id = made(alice)
    segment = call(alice, "post", "/api/segments", {"name": "A", "where": [{"field": "email", "empty": False}]}).json()
    act = call(alice, "post", "/api/suppressions", {"email": "ada@example.com", "source": "api"}).json()
    for method, path, body in (
        ("get", f"/api/campaigns/{id}", None),
        ("patch", f"/api/campaigns/{id}", {"name": "mine"}),
        ("post", f"/api/campaigns/{id}/plan", None),
        ("post", f"/api/campaigns/{id}/start", {"plan": "x"}),
        ("post", f"/api/campaigns/{id}/pause", None),
        ("post", f"/api/campaigns/{id}/cancel", None),
        ("post", f"/api/campaigns/{id}/send-again", {"state": "failed"}),
        ("get", f"/api/segments/{segment['id']}", None),
        ("put", f"/api/segments/{segment['id']}", {"name": "mine"}),
        ("delete", f"/api/segments/{segment['id']}", None),
        ("post", f"/api/suppressions/{act['id']}/lift", {"reason": "x"}),
    ):
        assert call(charlie, method, path, body, **{"if-match": "*"}).status_code == 404, path
    for path in ("/api/campaigns?mode=manual", "/api/deliveries", "/api/segments", "/api/suppressions"):
        assert call(charlie, "get", path).json()["data"] == [], path
    assert call(charlie, "post", "/api/recipients/count", {"recipients": {"all": True}}).json()["count"] == 0
    refused = call(charlie, "post", "/api/campaigns", NEW | {"recipients": {"campaign": id}})
    assert refused.status_code == 422


def test_a_link_in_a_mail_unsubscribes_the_address_that_the_delivery_went_to(database: Database, people: Cast) -> None:
    tenant = people.alice.tenant
    with office.serving(database, 25):
        office.started(tenant)
    row = office.rows(tenant)["ada@example.com"]
    link = links.make(tenant.pk, links.UNSUBSCRIBE, row.id)
    answer = Client().post(f"/u/{link}", {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    [act] = call(people.alice, "get", "/api/suppressions").json()["data"]
    assert (act["address"], act["source"]) == ("ada@example.com", "one_click")
    assert act["proof"]["delivery"] == str(row.id)


def test_what_is_cancelled_says_so_and_an_automated_one_has_no_time(database: Database, people: Cast) -> None:
    alice, id = people.alice, made(people.alice)
    call(alice, "post", f"/api/campaigns/{id}/cancel")
    for what, body in (("plan", None), ("start", {"plan": "x"})):
        refused = call(alice, "post", f"/api/campaigns/{id}/{what}", body)
        assert refused.status_code == 409
        assert "has been started" not in refused.content.decode()
    assert "The campaign has been cancelled." in call(alice, "post", f"/api/campaigns/{id}/plan").content.decode()
    where = {"where": [{"field": "email", "empty": False}]}
    id = made(alice, mode="automated", recipients=where, kind="invitation")
    with office.serving(database, 25):
        token = call(alice, "post", f"/api/campaigns/{id}/plan").json()["plan"]
        timed = {"plan": token, "at": "2099-01-01T00:00:00Z"}
        refused = call(alice, "post", f"/api/campaigns/{id}/start", timed)
        assert (refused.status_code, list(refused.json()["errors"])) == (422, ["at"])
        assert call(alice, "post", f"/api/campaigns/{id}/start", {"plan": token}).status_code == 202
