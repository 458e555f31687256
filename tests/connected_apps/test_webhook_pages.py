"""Data, Integrations, Webhooks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from uuid_utils.compat import uuid7

from rapport import credentials
from rapport.configurations.models import Configuration
from rapport.connected_apps import webhooks
from rapport.connected_apps.models import Webhook
from rapport.members.models import Role
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope
from tests.cast import new_person
from tests.connected_apps.test_app_pages import hidden, sent, text
from tests.console.visitor import visitor

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.test import Client

    from tests.cast import Cast, Person


@pytest.fixture
def admin(cast: Cast) -> Client:
    """Dora looks, an Admin of Alice's system."""
    return visitor(new_person("Dora", cast.alice.tenant, Role.ADMIN))


def place(cast: Cast, path: str = "") -> str:
    return f"/s/{cast.alice.tenant.slug}/data/integrations/webhooks{path}"


def hook(person: Person) -> webhooks.Made:
    return webhooks.create(person.tenant, COMMAND, "contact", settings.RAPPORT)


def stored(cast: Cast) -> Webhook:
    with tenant_scope(cast.alice.tenant) as tenant_id:
        return Webhook.objects.get(tenant_id=tenant_id)


def shown_password(answer: HttpResponse) -> str:
    return re.search(r"<dt>Password</dt><dd>.*?<code>([\w-]{43})</code>", answer.content.decode(), re.DOTALL)[1]


def test_without_one_the_page_says_what_it_is_for(cast: Cast, admin: Client) -> None:
    assert "Generate a webhook for a form or a tool" in text(admin.get(place(cast)))


def test_webhooks_are_listed_with_their_addresses(cast: Cast, admin: Client) -> None:
    made = hook(cast.alice)
    sent(cast.alice, "webhook", made.id, 17)
    page = text(admin.get(place(cast)))
    line = page.partition(made.user_name)[2].partition("</tr>")[0]
    for told in ("contact", made.url, "17", "never", "Active"):
        assert told in line


def test_one_is_generated_and_its_password_is_shown_once(cast: Cast, admin: Client) -> None:
    answer = admin.post(place(cast, "/new"), {"configuration": "contact"})
    password, row = shown_password(answer), stored(cast)
    assert "no-store" in answer["Cache-Control"]
    assert bytes(row.hash) == credentials.digest(password)
    assert f"-u {row.user_name}:{password}" in text(answer)
    for page in (place(cast), place(cast, f"/{row.id}")):
        assert password not in text(admin.get(page))


def test_only_active_api_configurations_can_be_chosen(cast: Cast, admin: Client) -> None:
    with tenant_scope(cast.alice.tenant) as tenant_id:
        Configuration.objects.filter(tenant_id=tenant_id, reference="contact").update(active=False)
    assert 'value="contact"' not in text(admin.get(place(cast, "/new")))
    answer = admin.post(place(cast, "/new"), {"configuration": "contact"})
    assert answer.status_code == 422
    assert "The configuration must be among those offered." in text(answer)


def test_it_shows_how_it_is_called(cast: Cast, admin: Client) -> None:
    made = hook(cast.alice)
    page = text(admin.get(place(cast, f"/{made.id}")))
    assert f"curl -X PUT {made.url}" in page
    assert f"-u {made.user_name}:PASSWORD" in page
    assert '"Email": "ada@example.com"' in page
    assert f"/data/requests?app={made.id}" in page


def test_its_password_is_rotated(cast: Cast, admin: Client) -> None:
    made = hook(cast.alice)
    sent(cast.alice, "webhook", made.id, 17)
    asked = text(admin.get(place(cast, f"/{made.id}/rotate")))
    assert "It sent 17 records in the last 24 hours." in asked
    assert "The present one stops within five seconds" in asked
    form = hidden(admin.get(place(cast, f"/{made.id}/rotate")))
    password = shown_password(admin.post(place(cast, f"/{made.id}/rotate"), form))
    assert password != made.password
    assert bytes(stored(cast).hash) == credentials.digest(password)
    for again in (form, {}):
        told = text(admin.post(place(cast, f"/{made.id}/rotate"), again, follow=True))
        assert "No password was made" in told
    assert bytes(stored(cast).hash) == credentials.digest(password), "the one that was shown"


def test_it_is_deactivated(cast: Cast, admin: Client) -> None:
    made = hook(cast.alice)
    assert "There is no way back" in text(admin.get(place(cast, f"/{made.id}/deactivate")))
    assert stored(cast).active
    assert "stops within five seconds" in text(admin.post(place(cast, f"/{made.id}/deactivate"), follow=True))
    assert not stored(cast).active
    for act in ("rotate", "deactivate"):
        assert admin.get(place(cast, f"/{made.id}/{act}")).status_code == 404
        assert admin.post(place(cast, f"/{made.id}/{act}")).status_code == 404


@pytest.mark.parametrize("act", ["", "/new", "/{id}", "/{id}/rotate", "/{id}/deactivate"])
def test_users_and_strangers_see_nothing_of_it(cast: Cast, act: str) -> None:
    made = hook(cast.alice)
    before = stored(cast).hash, stored(cast).active
    path = place(cast, act.format(id=made.id))
    assert visitor(cast.bob).get(path).status_code == 403
    assert visitor(cast.charlie).get(path).status_code == 404
    if act not in ("", "/{id}"):
        assert visitor(cast.bob).post(path, {"configuration": "contact"}).status_code == 403
        assert visitor(cast.charlie).post(path, {"configuration": "contact"}).status_code == 404
    if "{id}" in act:
        elsewhere = path.replace(cast.alice.tenant.slug, cast.charlie.tenant.slug)
        assert visitor(cast.charlie).get(elsewhere).status_code == 404
        assert visitor(cast.charlie).get(elsewhere.replace(str(made.id), str(uuid7()))).status_code == 404
    assert (stored(cast).hash, stored(cast).active) == before
