"""An app that loses a scope: no token has it any more, not even one that was asked for in the same instant."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import psycopg
import pytest
from django.db import connections
from django.test import Client

from rapport import credentials
from rapport.connected_apps.models import AccessToken, ConnectedApp
from rapport.tenants.scope import tenant_scope
from tests.connected_apps.conftest import basic, grant
from tests.ingest.serving import until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cast import Cast, Person
    from tests.conftest import Database
    from tests.connected_apps.conftest import Post


def stored(person: Person) -> list[list[str]]:
    """The scopes of their app's tokens, the newest first."""
    with tenant_scope(person.tenant) as tenant_id:
        app = ConnectedApp.objects.get(tenant_id=tenant_id, client_id=person.client_id)
        tokens = AccessToken.objects.filter(tenant_id=tenant_id, app_id=app.id).order_by("-issued_at")
        return list(tokens.values_list("scopes", flat=True))


def narrow(person: Person, scopes: list[str]) -> None:
    """Takes scopes from the app and leaves its tokens as they are."""
    with tenant_scope(person.tenant) as tenant_id:
        ConnectedApp.objects.filter(tenant_id=tenant_id, client_id=person.client_id).update(scopes=scopes)


def meanwhile(database: Database, person: Person, scopes: list[str], asks: Callable[[], object]) -> list[object]:
    """What `asks` is answered, while somebody has narrowed the app and not committed yet."""
    answers: list[object] = []

    def ask() -> None:
        try:
            answers.append(asks())
        finally:
            connections.close_all()

    with psycopg.connect(database.app) as other, psycopg.connect(database.app, autocommit=True) as watcher:
        other.execute(f"set local rapport.tenant_id = '{person.tenant.pk}'")
        other.execute("update connected_apps set scopes = %s where client_id = %s", [scopes, person.client_id])
        threads = [threading.Thread(target=ask) for _ in range(3)]
        for thread in threads:
            thread.start()
        waits = "select count(*) from pg_stat_activity where cardinality(pg_blocking_pids(pid)) > 0"
        until(lambda: watcher.execute(waits).fetchone()[0] == 3, "all requests wait")
        other.commit()
        for thread in threads:
            thread.join()
    return answers


@pytest.mark.parametrize("asked", [None, "records:write directory:read", "directory:read records:write history:read"])
def test_tokens_that_are_asked_for_meanwhile_have_only_what_is_left(
    cast: Cast, post: Post, database: Database, asked: str | None
) -> None:
    more = {} if asked is None else {"scope": asked}
    before = len(stored(cast.alice))
    told = meanwhile(database, cast.alice, ["directory:read"], lambda: post("token", grant(cast.alice, **more)).json())
    assert [answer.get("scope") for answer in told] == [asked and "directory:read"] * 3
    assert stored(cast.alice)[: len(stored(cast.alice)) - before] == [["directory:read"]] * 3


def test_nothing_of_what_was_asked_for_is_left(cast: Cast, post: Post, database: Database) -> None:
    before = stored(cast.alice)
    asked = grant(cast.alice, scope="records:write")
    told = meanwhile(database, cast.alice, ["directory:read"], lambda: post("token", asked))
    assert [(answer.status_code, answer.json()["error"]) for answer in told] == [(400, "invalid_scope")] * 3
    assert stored(cast.alice) == before


def test_a_token_does_no_more_than_its_app_may_now(cast: Cast, post: Post) -> None:
    narrow(cast.alice, ["records:write"])
    answer = Client().get("/api/contacts", headers=cast.alice.bearer)
    assert answer.status_code == 403
    assert 'error="insufficient_scope", scope="directory:read"' in answer["WWW-Authenticate"]
    told = post(
        "introspect", {"token": cast.alice.token}, headers=basic(cast.alice.client_id, cast.alice.client_secret)
    )
    assert (told.json()["active"], told.json()["scope"]) == (True, "records:write")
    for other in (cast.bob, cast.charlie):
        assert Client().get("/api/contacts", headers=other.bearer).status_code == 200


def test_a_token_of_a_part_stays_that_part(cast: Cast, post: Post) -> None:
    token = post("token", grant(cast.alice, scope="directory:read")).json()["access_token"]
    assert Client().get("/api/changes", headers={"Authorization": f"Bearer {token}"}).status_code == 403
    with tenant_scope(cast.alice.tenant) as tenant_id:
        row = AccessToken.objects.get(tenant_id=tenant_id, hash=credentials.digest(token))
    assert row.scopes == ["directory:read"]
