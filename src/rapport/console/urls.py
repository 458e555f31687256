"""Every address of the console's process, each with its permission. A slash at the end makes no difference."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from django.urls import re_path

from rapport.campaigns import urls as campaigns_urls
from rapport.campaigns.api import bounces, campaigns, provider_events, reports, segments
from rapport.configurations import urls as configurations_urls
from rapport.configurations.api import artefacts, configurations, drafts, fields, touchpoints, unmapped
from rapport.connected_apps import urls as connected_apps_urls
from rapport.connected_apps.api import oauth
from rapport.connected_apps.bearer import bare, bearer, by_method
from rapport.directory import urls as directory_urls
from rapport.directory.api import exports as directory_exports
from rapport.directory.api import lists as directory
from rapport.directory.api import merging, objects, twins
from rapport.evidence import urls as evidence_urls
from rapport.evidence.api import exports as evidence_exports
from rapport.evidence.api import histories, replay, undo
from rapport.feedback import urls as feedback_urls
from rapport.feedback.api import (
    alerts,
    exports,
    lists,
    responses,
    statistics,
    suppressions,
    survey_records,
    surveys,
    sync,
)
from rapport.feedback.links import PATTERN as LINK
from rapport.handbook import urls as handbook_urls
from rapport.imports import urls as imports_urls
from rapport.imports.acts import ACTS as IMPORT_ACTS
from rapport.imports.api import imports
from rapport.members import urls as members_urls
from rapport.members.access import ID, page
from rapport.members.models import Role
from rapport.tenants.api import audit as audit_api
from rapport.tenants.exports import KIND
from rapport.tenants.permission import Permitted

from . import errors
from .access import public
from .api import openapi, postman
from .pages import audit, downloads, home, landing, search

if TYPE_CHECKING:
    from django.urls import URLPattern


def route(path: str, view: Permitted) -> URLPattern:
    """`path` with and without a slash at its end."""
    return re_path(rf"^{path}/?$", view)


READ, WRITE = "configurations:read", "configurations:write"
SEND = "campaigns:write"
DOWNLOAD = r"(?P<file>postman\.json|openapi\.json|schema\.json|sample\.csv|curl\.sh)"
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
    *(
        each
        for plural, kind in (("contacts", "contact"), ("accounts", "account"))
        for each in (
            route(f"api/{plural}/merge", bearer("directory:write", partial(merging.merge, kind=kind), ["POST"])),
            route(f"api/{plural}/deleted", bearer("directory:read", partial(objects.listed, kind=kind))),
            route(
                f"api/{plural}/{ID}",
                by_method(
                    GET=bearer("directory:read", partial(objects.shown, kind=kind)),
                    DELETE=bearer("directory:write", bare(partial(objects.remove, kind=kind)), ["DELETE"]),
                ),
            ),
            route(
                f"api/{plural}/{ID}/restore",
                bearer("directory:write", bare(partial(objects.restore, kind=kind)), ["POST"]),
            ),
        )
    ),
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
            GET=bearer(READ, bare(configurations.shown)),
            PUT=bearer(WRITE, configurations.change, ["PUT"]),
            DELETE=bearer(WRITE, bare(configurations.remove), ["DELETE"]),
        ),
    ),
    route(f"{CONFIGURATION}/edits", bearer(READ, configurations.history)),
    route(f"{CONFIGURATION}/versions", bearer(READ, configurations.history)),
    route(f"{CONFIGURATION}/versions/{configurations_urls.VERSION}/restore", bearer(WRITE, drafts.restore, ["POST"])),
    route(
        f"{CONFIGURATION}/draft",
        by_method(
            GET=bearer(READ, bare(drafts.shown)),
            PUT=bearer(WRITE, drafts.save, ["PUT"]),
            DELETE=bearer(WRITE, bare(drafts.discard), ["DELETE"]),
        ),
    ),
    route(f"{CONFIGURATION}/draft/rehearse", bearer(READ, bare(drafts.rehearse), ["POST"])),
    route(f"{CONFIGURATION}/draft/publish", bearer(WRITE, drafts.publish, ["POST"])),
    route(f"{CONFIGURATION}/copy", bearer(WRITE, configurations.copy, ["POST"])),
    route(f"{CONFIGURATION}/activate", bearer(WRITE, bare(configurations.activate), ["POST"])),
    route(f"{CONFIGURATION}/deactivate", bearer(WRITE, bare(configurations.deactivate), ["POST"])),
    route(f"{CONFIGURATION}/curl", bearer(READ, bare(artefacts.call))),
    route(
        rf"{CONFIGURATION}/openapi\.json", bearer(READ, bare(partial(artefacts.described, general=openapi.generate)))
    ),
    route(rf"{CONFIGURATION}/postman\.json", bearer(READ, bare(artefacts.collected))),
    route(rf"{CONFIGURATION}/sample\.csv", bearer(READ, bare(artefacts.filled))),
    route(rf"{CONFIGURATION}/schema\.json", bearer(READ, bare(artefacts.modelled))),
    route("api/fields", by_method(GET=bearer(READ, fields.listed), POST=bearer(WRITE, fields.create, ["POST"]))),
    route(
        f"api/fields/{ID}",
        by_method(GET=bearer(READ, bare(fields.shown)), PATCH=bearer(WRITE, fields.change, ["PATCH"])),
    ),
    route(
        "api/touchpoints",
        by_method(GET=bearer(READ, touchpoints.listed), POST=bearer(WRITE, touchpoints.create, ["POST"])),
    ),
    route(
        f"api/touchpoints/{ID}",
        by_method(GET=bearer(READ, bare(touchpoints.shown)), PATCH=bearer(WRITE, touchpoints.change, ["PATCH"])),
    ),
    route("api/requests", bearer("history:read", histories.requests)),
    route("api/changes", bearer("history:read", histories.changes)),
    route(f"api/merges/{ID}", bearer("directory:write", bare(merging.shown))),
    route("api/twins", bearer("directory:read", twins.listed)),
    route(f"api/twins/{ID}/dismiss", bearer("directory:write", bare(twins.dismiss), ["POST"])),
    route(f"api/twins/{ID}/restore", bearer("directory:write", bare(twins.restore), ["POST"])),
    route("api/undo", bearer("history:undo", undo.take, ["POST"])),
    route(f"api/undo/{ID}", bearer("history:undo", bare(undo.shown))),
    route("api/replay", bearer("history:undo", replay.take, ["POST"])),
    route(f"api/replay/{ID}", bearer("history:undo", bare(replay.shown))),
    route("api/audit", bearer("audit:read", audit_api.entries)),
    route(
        "api/survey-records",
        by_method(
            GET=bearer("responses:read", survey_records.listed),
            POST=bearer("responses:write", survey_records.create, ["POST"]),
        ),
    ),
    route(f"api/survey-records/{ID}", bearer("responses:read", bare(survey_records.shown))),
    route("api/responses", bearer("responses:read", responses.listed)),
    route(f"api/responses/{ID}", bearer("responses:read", bare(responses.shown))),
    route(f"api/responses/{ID}/follow-up", bearer("responses:write", responses.follow_up, ["POST"])),
    route(
        "api/alerts",
        by_method(GET=bearer("responses:read", alerts.listed), POST=bearer("responses:write", alerts.create, ["POST"])),
    ),
    route(
        f"api/alerts/{ID}",
        by_method(
            GET=bearer("responses:read", bare(alerts.shown)),
            PATCH=bearer("responses:write", alerts.change, ["PATCH"]),
            DELETE=bearer("responses:write", bare(alerts.remove), ["DELETE"]),
        ),
    ),
    route("api/surveys", bearer("surveys:read", surveys.listed)),
    route(
        f"api/surveys/{surveys.REFERENCE}",
        by_method(
            GET=bearer("surveys:read", bare(surveys.shown)),
            PUT=bearer("surveys:write", surveys.save, ["PUT"]),
        ),
    ),
    route("api/statistics/nps", bearer("responses:read", statistics.nps)),
    route(rf"api/exports/contacts\.{KIND}", bearer("exports:read", directory_exports.contacts)),
    route(rf"api/exports/accounts\.{KIND}", bearer("exports:read", directory_exports.accounts)),
    route(rf"api/exports/activities\.{KIND}", bearer("exports:read", directory_exports.activities)),
    route(rf"api/exports/changes\.{KIND}", bearer("exports:read", evidence_exports.changes)),
    route(rf"api/exports/responses\.{KIND}", bearer("exports:read", exports.responses)),
    route(rf"api/exports/survey-records\.{KIND}", bearer("exports:read", exports.survey_records)),
    route("v7/rest/sync/responses", bearer("responses:read", sync.responses)),
    route("v7/rest/sync/non-responses", bearer("responses:read", sync.non_responses)),
    route(
        "api/campaigns",
        by_method(GET=bearer("campaigns:read", campaigns.listed), POST=bearer(SEND, campaigns.create, ["POST"])),
    ),
    route(
        f"api/campaigns/{ID}",
        by_method(GET=bearer("campaigns:read", bare(campaigns.shown)), PATCH=bearer(SEND, campaigns.change, ["PATCH"])),
    ),
    route(f"api/campaigns/{ID}/plan", bearer(SEND, campaigns.plan, ["POST"])),
    route(f"api/campaigns/{ID}/start", bearer(SEND, campaigns.start, ["POST"])),
    route(f"api/campaigns/{ID}/send-again", bearer(SEND, campaigns.send_again, ["POST"])),
    route(f"api/campaigns/{ID}/{campaigns_urls.ACT}", bearer(SEND, campaigns.act, ["POST"])),
    route(f"api/provider-events/{LINK}", provider_events.taken),
    route("api/statistics/deliveries", bearer("campaigns:read", reports.deliveries)),
    route("api/sender-domain", bearer("campaigns:read", reports.sender_domain)),
    route(
        "api/bounces",
        by_method(
            GET=bearer("suppressions:read", bounces.listed), POST=bearer("bounces:write", bounces.create, ["POST"])
        ),
    ),
    route("api/deliveries", bearer("campaigns:read", campaigns.deliveries)),
    route("api/recipients/count", bearer("campaigns:read", segments.count, ["POST"])),
    route(
        "api/segments",
        by_method(GET=bearer("campaigns:read", segments.listed), POST=bearer(SEND, segments.create, ["POST"])),
    ),
    route(
        f"api/segments/{ID}",
        by_method(
            GET=bearer("campaigns:read", bare(segments.shown)),
            PUT=bearer(SEND, segments.change, ["PUT"]),
            DELETE=bearer(SEND, bare(segments.remove), ["DELETE"]),
        ),
    ),
    route(
        "api/suppressions",
        by_method(
            GET=bearer("suppressions:read", suppressions.listed),
            POST=bearer("suppressions:write", suppressions.create, ["POST"]),
        ),
    ),
    route(f"api/suppressions/{ID}/lift", bearer("suppressions:write", suppressions.lift, ["POST"])),
    route(
        r"v4\.1/lists/unsubscribe\.json",
        lists.enveloped(
            by_method(
                GET=bearer("suppressions:read", lists.unsubscribes),
                POST=bearer("suppressions:write", lists.unsubscribe, ["POST"]),
            )
        ),
    ),
    route(r"v4\.1/lists/bounce\.json", lists.enveloped(bearer("suppressions:read", lists.bounces))),
    route("api/imports", bearer("imports:write", imports.create, ["POST"])),
    route(f"api/imports/{ID}", bearer("imports:write", bare(imports.shown))),
    route(f"api/imports/{ID}/failed", bearer("imports:write", bare(imports.failed_rows))),
    route(f"api/imports/{ID}/rows", bearer("imports:write", imports.rows)),
    *(
        route(f"api/imports/{ID}/{act}", bearer("imports:write", partial(imports.change, act=act), ["POST"]))
        for act in IMPORT_ACTS
    ),
    page("", Role.USER, home.home, "home"),
    page("search", Role.USER, search.results, "search"),
    page(f"{configurations_urls.CONFIGURATION}/downloads/{DOWNLOAD}", Role.ADMIN, downloads.download, "download"),
    page("settings/audit", Role.SYSTEM_ADMIN, audit.listed, "audit"),
    *(
        each
        for app in (
            campaigns_urls,
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
