"""`/openapi.json`: every path of the service as OpenAPI 3.1, made from the definitions that the service itself uses."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from rapport.connected_apps.scopes import SCOPES
from rapport.tenants import answers
from rapport.tenants.hosts import hosts

from . import (
    answered,
    asking,
    campaign_schemas,
    campaigns,
    configurations,
    drafts,
    history,
    imports,
    knowing,
    objects,
    replay,
    undo,
)
from .artefacts import PATHS as ARTEFACTS
from .credentials import PATHS as CREDENTIALS
from .directory import PATHS as DIRECTORY
from .doors import PATHS as DOORS
from .operations import PATHS as OPERATIONS
from .records import PATHS as RECORDS
from .responses import RESPONSES
from .schemas import SCHEMAS
from .unmapped import PATHS as UNMAPPED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest, HttpResponse

_ANSWERS = asking.PATHS | knowing.PATHS
_ANSWERS["/api/survey-records"] = knowing.LISTED | _ANSWERS["/api/survey-records"]
#: Job of a host -> the paths that it answers.
JOBS = {
    "auth": CREDENTIALS,
    "records": RECORDS | DOORS | OPERATIONS,
    "api": DIRECTORY
    | configurations.PATHS
    | drafts.PATHS
    | ARTEFACTS
    | history.PATHS
    | UNMAPPED
    | _ANSWERS
    | campaigns.PATHS
    | imports.PATHS
    | objects.PATHS
    | undo.PATHS
    | replay.PATHS,
}


def document(request: HttpRequest) -> HttpResponse:
    """The document, with the addresses of this deployment."""
    return answers.data(generate(hosts(request)))


def generate(addresses: Mapping[str, str]) -> dict[str, Any]:
    """The document for a service whose base URLs are `addresses` (job -> URL, see `pages.hosts`)."""
    servers = {job: addresses[job].removesuffix("/api") for job in JOBS}
    paths = {
        path: {**item, "servers": [{"url": servers[job]}]}
        for job, paths in JOBS.items()
        for path, item in paths.items()
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Rapport",
            "version": version("rapport"),
            "description": "Records about accounts and contacts in, an answer for every field out.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": servers["records"]}],
        "paths": paths,
        "components": {
            "schemas": SCHEMAS
            | configurations.SCHEMAS
            | drafts.SCHEMAS
            | history.SCHEMAS
            | asking.SCHEMAS
            | answered.SCHEMAS
            | campaign_schemas.SCHEMAS
            | imports.SCHEMAS
            | objects.SCHEMAS
            | undo.SCHEMAS
            | replay.SCHEMAS,
            "responses": RESPONSES,
            "securitySchemes": _security(f"{servers['auth']}/oauth2/token"),
        },
    }


def _security(token_url: str) -> dict[str, Any]:
    return {
        "token": {
            "type": "oauth2",
            "flows": {"clientCredentials": {"tokenUrl": token_url, "scopes": dict(SCOPES)}},
        },
        "client": {
            "type": "http",
            "scheme": "basic",
            "description": "Client id and secret of a Connected App, each form-encoded.",
        },
        "webhook": {
            "type": "http",
            "scheme": "basic",
            "description": "User and password of a webhook, in UTF-8 (RFC 7617).",
        },
    }
