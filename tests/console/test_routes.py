"""Every route says who may use it, and the stranger meets every one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.urls import get_resolver
from uuid_utils.compat import uuid7

from rapport.console.urls import CONFIGURATION, ID, READ, WRITE
from tests.stock import put_account, put_contact

if TYPE_CHECKING:
    from tests.cast import Cast

#: Pattern -> who may use it; a new route must be added here, which is the point.
PERMISSIONS = {
    r"^$": "public",
    r"^openapi\.json/?$": "public",
    r"^\.well-known/oauth-authorization-server/?$": "public",
    r"^oauth2/token/?$": "client credentials",
    r"^oauth2/revoke/?$": "client credentials",
    r"^oauth2/introspect/?$": "client credentials",
    r"^api/contacts/?$": "scope directory:read",
    r"^api/accounts/?$": "scope directory:read",
    r"^api/configurations/?$": {"GET": f"scope {READ}", "POST": f"scope {WRITE}"},
    rf"^{CONFIGURATION}/?$": {"GET": f"scope {READ}", "PUT": f"scope {WRITE}", "DELETE": f"scope {WRITE}"},
    rf"^{CONFIGURATION}/edits/?$": f"scope {READ}",
    rf"^{CONFIGURATION}/copy/?$": f"scope {WRITE}",
    rf"^{CONFIGURATION}/activate/?$": f"scope {WRITE}",
    rf"^{CONFIGURATION}/deactivate/?$": f"scope {WRITE}",
    r"^api/fields/?$": {"GET": f"scope {READ}", "POST": f"scope {WRITE}"},
    rf"^api/fields/{ID}/?$": {"GET": f"scope {READ}", "PATCH": f"scope {WRITE}"},
    r"^api/touchpoints/?$": {"GET": f"scope {READ}", "POST": f"scope {WRITE}"},
    rf"^api/touchpoints/{ID}/?$": {"GET": f"scope {READ}", "PATCH": f"scope {WRITE}"},
    r"^api/requests/?$": "scope history:read",
    r"^api/changes/?$": "scope history:read",
    r"^api/unmapped/?$": f"scope {READ}",
    r"^api/unmapped/dismiss/?$": f"scope {WRITE}",
}
#: What stands in an address for a part of it.
PARTS = {CONFIGURATION: "api/configurations/contact", ID: "01a208d7-cfc5-72da-a6a5-e1d8534c4927"}


def _address(pattern: str) -> str:
    for part, filled in PARTS.items():
        pattern = pattern.replace(part, filled)
    return "/" + pattern.removeprefix("^").removesuffix("$").removesuffix("/?").replace("\\", "")


ADDRESSES = [_address(pattern) for pattern in PERMISSIONS]
#: What nobody but Alice and Bob may ever read.
SECRETS = ("veiled@example.org", "Veiled Works", "+44 20 7946")


def test_every_route_has_a_permission() -> None:
    routes = get_resolver().url_patterns
    assert {str(route.pattern): getattr(route.callback, "permission", None) for route in routes} == PERMISSIONS


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("who", ["charlie", None])
def test_the_stranger_sees_nothing_of_ours_anywhere(cast: Cast, address: str, method: str, who: str | None) -> None:
    account = put_account(cast.alice.tenant, "Veiled Works")
    contact = put_contact(cast.alice.tenant, email="veiled@example.org", phone="+44 20 7946", account_id=account)
    headers = {} if who is None else getattr(cast, who).bearer
    client = Client(raise_request_exception=False, headers=headers)
    questions = [{}, {"id": str(contact)}, {"id": str(account)}, {"id": str(uuid7())}, {"updated_since": "2000-01-01"}]
    if "contacts" in address:
        questions += [{"email": "veiled@example.org"}, {"phone": "44207946"}]
    if "accounts" in address:
        questions += [{"name": "veiled works"}]
    for question in questions:
        answer = client.generic(method, address, QUERY_STRING="&".join(f"{k}={v}" for k, v in question.items()))
        assert answer.status_code < 500
        if address != "/":
            assert not any(secret in answer.content.decode() for secret in SECRETS), question


@pytest.mark.parametrize("address", [address for address in ADDRESSES if address != "/"])
def test_a_slash_at_the_end_makes_no_difference(cast: Cast, address: str) -> None:
    client = Client(headers=cast.alice.bearer)
    assert client.get(address).status_code == client.get(f"{address}/").status_code
