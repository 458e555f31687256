"""Settings, Fields and Touchpoints."""

from __future__ import annotations

from html import unescape
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from uuid_utils.compat import uuid7

from rapport.configurations import edits, fields, locks, touchpoints
from rapport.configurations.locks import editing
from rapport.configurations.models import CustomField, Touchpoint
from rapport.configurations.pages.fields import TABS
from rapport.members.models import Role
from rapport.records.catalogue import OBJECTS
from rapport.tenants import audit
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope
from tests.cast import new_person
from tests.console.visitor import visitor

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.test import Client

    from tests.cast import Cast, Person
    from tests.conftest import Database

SEGMENT = {"object": "contact", "name": "segment", "label": "Segment", "type": "choice", "choices": ["Gold", "Silver"]}


@pytest.fixture
def admin(cast: Cast) -> Client:
    """Dora looks, an Admin of Alice's system."""
    return visitor(new_person("Dora", cast.alice.tenant, Role.ADMIN))


def place(cast: Cast, path: str) -> str:
    return f"/s/{cast.alice.tenant.slug}/settings/{path}"


def text(answer: HttpResponse) -> str:
    return " ".join(unescape(answer.content.decode()).split())


def segment(person: Person, **more: Any) -> CustomField:
    with editing(person.tenant) as tenant_id:
        return fields.create(tenant_id, COMMAND, SEGMENT | more)


def touchpoint(person: Person, name: str = "Sales") -> Touchpoint:
    with editing(person.tenant) as tenant_id:
        return touchpoints.create(tenant_id, COMMAND, {"name": name})


def again(row: Any) -> Any:
    with tenant_scope(row.tenant_id):
        return type(row).objects.get(tenant_id=row.tenant_id, id=row.id)


def test_fields_are_listed_with_what_maps_them(cast: Cast, admin: Client) -> None:
    segment(cast.alice)
    mapping = [{"heading": "E-Mail", "field": "email"}, {"heading": "Kind", "field": "contact.segment"}]
    content = {"name": "Nightly", "reference": "nightly", "kind": "api", "data_type": "contact", "mapping": mapping}
    with editing(cast.alice.tenant) as tenant_id:
        edits.create(tenant_id, COMMAND, content)
    page = text(admin.get(place(cast, "fields")))
    own = page.partition(">Segment</a>")[2].partition("</tr>")[0]
    assert "Gold, Silver" in own
    assert f'href="/s/{cast.alice.tenant.slug}/data/imports/configurations/nightly"' in own
    email = page.partition(">Email</td>")[2].partition("</tr>")[0]
    assert "Contacts (Default)" in email
    assert "128 characters" in email
    assert ">Segment<" not in text(admin.get(place(cast, "fields?object=activity")))
    with editing(cast.alice.tenant) as tenant_id:
        twice = {"mapping": [*mapping, {"heading": "Mail", "field": "email"}], "name": "Nightly"}
        edits.change(edits.find(tenant_id, "nightly"), COMMAND, twice)
    email = text(admin.get(place(cast, "fields"))).partition(">Email</td>")[2].partition("</tr>")[0]
    assert email.count(">Nightly</a>") == 1, "two headings of a configuration are one use"


@pytest.mark.parametrize("owner", [*TABS, "weather"])
def test_each_object_has_its_tab(cast: Cast, admin: Client, owner: str) -> None:
    page = text(admin.get(place(cast, f"fields?object={owner}")))
    assert "Standard" in page
    assert ("Nothing yet." in page) == (owner in (*OBJECTS, "weather"))


def test_a_field_is_added(cast: Cast, admin: Client) -> None:
    given = SEGMENT | {"choices": " Gold \n\nSilver\n"}
    answer = admin.post(place(cast, "fields/new"), given, follow=True)
    assert "Segment can be mapped now." in text(answer)
    with tenant_scope(cast.alice.tenant) as tenant_id:
        row = CustomField.objects.get(tenant_id=tenant_id)
        (entry,), _ = audit.entries(tenant_id, audit.Wanted(action="field.create"))
    assert (row.name, row.label, row.choices) == ("segment", "Segment", ["Gold", "Silver"])
    admin.post(place(cast, "fields/new"), SEGMENT | {"choices": "x"})
    admin.post(place(cast, "fields/new"), SEGMENT | {"label": "セグメント", "type": "text"})
    admin.post(place(cast, "fields/new"), SEGMENT | {"label": "Time zone", "type": "text"})
    with tenant_scope(cast.alice.tenant) as tenant_id:
        made = CustomField.objects.filter(tenant_id=tenant_id).order_by("id").values_list("name", flat=True)
        assert list(made) == ["segment", "segment_2", "field", "time_zone_2"]
    assert entry.actor_name == "Dora"


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"label": ""}, "Enter a label."),
        ({"type": "choice"}, "The choices must be 1 to 100 different texts"),
        ({"object": "weather"}, "The object must be among those offered."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(
    cast: Cast, admin: Client, wrong: dict[str, str], told: str
) -> None:
    segment(cast.alice)
    answer = admin.post(
        place(cast, "fields/new"),
        {"object": "contact", "label": "Birthday", "type": "date"} | wrong,
    )
    assert answer.status_code == 422
    assert told in text(answer)
    assert 'value="Birthday"' in text(answer) or "label" in wrong
    with tenant_scope(cast.alice.tenant) as tenant_id:
        assert CustomField.objects.filter(tenant_id=tenant_id).count() == 1


def test_label_and_choices_are_changed(cast: Cast, admin: Client) -> None:
    row = segment(cast.alice)
    path = place(cast, f"fields/{row.id}")
    assert "contact.segment" in text(admin.get(path))
    assert "Kind is saved." in text(admin.post(path, {"label": "Kind", "choices": "Gold\nTin"}, follow=True))
    assert (again(row).label, again(row).choices) == ("Kind", ["Gold", "Tin"])
    refused = admin.post(path, {"label": "Kind", "choices": "Gold\nGold"})
    assert refused.status_code == 422
    assert "different texts" in text(refused)


def test_a_field_is_archived_and_restored(cast: Cast, admin: Client) -> None:
    row = segment(cast.alice)
    asked = text(admin.get(place(cast, f"fields/{row.id}/archive")))
    assert "Archive Segment?" in asked
    assert "No configuration maps it" in asked
    assert again(row).archived_at is None
    assert "Segment is archived." in text(admin.post(place(cast, f"fields/{row.id}/archive"), follow=True))
    assert again(row).archived_at is not None
    assert "Archived" in text(admin.get(place(cast, "fields")))
    assert "Segment is restored." in text(admin.post(place(cast, f"fields/{row.id}/restore"), follow=True))
    assert again(row).archived_at is None
    assert admin.get(place(cast, f"fields/{row.id}/restore")).status_code == 405


def test_touchpoints_are_added_and_listed(cast: Cast, admin: Client) -> None:
    assert "has no touchpoint yet" in text(admin.get(place(cast, "touchpoints")))
    answer = text(admin.post(place(cast, "touchpoints"), {"name": "After a purchase"}, follow=True))
    assert "Records can name After a purchase now." in answer
    again_refused = admin.post(place(cast, "touchpoints"), {"name": "AFTER a purchase"})
    assert again_refused.status_code == 422
    assert "The name is taken already." in text(again_refused)
    assert 'value="AFTER a purchase"' in text(again_refused)


def test_a_touchpoint_is_renamed(cast: Cast, admin: Client) -> None:
    row, other = touchpoint(cast.alice), touchpoint(cast.alice, "Support")
    path = place(cast, f"touchpoints/{row.id}")
    assert 'value="Sales"' in text(admin.get(path))
    assert "Purchase is saved." in text(admin.post(path, {"name": "Purchase"}, follow=True))
    assert again(row).name == "Purchase"
    assert admin.post(path, {"name": other.name}).status_code == 422


def test_a_touchpoint_is_deactivated_and_activated(cast: Cast, admin: Client) -> None:
    row = touchpoint(cast.alice)
    assert "Records that name Sales are refused" in text(admin.get(place(cast, f"touchpoints/{row.id}/deactivate")))
    assert again(row).active
    admin.post(place(cast, f"touchpoints/{row.id}/deactivate"))
    assert not again(row).active
    admin.post(place(cast, f"touchpoints/{row.id}/activate"))
    assert again(row).active


def test_whoever_meets_another_editor_is_told_and_keeps_what_they_typed(
    cast: Cast, admin: Client, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "LOCK_SECONDS", 0.01)
    row, point = segment(cast.alice), touchpoint(cast.alice)
    with psycopg.connect(database.app) as other:
        other.execute("select pg_advisory_xact_lock(%s, %s)", [locks.EDITORS_LOCK, cast.alice.tenant.pk])
        refused = admin.post(place(cast, "touchpoints"), {"name": "Support"})
        acts = [f"fields/{row.id}/archive", f"touchpoints/{point.id}/deactivate"]
        told = [refused, *(admin.post(place(cast, act), follow=True) for act in acts)]
    assert refused.status_code == 422
    assert 'value="Support"' in text(refused)
    assert all("Somebody else is editing configurations right now" in text(answer) for answer in told)
    assert (again(row).archived_at, again(point).active) == (None, True)


PATHS = ["fields", "fields/new", "fields/{field}", "fields/{field}/archive", "touchpoints", "touchpoints/{touchpoint}"]


@pytest.mark.parametrize("path", [*PATHS, "touchpoints/{touchpoint}/deactivate"])
def test_users_and_strangers_see_nothing_of_it(cast: Cast, path: str) -> None:
    row, point = segment(cast.alice), touchpoint(cast.alice)
    path = place(cast, path.format(field=row.id, touchpoint=point.id))
    assert visitor(cast.bob).get(path).status_code == 403
    assert visitor(cast.bob).post(path, {"name": "x"}).status_code in (403, 405)
    assert visitor(cast.charlie).get(path).status_code == 404
    assert visitor(None).get(path)["Location"].startswith("/sign-in")


@pytest.mark.parametrize("path", ["fields/{}", "fields/{}/archive", "touchpoints/{}", "touchpoints/{}/deactivate"])
def test_what_is_of_another_system_is_not_there(cast: Cast, path: str) -> None:
    for id in (segment(cast.alice).id, touchpoint(cast.alice).id, uuid7()):
        elsewhere = f"/s/{cast.charlie.tenant.slug}/settings/{path.format(id)}"
        assert visitor(cast.charlie).get(elsewhere).status_code == 404
        assert visitor(cast.charlie).post(elsewhere, {"label": "x", "name": "x"}).status_code == 404


def test_the_list_takes_as_many_statements_however_much_there_is(cast: Cast, admin: Client) -> None:
    admin.get(place(cast, "fields"))  # which writes into the session where they are
    counts = []
    for names in ("a", "bcdefgh"):
        for name in names:
            segment(cast.alice, name=name)
        with CaptureQueriesContext(connection) as made:
            admin.get(place(cast, "fields"))
        counts.append(len(made))
    assert counts[0] == counts[1]
