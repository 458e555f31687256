"""Every address of the console's process, each with its permission. A slash at the end makes no difference."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from django.urls import re_path

from rapport.configurations import urls as configurations_urls
from rapport.configurations.api import artefacts, configurations, fields, touchpoints, unmapped
from rapport.connected_apps import urls as connected_apps_urls
from rapport.connected_apps.api import oauth
from rapport.connected_apps.bearer import bearer, by_method
from rapport.directory import urls as directory_urls
from rapport.directory.api import lists as directory
from rapport.evidence import urls as evidence_urls
from rapport.evidence.api import histories
from rapport.feedback import urls as feedback_urls
from rapport.feedback.api import survey_records
from rapport.handbook import urls as handbook_urls
from rapport.imports import urls as imports_urls
from rapport.imports.acts import ACTS as IMPORT_ACTS
from rapport.imports.api import imports
from rapport.members import urls as members_urls
from rapport.members.access import ID, page
from rapport.members.models import Role
from rapport.tenants.api import audit as audit_api
from rapport.tenants.permission import Permitted

from . import errors
from .access import public
from .api import openapi, postman
from .pages import audit, home, landing, search

if TYPE_CHECKING:
    from django.urls import URLPattern


def route(path: str, view: Permitted) -> URLPattern:
    """`path` with and without a slash at its end."""
    return re_path(rf"^{path}/?$", view)


READ, WRITE = "configurations:read", "configurations:write"
CONFIGURATION = r"api/configurations/(?P<reference>[a-z0-9-]{1,64})"

urlpatterns = [
    re_path(r"^$", public(landing.landing), name="start"),
    route(r"openapi\.json", public(openapi.document)),
    route(r"postman\.json", public(postman.document)),
    route(r"\.well-known/oauth-authorization-server", public(oauth.metadata)),
    route("oauth2/token", oauth.client(oauth.token)),
    route("oauth2/revoke", oauth.client(oauth.revoke)),
    route("oauth2/introspect", oauth.client(oauth.introspect)),
    route("api/contacts", bearer("directory:read", directory.contacts)),
    route("api/accounts", bearer("directory:read", directory.accounts)),
    route("api/unmapped", bearer("configurations:read", unmapped.listed)),
    route("api/unmapped/dismiss", bearer("configurations:write", unmapped.dismiss, ("POST",))),
    route("api/unmapped/forget", bearer("configurations:write", unmapped.forget, ("POST",))),
    route(
        "api/configurations",
        by_method(GET=bearer(READ, configurations.listed), POST=bearer(WRITE, configurations.create, ["POST"])),
    ),
    route(
        CONFIGURATION,
        by_method(
            GET=bearer(READ, configurations.shown),
            PUT=bearer(WRITE, configurations.change, ["PUT"]),
            DELETE=bearer(WRITE, configurations.remove, ["DELETE"]),
        ),
    ),
    route(f"{CONFIGURATION}/edits", bearer(READ, configurations.history)),
    route(f"{CONFIGURATION}/copy", bearer(WRITE, configurations.copy, ["POST"])),
    route(f"{CONFIGURATION}/activate", bearer(WRITE, configurations.activate, ["POST"])),
    route(f"{CONFIGURATION}/deactivate", bearer(WRITE, configurations.deactivate, ["POST"])),
    route(f"{CONFIGURATION}/curl", bearer(READ, artefacts.call)),
    route(rf"{CONFIGURATION}/openapi\.json", bearer(READ, partial(artefacts.described, general=openapi.generate))),
    route(rf"{CONFIGURATION}/postman\.json", bearer(READ, artefacts.collected)),
    route(rf"{CONFIGURATION}/sample\.csv", bearer(READ, artefacts.filled)),
    route(rf"{CONFIGURATION}/schema\.json", bearer(READ, artefacts.modelled)),
    route("api/fields", by_method(GET=bearer(READ, fields.listed), POST=bearer(WRITE, fields.create, ["POST"]))),
    route(
        f"api/fields/{ID}",
        by_method(GET=bearer(READ, fields.shown), PATCH=bearer(WRITE, fields.change, ["PATCH"])),
    ),
    route(
        "api/touchpoints",
        by_method(GET=bearer(READ, touchpoints.listed), POST=bearer(WRITE, touchpoints.create, ["POST"])),
    ),
    route(
        f"api/touchpoints/{ID}",
        by_method(GET=bearer(READ, touchpoints.shown), PATCH=bearer(WRITE, touchpoints.change, ["PATCH"])),
    ),
    route("api/requests", bearer("history:read", histories.requests)),
    route("api/changes", bearer("history:read", histories.changes)),
    route("api/audit", bearer("audit:read", audit_api.entries)),
    route("api/survey-records", bearer("responses:write", survey_records.create, ["POST"])),
    route(f"api/survey-records/{ID}", bearer("responses:read", survey_records.shown)),
    route("api/imports", bearer("imports:write", imports.create, ["POST"])),
    route(f"api/imports/{ID}", bearer("imports:write", imports.shown)),
    route(f"api/imports/{ID}/failed", bearer("imports:write", imports.failed_rows)),
    route(f"api/imports/{ID}/rows", bearer("imports:write", imports.rows)),
    *(
        route(f"api/imports/{ID}/{act}", bearer("imports:write", partial(imports.change, act=act), ["POST"]))
        for act in IMPORT_ACTS
    ),
    page("", Role.USER, home.home, "home"),
    page("search", Role.USER, search.results, "search"),
    page("settings/audit", Role.SYSTEM_ADMIN, audit.listed, "audit"),
    *(
        each
        for app in (
            configurations_urls,
            connected_apps_urls,
            directory_urls,
            evidence_urls,
            feedback_urls,
            handbook_urls,
            imports_urls,
            members_urls,
        )
        for each in app.pages
    ),
]

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.server_error
