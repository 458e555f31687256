"""Answers that several paths share."""

from __future__ import annotations

from typing import Any

from .schemas import TEXT, ref

INTEGER_HEADER = {"schema": {"type": "integer"}}
REQUEST_ID = {"X-Request-Id": {"description": "The caller's, when it sent a sane one.", "schema": TEXT}}


def answer(description: str, schema: str | None = None, headers: dict[str, Any] | None = None) -> dict[str, Any]:
    """An answer whose JSON body is the named schema; None: an empty body."""
    content = {} if schema is None else {"content": {"application/json": {"schema": ref(schema)}}}
    return {"description": description, "headers": {**REQUEST_ID, **(headers or {})}, **content}


def shared(*statuses: int) -> dict[str, Any]:
    """References to the shared answers with these statuses."""
    return {str(status): {"$ref": f"#/components/responses/{NAMES[status]}"} for status in statuses}


#: The 422 of what sends one record.
INVALID_RECORD = {"422": {"$ref": "#/components/responses/InvalidRecord"}}
NAMES = {
    400: "Unreadable",
    401: "Unauthenticated",
    403: "Forbidden",
    404: "Unknown",
    405: "WrongMethod",
    409: "Conflict",
    412: "Outdated",
    413: "BodyTooLarge",
    414: "AddressTooLong",
    415: "UnknownMediaType",
    422: "Invalid",
    428: "NoVersion",
    429: "TooMany",
    500: "OurMistake",
    503: "Unavailable",
}
RETRY = {"Retry-After": {"description": "Seconds to wait.", **INTEGER_HEADER}}
CHALLENGE = {"WWW-Authenticate": {"description": "RFC 6750.", "schema": TEXT}}

RESPONSES = {
    "Unreadable": answer("Percent-encoding, UTF-8 or JSON that cannot be read.", "Sentence"),
    "Unauthenticated": answer("No token, or one that is malformed, expired or revoked.", "Sentence", CHALLENGE),
    "Forbidden": answer("The token lacks the scope, or its app may not use this configuration.", "Sentence"),
    "Unknown": answer("There is no such thing.", "Sentence"),
    "Conflict": answer("It is view-only, or in use.", "Sentence"),
    "Outdated": answer("It has been changed since it was read.", "Sentence"),
    "NoVersion": answer("The header If-Match is missing.", "Sentence"),
    "WrongMethod": answer(
        "Another method; the sentence says what to send.",
        "Sentence",
        {"Allow": {"description": "What to send.", "schema": TEXT}},
    ),
    "BodyTooLarge": answer("The body is over its limit.", "Sentence"),
    "AddressTooLong": answer("The address is over its limit.", "Sentence"),
    "UnknownMediaType": answer("The body's media type is not one of those listed.", "Sentence"),
    "Invalid": answer("Every fault at once, under the caller's own headings and parameters.", "Faults"),
    "InvalidRecord": answer(
        "Every fault at once, under the caller's own headings; who prefers the receipt is told what else is known.",
        "RecordFaults",
    ),
    "TooMany": answer("Over the Connected App's rate, counted in records.", "Sentence", RETRY),
    "OurMistake": answer("Something went wrong here; the request id finds it.", "Sentence"),
    "Unavailable": answer("The store is away or the queue is full; nothing was written.", "Sentence", RETRY),
}
