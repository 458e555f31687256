"""Data, Integrations, Connected Apps."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from rapport.configurations.models import Configuration
from rapport.connected_apps import issue, oauth
from rapport.connected_apps.scopes import GUARDED, SCOPES
from rapport.history.models import HourlyCount
from rapport.members.models import Role
from rapport.tenants import audit
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope
from tests.cast import new_person
from tests.connected_apps.test_narrowing import meanwhile
from tests.console.visitor import visitor

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.test import Client

    from tests.cast import Cast, Person
    from tests.conftest import Database

GIVEN = {"name": "Webshop", "scopes": ["records:write"], "reach": "all"}


@pytest.fixture
def admin(cast: Cast) -> Client:
    """Dora looks, an Admin of Alice's system; Alice's app has nothing that only a System Admin may give."""
    alice = cast.alice
    scopes = [scope for scope in SCOPES if scope not in GUARDED]
    issue.change_app(alice.tenant, COMMAND, alice.client_id, {"scopes": scopes})
    return visitor(new_person("Dora", cast.alice.tenant, Role.ADMIN))


def place(cast: Cast, path: str = "") -> str:
    return f"/s/{cast.alice.tenant.slug}/data/integrations/connected-apps{path}"


def text(answer: HttpResponse) -> str:
    return " ".join(unescape(answer.content.decode()).split())


def hidden(page: HttpResponse) -> dict[str, str]:
    """What a form sends along."""
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.content.decode())
    return {name: value for name, value in fields if name != "csrfmiddlewaretoken"}


def app(person: Person) -> dict[str, Any]:
    """The person's own app."""
    return issue.show_app(person.tenant, person.client_id)


def sent(person: Person, type: str, id: UUID, records: int) -> None:
    """Puts a count of this hour."""
    now = datetime.now(UTC)
    with tenant_scope(person.tenant) as tenant_id:
        HourlyCount.objects.create(
            tenant_id=tenant_id,
            hour=now.replace(minute=0, second=0, microsecond=0),
            actor_type=type,
            actor_id=id,
            configuration_id=Configuration.objects.get(tenant_id=tenant_id, reference="contact").id,
            outcome="created",
            records=records,
            records_ignored=0,
            last_at=now,
        )


def shown_secret(answer: HttpResponse) -> str:
    return re.search(r"<code>(rs_[\w-]+)</code>", answer.content.decode())[1]


def test_apps_are_listed_with_what_they_may(cast: Cast, admin: Client) -> None:
    issue.create_app(cast.alice.tenant, COMMAND, "Limited", ["records:write"], 50, ["contact"])
    issue.deactivate(cast.bob.tenant, COMMAND, cast.bob.client_id)
    sent(cast.alice, "app", app(cast.alice)["id"], 1204)
    page = text(admin.get(place(cast)))
    lines = {name: page.partition(f">{name}</a>")[2].partition("</tr>")[0] for name in ("Limited", "Alice's app")}
    assert "<code>contact</code>" in lines["Limited"]
    assert "50/s" in lines["Limited"]
    assert "1,204" in lines["Alice's app"]
    assert "Send records. Read accounts and contacts." in lines["Alice's app"]
    assert "records:write" not in lines["Alice's app"]
    assert page.index("Alice's app") < page.index("Bob's app")
    assert "Deactivated" in page.partition("Bob's app")[2]
    assert "Charlie's app" not in page


def test_an_app_is_created_and_its_secret_is_shown_once(cast: Cast, admin: Client) -> None:
    answer = admin.post(place(cast, "/new"), GIVEN | {"rate": "9", "reach": "some", "configurations": ["contact"]})
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    secret, (client_id, *_) = shown_secret(answer), re.findall(r"rc_[0-9a-z]+_[\w-]{43}", answer.content.decode())
    assert oauth.authenticate(client_id, secret) is not None
    assert f"-d client_secret={secret}" in text(answer)
    made = issue.show_app(cast.alice.tenant, client_id)
    assert (made["name"], made["scopes"], made["rate"], made["configurations"]) == (
        "Webshop",
        ["records:write"],
        9,
        ["contact"],
    )
    for page in (place(cast), place(cast, f"/{made['id']}"), place(cast, f"/{made['id']}/edit")):
        assert secret not in text(admin.get(page))
    with tenant_scope(cast.alice.tenant) as tenant_id:
        (entry, *_), _ = audit.entries(tenant_id, audit.Wanted(action="connected_app.create"))
    assert (entry.actor_name, entry.object_name) == ("Dora", "Webshop")


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"name": ""}, "Enter a name."),
        ({"name": "a\x85b"}, "A Connected App's name has 1 to 128 printable characters."),
        ({"scopes": []}, "Choose a permission."),
        ({"scopes": ["records:read"]}, "The permission must be among those offered."),
        ({"rate": "0"}, "A rate is a number of records per second from 1 to 1000000."),
        ({"rate": "many"}, "The rate limit must be a whole number."),
        ({"reach": "some", "configurations": ["nobody"]}, "The configurations must be among those offered."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(
    cast: Cast, admin: Client, wrong: dict[str, Any], told: str
) -> None:
    answer = admin.post(place(cast, "/new"), GIVEN | wrong)
    assert answer.status_code == 422
    assert told in text(answer)
    assert 'value="Webshop"' in text(answer) or "name" in wrong
    assert len(issue.list_apps(cast.alice.tenant)) == 3


def test_an_app_shows_what_it_does_and_the_age_of_its_secrets(cast: Cast, admin: Client) -> None:
    sent(cast.alice, "app", app(cast.alice)["id"], 1204)
    page = text(admin.get(place(cast, f"/{app(cast.alice)['id']}")))
    for told in (cast.alice.client_id, "Send records.", "1,204 records", "every configuration", "The only one."):
        assert told in page
    assert f"/data/requests?app={app(cast.alice)['id']}" in page
    assert "-d client_secret=CLIENT_SECRET" in page


def test_an_app_is_edited(cast: Cast, admin: Client) -> None:
    path = place(cast, f"/{app(cast.alice)['id']}/edit")
    page = admin.get(path).content.decode()
    assert page.count("checked") == len(SCOPES) - len(GUARDED) + 2
    given = {"name": "Shop", "scopes": ["records:write"], "reach": "some", "configurations": ["account"], "rate": "3"}
    assert "Shop is saved" in text(admin.post(path, given, follow=True))
    changed = app(cast.alice)
    assert (changed["name"], changed["rate"], changed["configurations"]) == ("Shop", 3, ["account"])
    assert admin.post(path, given | {"rate": "-1"}).status_code == 422
    assert re.search(r'value="some"[^>]* checked', admin.get(path).content.decode())


def test_a_limited_app_names_a_configuration_and_reads_nothing_unless_that_is_ticked(cast: Cast, admin: Client) -> None:
    path = place(cast, f"/{app(cast.alice)['id']}/edit")
    given = {"name": "Shop", "scopes": ["records:write", "directory:read"], "reach": "some"}
    refused = admin.post(path, given)
    assert refused.status_code == 422
    assert "Tick at least one configuration" in text(refused)
    admin.post(path, given | {"configurations": ["account"]})
    assert app(cast.alice)["scopes"] == ["records:write"]
    admin.post(path, given | {"configurations": ["account"], "reads_all": "on"})
    assert sorted(app(cast.alice)["scopes"]) == ["directory:read", "records:write"]
    admin.post(path, given | {"reach": "all"})
    assert sorted(app(cast.alice)["scopes"]) == ["directory:read", "records:write"]


def test_an_app_limited_to_what_is_gone_stays_limited(cast: Cast, admin: Client) -> None:
    """An empty list is no configuration; none at all would be every one."""
    issue.change_app(cast.alice.tenant, COMMAND, cast.alice.client_id, {"configurations": []})
    path = place(cast, f"/{app(cast.alice)['id']}/edit")
    assert re.search(r'value="some"[^>]* checked', admin.get(path).content.decode())
    admin.post(path, {"name": "Shop", "scopes": ["records:write"], "reach": "some"})
    assert app(cast.alice)["configurations"] == []


def test_rotating_says_which_secret_stops_and_which_goes_on(cast: Cast, admin: Client) -> None:
    path = place(cast, f"/{app(cast.alice)['id']}/rotate")
    assert "goes on working beside it" in text(admin.get(path))
    assert "stops at once" not in text(admin.get(path))
    second = shown_secret(admin.post(path, hidden(admin.get(path))))
    assert "The older of the two, made on" in text(admin.get(path))
    third = shown_secret(admin.post(path, hidden(admin.get(path))))
    works = [
        oauth.authenticate(cast.alice.client_id, secret) is not None
        for secret in (cast.alice.client_secret, second, third)
    ]
    assert works == [False, True, True]


def test_a_form_that_is_sent_twice_makes_one_secret(cast: Cast, admin: Client) -> None:
    """The secret in use goes on working, whichever of the two answers the person sees."""
    path = place(cast, f"/{app(cast.alice)['id']}/rotate")
    issue.rotate(cast.alice.tenant, COMMAND, cast.alice.client_id)
    used = issue.rotate(cast.alice.tenant, COMMAND, cast.alice.client_id)
    form = hidden(admin.get(path))
    new = shown_secret(admin.post(path, form))
    told = text(admin.post(path, form, follow=True))
    assert "No secret was made" in told
    assert "retire it and rotate again" in told
    assert [oauth.authenticate(cast.alice.client_id, secret) is not None for secret in (used, new)] == [True, True]
    assert len(app(cast.alice)["secrets"]) == 2


def test_two_that_come_at_once_make_one_secret(cast: Cast, admin: Client, database: Database) -> None:
    path = place(cast, f"/{app(cast.alice)['id']}/rotate")
    form = hidden(admin.get(path))
    answers = meanwhile(database, cast.alice, app(cast.alice)["scopes"], lambda: admin.post(path, form).status_code)
    assert sorted(answers) == [200, 302, 302]
    assert len(app(cast.alice)["secrets"]) == 2
    assert oauth.authenticate(cast.alice.client_id, cast.alice.client_secret) is not None


@pytest.mark.parametrize("seen", [{}, {"newest": ""}, {"newest": str(uuid7())}, {"newest": "none"}])
def test_who_has_not_seen_the_newest_secret_makes_none(cast: Cast, admin: Client, seen: dict[str, str]) -> None:
    before = app(cast.alice)["secrets"]
    assert admin.post(place(cast, f"/{app(cast.alice)['id']}/rotate"), seen).status_code == 302
    assert app(cast.alice)["secrets"] == before


def test_an_app_without_a_secret_gets_one(cast: Cast, admin: Client) -> None:
    (only,) = app(cast.alice)["secrets"]
    issue.retire(cast.alice.tenant, COMMAND, cast.alice.client_id, only["id"])
    path = place(cast, f"/{app(cast.alice)['id']}/rotate")
    form = hidden(admin.get(path))
    assert oauth.authenticate(cast.alice.client_id, shown_secret(admin.post(path, form))) is not None
    assert admin.post(path, form).status_code == 302
    assert len(app(cast.alice)["secrets"]) == 1


def test_a_secret_is_retired(cast: Cast, admin: Client) -> None:
    issue.rotate(cast.alice.tenant, COMMAND, cast.alice.client_id)
    first, second = app(cast.alice)["secrets"]
    path = place(cast, f"/{app(cast.alice)['id']}/secrets/{first['id']}/retire")
    assert "goes on working" in text(admin.get(path))
    assert "The secret is retired." in text(admin.post(path, follow=True))
    assert oauth.authenticate(cast.alice.client_id, cast.alice.client_secret) is None
    assert admin.post(path).status_code == 404
    last = path.replace(str(first["id"]), str(second["id"]))
    assert "It is the only one: this app gets no further token until you rotate." in text(admin.get(last))


def test_deactivating_says_what_it_would_miss(cast: Cast, admin: Client) -> None:
    here = place(cast, f"/{app(cast.alice)['id']}")
    assert "It sent nothing in the last 24 hours." in text(admin.get(f"{here}/deactivate"))
    sent(cast.alice, "app", app(cast.alice)["id"], 1204)
    assert "It sent 1,204 records in the last 24 hours." in text(admin.get(f"{here}/deactivate"))
    assert app(cast.alice)["active"]
    assert "its tokens stop within five seconds" in text(admin.post(f"{here}/deactivate", follow=True))
    assert not app(cast.alice)["active"]
    for act in ("edit", "rotate", "deactivate"):
        assert admin.get(f"{here}/{act}").status_code == 404
        assert admin.post(f"{here}/{act}").status_code == 404
    assert "This app is deactivated" in text(admin.get(here))


def test_an_app_that_never_sent_anything_can_be_looked_at_when_it_is_stopped(cast: Cast, admin: Client) -> None:
    issue.deactivate(cast.alice.tenant, COMMAND, cast.alice.client_id)
    page = text(admin.get(place(cast, f"/{app(cast.alice)['id']}")))
    assert "none in the last 30 days" in page
    assert "0 records" in page


ACTS = ["", "/new", "/{id}", "/{id}/edit", "/{id}/rotate", "/{id}/deactivate", "/{id}/secrets/{secret}/retire"]


@pytest.mark.parametrize("act", ACTS)
def test_users_and_strangers_see_nothing_of_it(cast: Cast, act: str) -> None:
    ours = app(cast.alice)
    path = act.format(id=ours["id"], secret=ours["secrets"][0]["id"])
    assert visitor(cast.bob).get(place(cast, path)).status_code == 403
    assert visitor(cast.charlie).get(place(cast, path)).status_code == 404
    assert visitor(None).get(place(cast, path))["Location"].startswith("/sign-in")
    if act not in ("", "/{id}"):
        assert visitor(cast.bob).post(place(cast, path), GIVEN).status_code == 403
        assert visitor(cast.charlie).post(place(cast, path), GIVEN).status_code == 404
    if "{id}" in act:
        elsewhere = place(cast, path).replace(cast.alice.tenant.slug, cast.charlie.tenant.slug)
        assert visitor(cast.charlie).get(elsewhere).status_code == 404
        assert visitor(cast.charlie).get(elsewhere.replace(str(ours["id"]), str(uuid7()))).status_code == 404
    assert app(cast.alice) == ours


def test_the_audit_log_is_given_by_those_who_see_it_themselves(cast: Cast, admin: Client) -> None:
    """An Admin may not read it, so they get no app that does: not by making, changing or taking over one."""
    assert admin.post(place(cast, "/new"), GIVEN | {"scopes": ["audit:read"]}).status_code == 422
    made = issue.create_app(cast.alice.tenant, COMMAND, "Auditor", ["audit:read"])
    here = place(cast, f"/{issue.show_app(cast.alice.tenant, made.client_id)['id']}")
    for path in ("/edit", "/rotate"):
        assert (admin.get(here + path).status_code, admin.post(here + path, GIVEN).status_code) == (403, 403)
    alice = visitor(cast.alice)
    assert alice.post(f"{here}/edit", GIVEN | {"scopes": ["audit:read"], "name": "The auditor"}).status_code == 302
    assert alice.post(f"{here}/rotate", hidden(alice.get(f"{here}/rotate"))).status_code == 200
    assert admin.post(f"{here}/deactivate").status_code == 302
