from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from django.conf import settings
from django.test import Client

from rapport.connected_apps.scopes import SCOPES

if TYPE_CHECKING:
    from tests.conftest import Database

ADDRESS = "/.well-known/oauth-authorization-server"


@pytest.mark.parametrize("slash", ["", "/"])
def test_the_metadata_names_the_endpoints_of_this_origin(database: Database, slash: str) -> None:
    body = Client(headers={"host": "127.0.0.1:8000"}).get(ADDRESS + slash).json()
    assert body["issuer"] == "http://127.0.0.1:8000"
    for name in ("token", "introspection"):
        path = {"token": "token", "introspection": "introspect"}[name]
        assert body[f"{name}_endpoint"] == f"http://127.0.0.1:8000/oauth2/{path}"
    assert body["revocation_endpoint"] == "http://127.0.0.1:8000/oauth2/revoke"
    assert body["grant_types_supported"] == ["client_credentials"]
    assert body["scopes_supported"] == list(SCOPES)


def test_with_a_domain_it_names_the_regions_own_host(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "RAPPORT", replace(settings.RAPPORT, domain="example.com", region="eu"))
    body = Client(headers={"host": "auth.eu.example.com"}).get(ADDRESS).json()
    assert body["issuer"] == "https://auth.eu.example.com"
    assert body["token_endpoint"] == "https://auth.eu.example.com/oauth2/token"
    AuthorizationServerMetadata(body).validate()
