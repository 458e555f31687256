"""`/oauth2/*` and their metadata."""

from __future__ import annotations

from typing import Any

from .responses import answer, shared
from .schemas import TEXT, closed

FORM = "application/x-www-form-urlencoded"
CLIENT = {"client_id": TEXT, "client_secret": TEXT}
#: As HTTP Basic, or as parameters.
SECURITY: list[dict[str, list[str]]] = [{"client": []}, {}]


def _post(
    operation_id: str, summary: str, properties: dict[str, Any], required: list[str], success: dict[str, Any]
) -> dict[str, Any]:
    form = {"type": "object", "properties": {**properties, **CLIENT}, "required": required}
    challenge = {"WWW-Authenticate": {"description": "Where HTTP Basic was used.", "schema": TEXT}}
    return {
        "post": {
            "operationId": operation_id,
            "summary": summary,
            "tags": ["Tokens"],
            "security": SECURITY,
            "requestBody": {"required": True, "content": {FORM: {"schema": form}}},
            "responses": {
                "200": success,
                "400": answer("RFC 6749 §5.2.", "OAuthError"),
                "401": answer("The client is unknown, stopped, or has another secret.", "OAuthError", challenge),
                **shared(413, 415, 500, 503),
            },
        }
    }


PATHS = {
    "/oauth2/token": _post(
        "issueToken",
        "Get an access token for client credentials (RFC 6749 §4.4).",
        {
            "grant_type": {"const": "client_credentials"},
            "scope": {
                **TEXT,
                "description": "A part of the app's scopes, with spaces between; without it all of them.",
            },
        },
        ["grant_type"],
        answer("A token that works for an hour.", "Token"),
    ),
    "/oauth2/revoke": _post(
        "revokeToken",
        "Stop one of your own tokens (RFC 7009).",
        {"token": TEXT, "token_type_hint": TEXT},
        ["token"],
        {
            **answer("The token does not work any more, or never did."),
            "content": {"application/json": {"schema": closed({})}},
        },
    ),
    "/oauth2/introspect": _post(
        "introspectToken",
        "Ask about one of your own tokens (RFC 7662).",
        {"token": TEXT, "token_type_hint": TEXT},
        ["token"],
        answer("What the token allows; only `active` where it is not yours or does not work.", "Introspection"),
    ),
    "/.well-known/oauth-authorization-server": {
        "get": {
            "operationId": "readMetadata",
            "summary": "Where these endpoints are and what they can do (RFC 8414).",
            "tags": ["Tokens"],
            "security": [],
            "responses": {
                "200": {**answer("The metadata."), "content": {"application/json": {"schema": {"type": "object"}}}},
                **shared(405, 500, 503),
            },
        }
    },
}
