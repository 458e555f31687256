"""Every route says who may use it, and the stranger meets every one of them."""

from __future__ import annotations

import inspect
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.urls import get_resolver
from uuid_utils.compat import uuid7

from rapport.campaigns.urls import ACT as CAMPAIGN_ACT
from rapport.cli.exports import WHAT
from rapport.configurations.urls import CONFIGURATION as ONE_CONFIGURATION
from rapport.configurations.urls import VERSION
from rapport.connected_apps.urls import SECRET
from rapport.console.urls import CONFIGURATION, ID, KIND, READ, WRITE
from rapport.directory.urls import EXPORTED
from rapport.evidence.urls import PLACE, SEQ
from rapport.feedback.api.surveys import REFERENCE as SURVEYS_REFERENCE
from rapport.feedback.links import PATTERN as LINK
from rapport.feedback.urls import SURVEY
from rapport.imports.urls import ACT as IMPORT_ACT
from rapport.members.access import SYSTEM
from rapport.members.models import Role
from rapport.tenants.permission import Permitted
from tests.cast import Cast, new_person
from tests.console.visitor import visitor
from tests.stock import put_account, put_contact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

    from tests.cast import Cast
    from tests.conftest import Database

#: Pattern -> who may use it; a new route must be added here, which is the point.
PERMISSIONS = {
    r"^$": "public",
    r"^openapi\.json/?$": "public",
    r"^postman\.json/?$": "public",
    r"^\.well-known/oauth-authorization-server/?$": "public",
    r"^oauth2/token/?$": "client credentials",
    r"^oauth2/revoke/?$": "client credentials",
    r"^oauth2/introspect/?$": "client credentials",
    r"^api/contacts/?$": "scope directory:read",
    r"^api/accounts/?$": "scope directory:read",
    **{
        path: told
        for of in ("contacts", "accounts")
        for path, told in (
            (rf"^api/{of}/deleted/?$", "scope directory:read"),
            (rf"^api/{of}/merge/?$", "scope directory:write"),
            (rf"^api/{of}/{ID}/?$", {"GET": "scope directory:read", "DELETE": "scope directory:write"}),
            (rf"^api/{of}/{ID}/restore/?$", "scope directory:write"),
        )
    },
    rf"^api/merges/{ID}/?$": "scope directory:write",
    r"^api/twins/?$": "scope directory:read",
    rf"^api/twins/{ID}/dismiss/?$": "scope directory:write",
    rf"^api/twins/{ID}/restore/?$": "scope directory:write",
    r"^api/undo/?$": "scope history:undo",
    rf"^api/undo/{ID}/?$": "scope history:undo",
    r"^api/replay/?$": "scope history:undo",
    rf"^api/replay/{ID}/?$": "scope history:undo",
    r"^api/configurations/?$": {"GET": f"scope {READ}", "POST": f"scope {WRITE}"},
    rf"^{CONFIGURATION}/?$": {"GET": f"scope {READ}", "PUT": f"scope {WRITE}", "DELETE": f"scope {WRITE}"},
    rf"^{CONFIGURATION}/edits/?$": f"scope {READ}",
    rf"^{CONFIGURATION}/versions/?$": f"scope {READ}",
    rf"^{CONFIGURATION}/versions/{VERSION}/restore/?$": f"scope {WRITE}",
    rf"^{CONFIGURATION}/draft/?$": {"GET": f"scope {READ}", "PUT": f"scope {WRITE}", "DELETE": f"scope {WRITE}"},
    rf"^{CONFIGURATION}/draft/rehearse/?$": f"scope {READ}",
    rf"^{CONFIGURATION}/draft/publish/?$": f"scope {WRITE}",
    rf"^{CONFIGURATION}/copy/?$": f"scope {WRITE}",
    rf"^{CONFIGURATION}/activate/?$": f"scope {WRITE}",
    rf"^{CONFIGURATION}/deactivate/?$": f"scope {WRITE}",
    rf"^{CONFIGURATION}/curl/?$": f"scope {READ}",
    rf"^{CONFIGURATION}/openapi\.json/?$": f"scope {READ}",
    rf"^{CONFIGURATION}/postman\.json/?$": f"scope {READ}",
    rf"^{CONFIGURATION}/sample\.csv/?$": f"scope {READ}",
    rf"^{CONFIGURATION}/schema\.json/?$": f"scope {READ}",
    r"^api/fields/?$": {"GET": f"scope {READ}", "POST": f"scope {WRITE}"},
    rf"^api/fields/{ID}/?$": {"GET": f"scope {READ}", "PATCH": f"scope {WRITE}"},
    r"^api/touchpoints/?$": {"GET": f"scope {READ}", "POST": f"scope {WRITE}"},
    rf"^api/touchpoints/{ID}/?$": {"GET": f"scope {READ}", "PATCH": f"scope {WRITE}"},
    r"^api/requests/?$": "scope history:read",
    r"^api/survey-records/?$": {"GET": "scope responses:read", "POST": "scope responses:write"},
    r"^api/responses/?$": "scope responses:read",
    rf"^api/responses/{ID}/?$": "scope responses:read",
    rf"^api/responses/{ID}/follow-up/?$": "scope responses:write",
    r"^api/surveys/?$": "scope surveys:read",
    rf"^api/surveys/{SURVEYS_REFERENCE}/?$": {"GET": "scope surveys:read", "PUT": "scope surveys:write"},
    r"^api/alerts/?$": {"GET": "scope responses:read", "POST": "scope responses:write"},
    rf"^api/alerts/{ID}/?$": {
        "GET": "scope responses:read",
        "PATCH": "scope responses:write",
        "DELETE": "scope responses:write",
    },
    r"^api/statistics/nps/?$": "scope responses:read",
    **{rf"^api/exports/{what}\.{KIND}/?$": "scope exports:read" for what in WHAT},
    r"^v7/rest/sync/responses/?$": "scope responses:read",
    r"^v7/rest/sync/non-responses/?$": "scope responses:read",
    rf"^api/survey-records/{ID}/?$": "scope responses:read",
    r"^api/imports/?$": "scope imports:write",
    rf"^api/imports/{ID}/?$": "scope imports:write",
    rf"^api/imports/{ID}/failed/?$": "scope imports:write",
    rf"^api/imports/{ID}/rows/?$": "scope imports:write",
    rf"^api/imports/{ID}/start/?$": "scope imports:write",
    rf"^api/imports/{ID}/pause/?$": "scope imports:write",
    rf"^api/imports/{ID}/resume/?$": "scope imports:write",
    rf"^api/imports/{ID}/cancel/?$": "scope imports:write",
    r"^api/changes/?$": "scope history:read",
    r"^api/audit/?$": "scope audit:read",
    r"^api/campaigns/?$": {"GET": "scope campaigns:read", "POST": "scope campaigns:write"},
    rf"^api/campaigns/{ID}/?$": {"GET": "scope campaigns:read", "PATCH": "scope campaigns:write"},
    rf"^api/campaigns/{ID}/plan/?$": "scope campaigns:write",
    rf"^api/campaigns/{ID}/start/?$": "scope campaigns:write",
    rf"^api/campaigns/{ID}/send-again/?$": "scope campaigns:write",
    rf"^api/campaigns/{ID}/{CAMPAIGN_ACT}/?$": "scope campaigns:write",
    rf"^api/provider-events/{LINK}/?$": "a link",
    r"^api/statistics/deliveries/?$": "scope campaigns:read",
    r"^api/sender-domain/?$": "scope campaigns:read",
    r"^api/bounces/?$": {"GET": "scope suppressions:read", "POST": "scope bounces:write"},
    r"^api/deliveries/?$": "scope campaigns:read",
    r"^api/recipients/count/?$": "scope campaigns:read",
    r"^api/segments/?$": {"GET": "scope campaigns:read", "POST": "scope campaigns:write"},
    rf"^api/segments/{ID}/?$": {
        "GET": "scope campaigns:read",
        "PUT": "scope campaigns:write",
        "DELETE": "scope campaigns:write",
    },
    r"^api/suppressions/?$": {"GET": "scope suppressions:read", "POST": "scope suppressions:write"},
    rf"^api/suppressions/{ID}/lift/?$": "scope suppressions:write",
    r"^v4\.1/lists/unsubscribe\.json/?$": {"GET": "scope suppressions:read", "POST": "scope suppressions:write"},
    r"^v4\.1/lists/bounce\.json/?$": "scope suppressions:read",
    r"^api/unmapped/?$": f"scope {READ}",
    r"^api/unmapped/dismiss/?$": f"scope {WRITE}",
    r"^api/unmapped/forget/?$": f"scope {WRITE}",
}
#: Pattern -> who may see the page; a new page must be added here, too.
PAGES = {
    r"^sign-in/?$": "everybody",
    r"^sign-out/?$": "everybody",
    r"^sign-in-link/(?P<secret>[A-Za-z0-9_-]{20,80})/?$": "everybody",
    r"^forgotten-password/?$": "everybody",
    r"^reset/(?P<secret>[A-Za-z0-9_-]{20,80})/?$": "everybody",
    r"^invitation/(?P<secret>[A-Za-z0-9_-]{20,80})/?$": "everybody",
    r"^docs/?$": "everybody",
    r"^docs/search/?$": "everybody",
    r"^docs/(?P<slug>[a-z0-9/-]{1,80})\.md/?$": "everybody",
    r"^docs/(?P<slug>[a-z0-9/-]{1,80})/?$": "everybody",
    rf"^{SYSTEM}/docs/try/?$": "role admin",
    r"^llms\.txt/?$": "everybody",
    r"^profile/?$": "signed in",
    r"^profile/sessions/end/?$": "signed in",
    rf"^{SYSTEM}/?$": "role user",
    rf"^{SYSTEM}/data/requests/?$": "role admin",
    rf"^{SYSTEM}/data/requests/{PLACE}/?$": "role admin",
    rf"^{SYSTEM}/data/requests/of-change/{SEQ}/?$": "role admin",
    rf"^{SYSTEM}/data/changes/?$": "role admin",
    rf"^{SYSTEM}/data/imports/configurations/(?P<reference>[a-z0-9-]{{1,64}})/downloads/"
    r"(?P<file>postman\.json|openapi\.json|schema\.json|sample\.csv|curl\.sh)/?$": "role admin",
    rf"^{SYSTEM}/data/unmapped/?$": "role admin",
    rf"^{SYSTEM}/data/unmapped/map/?$": "role admin",
    rf"^{SYSTEM}/data/unmapped/mapped/?$": "role admin",
    rf"^{SYSTEM}/data/unmapped/dismiss/?$": "role admin",
    rf"^{SYSTEM}/data/unmapped/forget/?$": "role admin",
    rf"^{SYSTEM}/data/unmapped/restore/?$": "role admin",
    rf"^{SYSTEM}/campaigns/automated/?$": "role user",
    rf"^{SYSTEM}/campaigns/automated/new/?$": "role admin",
    rf"^{SYSTEM}/campaigns/domain/?$": "role admin",
    rf"^{SYSTEM}/campaigns/{ID}/report/?$": "role user",
    rf"^{SYSTEM}/campaigns/unsubscribes-and-bounces/file/?$": "role admin",
    rf"^{SYSTEM}/campaigns/bounces/?$": "role admin",
    rf"^{SYSTEM}/campaigns/bounces/{ID}/settle/?$": "role admin",
    rf"^{SYSTEM}/campaigns/bounces/mailbox/?$": "role system_admin",
    rf"^{SYSTEM}/campaigns/bounces/mailbox/remove/?$": "role system_admin",
    rf"^{SYSTEM}/campaigns/manual/?$": "role user",
    rf"^{SYSTEM}/campaigns/manual/new/?$": "role admin",
    rf"^{SYSTEM}/campaigns/{ID}/?$": "role user",
    rf"^{SYSTEM}/campaigns/{ID}/deliveries\.csv/?$": "role user",
    rf"^{SYSTEM}/campaigns/{ID}/edit/?$": "role admin",
    rf"^{SYSTEM}/campaigns/{ID}/message/?$": "role admin",
    rf"^{SYSTEM}/campaigns/{ID}/preview/?$": "role user",
    rf"^{SYSTEM}/campaigns/{ID}/test/?$": "role admin",
    rf"^{SYSTEM}/campaigns/{ID}/plan/?$": "role admin",
    rf"^{SYSTEM}/campaigns/{ID}/start/?$": "role admin",
    rf"^{SYSTEM}/campaigns/{ID}/send-again/?$": "role admin",
    rf"^{SYSTEM}/campaigns/{ID}/cancel/?$": "role admin",
    rf"^{SYSTEM}/campaigns/{ID}/{CAMPAIGN_ACT}/?$": "role admin",
    rf"^{SYSTEM}/campaigns/segments/?$": "role admin",
    rf"^{SYSTEM}/campaigns/segments/new/?$": "role admin",
    rf"^{SYSTEM}/campaigns/segments/{ID}/?$": "role admin",
    rf"^{SYSTEM}/campaigns/segments/{ID}/remove/?$": "role admin",
    rf"^{SYSTEM}/settings/sending/?$": "role system_admin",
    rf"^{SYSTEM}/settings/sending/new-server/?$": "role system_admin",
    rf"^{SYSTEM}/settings/sending/{ID}/?$": "role system_admin",
    rf"^{SYSTEM}/settings/sending/{ID}/remove/?$": "role system_admin",
    rf"^{SYSTEM}/search/?$": "role user",
    rf"^{SYSTEM}/contacts/?$": "role user",
    rf"^{SYSTEM}/contacts/new/?$": "role admin",
    rf"^{SYSTEM}/contacts/{ID}/?$": "role user",
    rf"^{SYSTEM}/contacts/{ID}/edit/?$": "role admin",
    rf"^{SYSTEM}/deleted/?$": "role user",
    **{
        rf"^{SYSTEM}/{kind}s/{ID}/{act}/?$": "role admin"
        for kind in ("contact", "account")
        for act in ("delete", "restore", "merge")
    },
    rf"^{SYSTEM}/data/twins/?$": "role admin",
    rf"^{SYSTEM}/data/twins/{ID}/dismiss/?$": "role admin",
    rf"^{SYSTEM}/data/twins/{ID}/restore/?$": "role admin",
    rf"^{SYSTEM}/data/undo/?$": "role admin",
    rf"^{SYSTEM}/data/undo/new/?$": "role admin",
    rf"^{SYSTEM}/data/undo/{ID}/?$": "role admin",
    rf"^{SYSTEM}/data/replay/?$": "role admin",
    rf"^{SYSTEM}/data/replay/new/?$": "role admin",
    rf"^{SYSTEM}/data/replay/{ID}/?$": "role admin",
    rf"^{SYSTEM}/accounts/?$": "role user",
    rf"^{SYSTEM}/accounts/new/?$": "role admin",
    rf"^{SYSTEM}/accounts/{ID}/?$": "role user",
    rf"^{SYSTEM}/accounts/{ID}/edit/?$": "role admin",
    rf"^{SYSTEM}/accounts/{ID}/aliases/new/?$": "role admin",
    rf"^{SYSTEM}/accounts/{ID}/aliases/remove/?$": "role admin",
    rf"^{SYSTEM}/feedback/dashboard/?$": "role user",
    rf"^{SYSTEM}/feedback/accounts/?$": "role user",
    rf"^{SYSTEM}/feedback/alerts/?$": "role admin",
    rf"^{SYSTEM}/feedback/alerts/new/?$": "role admin",
    rf"^{SYSTEM}/feedback/alerts/{ID}/?$": "role admin",
    rf"^{SYSTEM}/feedback/alerts/{ID}/remove/?$": "role admin",
    rf"^{SYSTEM}/feedback/responses/?$": "role user",
    rf"^{SYSTEM}/feedback/responses/export\.{KIND}/?$": "role user",
    rf"^{SYSTEM}/feedback/responses/{ID}/?$": "role user",
    rf"^{SYSTEM}/feedback/responses/{ID}/follow-up/?$": "role user",
    rf"^{SYSTEM}/{EXPORTED}/export\.{KIND}/?$": "role user",
    rf"^{SYSTEM}/data/changes/export\.{KIND}/?$": "role admin",
    rf"^{SYSTEM}/survey-records/export\.{KIND}/?$": "role admin",
    rf"^{SYSTEM}/survey-records/?$": "role user",
    rf"^{SYSTEM}/survey-records/{ID}/?$": "role user",
    rf"^{SYSTEM}/survey-records/external-responses/?$": "role user",
    rf"^{SYSTEM}/survey-records/external-responses/{ID}/?$": "role user",
    rf"^{SYSTEM}/survey-records/{ID}/close/?$": "role admin",
    rf"^{SYSTEM}/survey-records/{ID}/revoke/?$": "role admin",
    rf"^{SYSTEM}/survey-records/{ID}/accept/?$": "role admin",
    rf"^{SYSTEM}/contacts/{ID}/ask/?$": "role admin",
    rf"^{SYSTEM}/feedback/surveys/?$": "role user",
    rf"^{SYSTEM}/feedback/new-survey/?$": "role admin",
    rf"^{SYSTEM}/{SURVEY}/?$": "role user",
    rf"^{SYSTEM}/{SURVEY}/edit/?$": "role admin",
    rf"^{SYSTEM}/{SURVEY}/preview/?$": "role user",
    rf"^{SYSTEM}/{SURVEY}/live/?$": "role admin",
    rf"^{SYSTEM}/{SURVEY}/default/?$": "role admin",
    rf"^{SYSTEM}/{SURVEY}/archive/?$": "role admin",
    rf"^{SYSTEM}/feedback/touchpoint-links/?$": "role admin",
    rf"^{SYSTEM}/feedback/touchpoint-links/{ID}/?$": "role admin",
    rf"^{SYSTEM}/feedback/touchpoint-links/{ID}/revoke/?$": "role admin",
    rf"^{SYSTEM}/campaigns/unsubscribes-and-bounces/?$": "role admin",
    rf"^{SYSTEM}/campaigns/unsubscribes-and-bounces/{ID}/lift/?$": "role admin",
    rf"^a/{LINK}/?$": "a link",
    rf"^u/{LINK}/?$": "a link",
    rf"^t/{LINK}/?$": "a link",
    rf"^{SYSTEM}/activities/?$": "role user",
    rf"^{SYSTEM}/activities/{ID}/?$": "role user",
    rf"^{SYSTEM}/data/imports/?$": "role admin",
    rf"^{SYSTEM}/data/imports/new/?$": "role admin",
    rf"^{SYSTEM}/data/imports/{ID}/?$": "role admin",
    rf"^{SYSTEM}/data/imports/{ID}/mapping/?$": "role admin",
    rf"^{SYSTEM}/data/imports/{ID}/failed/?$": "role admin",
    rf"^{SYSTEM}/data/imports/{ID}/{IMPORT_ACT}/?$": "role admin",
    rf"^{SYSTEM}/data/imports/configurations/?$": "role admin",
    rf"^{SYSTEM}/data/imports/configurations/new/?$": "role admin",
    rf"^{SYSTEM}/{ONE_CONFIGURATION}/?$": "role admin",
    rf"^{SYSTEM}/{ONE_CONFIGURATION}/versions/?$": "role admin",
    rf"^{SYSTEM}/{ONE_CONFIGURATION}/versions/{VERSION}/restore/?$": "role admin",
    rf"^{SYSTEM}/{ONE_CONFIGURATION}/draft/?$": "role admin",
    rf"^{SYSTEM}/{ONE_CONFIGURATION}/draft/discard/?$": "role admin",
    rf"^{SYSTEM}/{ONE_CONFIGURATION}/edit/?$": "role admin",
    rf"^{SYSTEM}/{ONE_CONFIGURATION}/copy/?$": "role admin",
    rf"^{SYSTEM}/{ONE_CONFIGURATION}/deactivate/?$": "role admin",
    rf"^{SYSTEM}/{ONE_CONFIGURATION}/activate/?$": "role admin",
    rf"^{SYSTEM}/{ONE_CONFIGURATION}/remove/?$": "role admin",
    rf"^{SYSTEM}/{ONE_CONFIGURATION}/webhook/?$": "role admin",
    rf"^{SYSTEM}/data/integrations/connected-apps/?$": "role admin",
    rf"^{SYSTEM}/data/integrations/connected-apps/new/?$": "role admin",
    rf"^{SYSTEM}/data/integrations/connected-apps/{ID}/?$": "role admin",
    rf"^{SYSTEM}/data/integrations/connected-apps/{ID}/edit/?$": "role admin",
    rf"^{SYSTEM}/data/integrations/connected-apps/{ID}/deactivate/?$": "role admin",
    rf"^{SYSTEM}/data/integrations/connected-apps/{ID}/rotate/?$": "role admin",
    rf"^{SYSTEM}/data/integrations/connected-apps/{ID}/secrets/{SECRET}/retire/?$": "role admin",
    rf"^{SYSTEM}/data/integrations/webhooks/?$": "role admin",
    rf"^{SYSTEM}/data/integrations/webhooks/new/?$": "role admin",
    rf"^{SYSTEM}/data/integrations/webhooks/{ID}/?$": "role admin",
    rf"^{SYSTEM}/data/integrations/webhooks/{ID}/rotate/?$": "role admin",
    rf"^{SYSTEM}/data/integrations/webhooks/{ID}/deactivate/?$": "role admin",
    rf"^{SYSTEM}/settings/fields/?$": "role admin",
    rf"^{SYSTEM}/settings/fields/new/?$": "role admin",
    rf"^{SYSTEM}/settings/fields/{ID}/?$": "role admin",
    rf"^{SYSTEM}/settings/fields/{ID}/archive/?$": "role admin",
    rf"^{SYSTEM}/settings/fields/{ID}/restore/?$": "role admin",
    rf"^{SYSTEM}/settings/touchpoints/?$": "role admin",
    rf"^{SYSTEM}/settings/touchpoints/{ID}/?$": "role admin",
    rf"^{SYSTEM}/settings/touchpoints/{ID}/deactivate/?$": "role admin",
    rf"^{SYSTEM}/settings/touchpoints/{ID}/activate/?$": "role admin",
    rf"^{SYSTEM}/settings/users/?$": "role admin",
    rf"^{SYSTEM}/settings/users/invite/?$": "role system_admin",
    rf"^{SYSTEM}/settings/users/invitations/{ID}/revoke/?$": "role system_admin",
    rf"^{SYSTEM}/settings/users/{ID}/role/?$": "role system_admin",
    rf"^{SYSTEM}/settings/users/{ID}/remove/?$": "role system_admin",
    rf"^{SYSTEM}/settings/users/{ID}/reset/?$": "role system_admin",
    rf"^{SYSTEM}/settings/system/?$": "role system_admin",
    rf"^{SYSTEM}/settings/audit/?$": "role system_admin",
}
#: What stands in an address for a part of it.
PARTS = {
    KIND: "csv",
    EXPORTED: "contacts",
    CONFIGURATION: "api/configurations/contact",
    SURVEYS_REFERENCE: "nps",
    CAMPAIGN_ACT: "pause",
    IMPORT_ACT: "pause",
    VERSION: "1",
    ID: "01a208d7-cfc5-72da-a6a5-e1d8534c4927",
}


def _address(pattern: str) -> str:
    for part, filled in PARTS.items():
        pattern = pattern.replace(part, filled)
    return "/" + pattern.removeprefix("^").removesuffix("$").removesuffix("/?").replace("\\", "")


ADDRESSES = [_address(pattern) for pattern in PERMISSIONS]
#: What nobody but Alice and Bob may ever read.
SECRETS = ("veiled@example.org", "Veiled Works", "+44 20 7946")


def test_every_route_has_a_permission() -> None:
    routes = get_resolver().url_patterns
    assert {str(route.pattern): getattr(route.callback, "permission", None) for route in routes} == PERMISSIONS | PAGES


def _views(route: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """The functions behind a route, without what guards them."""
    if isinstance(route, Permitted):
        route = route.view
    by_method = inspect.getclosurevars(route).nonlocals.get("guarded")
    if isinstance(by_method, dict):
        for each in by_method.values():
            yield from _views(each)
    else:
        view = inspect.unwrap(route)
        yield from _views(view.func) if isinstance(view, partial) else [view]


def test_what_answers_people_is_in_pages_and_what_answers_programs_in_api() -> None:
    for route in get_resolver().url_patterns:
        pattern = str(route.pattern)
        for view in _views(route.callback):
            folder = view.__module__.split(".")[2]
            assert folder == ("pages" if pattern in PAGES or pattern == "^$" else "api"), (pattern, view)


@pytest.fixture(scope="module")
def veiled(database: Database) -> tuple[Cast, UUID, UUID]:
    """A cast, with a contact and an account of Alice's."""
    made = Cast()
    account = put_account(made.alice.tenant, "Veiled Works")
    contact = put_contact(made.alice.tenant, email="veiled@example.org", phone="+44 20 7946", account_id=account)
    return made, contact, account


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("who", ["charlie", None])
def test_the_stranger_sees_nothing_of_ours_anywhere(
    veiled: tuple[Cast, UUID, UUID], address: str, method: str, who: str | None
) -> None:
    cast, contact, account = veiled
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
            said = b"".join(answer.streaming_content) if answer.streaming else answer.content
            assert not any(secret in said.decode(errors="replace") for secret in SECRETS), question


@pytest.mark.parametrize("address", [address for address in ADDRESSES if address != "/"])
def test_a_slash_at_the_end_makes_no_difference(veiled: tuple[Cast, UUID, UUID], address: str) -> None:
    client = Client(headers=veiled[0].alice.bearer)
    assert client.get(address).status_code == client.get(f"{address}/").status_code


#: Of each address of our own what it may be sent, and what it takes there.
OWN = [
    (_address(pattern), method)
    for pattern, told in PERMISSIONS.items()
    if pattern.startswith("^api/") and (isinstance(told, dict) or told.startswith("scope "))
    for method in (told if isinstance(told, dict) else ("GET", "POST"))
]
#: What takes a body that is no JSON.
RAW = ("/api/imports", "/api/bounces")
#: They find what is to be changed, and its version, before they read what it is to become.
FIRST_FOUND = {404, 428}


@pytest.mark.parametrize(("address", "method"), OWN)
def test_no_address_of_ours_takes_a_parameter_that_it_does_not_know(
    veiled: tuple[Cast, UUID, UUID], address: str, method: str
) -> None:
    client = Client(headers=veiled[0].alice.bearer)
    answer = client.generic(method, address, QUERY_STRING="unheard_of=1", content_type="application/json")
    if answer.status_code != 405:
        assert answer.status_code == 422, answer.content
        assert "unheard_of" in answer.json()["errors"]


@pytest.mark.parametrize(("address", "method"), [each for each in OWN if each[1] != "GET" and each[0] not in RAW])
def test_no_address_of_ours_takes_a_key_that_it_does_not_know(
    veiled: tuple[Cast, UUID, UUID], address: str, method: str
) -> None:
    client = Client(headers=veiled[0].alice.bearer)
    answer = client.generic(method, address, b'{"unheard_of": 1}', content_type="application/json")
    if answer.status_code not in (405, *FIRST_FOUND):
        assert answer.status_code == 422, answer.content
        assert "unheard_of" in answer.json()["errors"]


def _place(pattern: str, system: str) -> str:
    """An address of a page; what it names besides the system does not exist."""
    for part, filled in (
        (SYSTEM, f"s/{system}"), (ONE_CONFIGURATION, "data/imports/configurations/none"),
        (SURVEY, "feedback/surveys/none"), (KIND, "csv"), (EXPORTED, "contacts"), (PLACE, "A" * 32),
        (r"(?P<reference>[a-z0-9-]{1,64})", "none"),
        (r"(?P<file>postman\.json|openapi\.json|schema\.json|sample\.csv|curl\.sh)", "schema.json"),
        (SEQ, "1"), (CAMPAIGN_ACT, "pause"), (IMPORT_ACT, "pause"), (SECRET, PARTS[ID]), (ID, PARTS[ID]),
    ):  # fmt: skip
        pattern = pattern.replace(part, filled)
    return _address(pattern)


INSIDE = {pattern: role for pattern, role in PAGES.items() if role.startswith("role ")}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("who", ["nobody", "charlie", *Role])
def test_every_page_is_shut_to_whoever_may_not_see_it(cast: Cast, method: str, who: str) -> None:
    """Every page of Alice's system, by all who are not allowed to, whatever they send there."""
    people = {"nobody": None, "charlie": cast.charlie}
    person = people[who] if who in people else new_person(f"{who}-at-the-door", cast.alice.tenant, Role(who))
    client, judged = visitor(person), 0
    for pattern, role in INSIDE.items():
        answer = client.generic(method, _place(pattern, cast.alice.tenant.slug))
        if answer.status_code == 405:  # pages of one method only
            continue
        judged += 1
        if person is None:
            assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/sign-in"), pattern
        elif person is cast.charlie:
            assert answer.status_code == 404, pattern
        elif Role(who).rank < Role(role.removeprefix("role ")).rank:
            assert answer.status_code == 403, pattern
        else:
            assert answer.status_code in (200, 302, 404, 409, 422), pattern
    assert judged > 30
