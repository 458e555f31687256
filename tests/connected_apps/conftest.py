from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client

if TYPE_CHECKING:
    from django.http import HttpResponse

    from tests.cast import Person
    from tests.conftest import Database

FORM = "application/x-www-form-urlencoded"
Post = Callable[..., "HttpResponse"]


@pytest.fixture
def post(database: Database) -> Post:
    """Sends a form to `/oauth2/{endpoint}`; `body` may be pairs or raw bytes."""
    client = Client(raise_request_exception=False)

    def send(endpoint: str, body: object = b"", content_type: str = FORM, **options: object) -> HttpResponse:
        raw = body if isinstance(body, bytes) else urlencode(body).encode()
        return client.generic("POST", f"/oauth2/{endpoint}", raw, content_type=content_type, **options)

    return send


@pytest.fixture
def database_away(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Django finds no database."""
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "HOST", "/nowhere")


def grant(person: Person, **more: str) -> dict[str, str]:
    """The parameters of a request for a token."""
    return {
        "grant_type": "client_credentials",
        "client_id": person.client_id,
        "client_secret": person.client_secret,
        **more,
    }


def basic(client_id: str, secret: str) -> dict[str, str]:
    """HTTP Basic as it is written."""
    return {"Authorization": "Basic " + b64encode(f"{client_id}:{secret}".encode()).decode()}
