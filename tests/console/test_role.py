from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.db.backends.signals import connection_created
from django.test import Client
from psycopg.conninfo import conninfo_to_dict

from rapport.console import role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cast import Cast
    from tests.conftest import Database


@pytest.fixture
def guarded(database: Database) -> Iterator[None]:
    connection.close()
    role.guard_connections()
    yield
    connection.close()
    connection_created.disconnect(dispatch_uid="rapport.console.role")


def work_as(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    parts = conninfo_to_dict(url)
    monkeypatch.setitem(connection.settings_dict, "USER", parts["user"])
    monkeypatch.setitem(connection.settings_dict, "PASSWORD", parts["password"])


@pytest.mark.usefixtures("guarded")
def test_the_application_role_serves(cast: Cast) -> None:
    assert Client().get("/api/contacts", headers=cast.alice.bearer).status_code == 200


@pytest.mark.parametrize("who", ["superuser", "owner"])
def test_whoever_could_see_all_tenants_serves_nobody(
    cast: Cast,
    guarded: None,
    database: Database,
    server: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    who: str,
) -> None:
    connection.close()
    work_as(monkeypatch, server if who == "superuser" else database.owner)
    for _ in range(2):
        answer = Client().get("/api/contacts", headers=cast.alice.bearer)
        assert answer.status_code == 503
    assert "serve with the application role that `rapport migrate` creates" in caplog.text
