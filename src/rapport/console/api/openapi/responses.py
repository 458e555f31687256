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
    """References to the shared answers with these statuses, and to those that go with them or stand everywhere."""
    all_of_them = sorted({*statuses, *EVERYWHERE, *((408,) if 413 in statuses else ())})
    return {str(status): {"$ref": f"#/components/responses/{NAMES[status]}"} for status in all_of_them}


#: The 422 of what sends one record.
INVALID_RECORD = {"422": {"$ref": "#/components/responses/InvalidRecord"}}
EVERYWHERE = (421, 501)
NAMES = {
    400: "Unreadable",
    401: "Unauthenticated",
    403: "Forbidden",
    404: "Unknown",
    405: "WrongMethod",
    408: "Stalled",
    409: "Conflict",
    410: "Gone",
    411: "NoLength",
    412: "Outdated",
    413: "BodyTooLarge",
    414: "AddressTooLong",
    415: "UnknownMediaType",
    421: "Misdirected",
    422: "Invalid",
    428: "NoVersion",
    429: "TooMany",
    500: "OurMistake",
    501: "UnknownTransfer",
    503: "Unavailable",
    507: "NoRoom",
}
RETRY = {"Retry-After": {"description": "Seconds to wait.", **INTEGER_HEADER}}
CHALLENGE = {"WWW-Authenticate": {"description": "RFC 6750.", "schema": TEXT}}

RESPONSES = {
    "Unreadable": answer("Percent-encoding, UTF-8 or JSON that cannot be read.", "Sentence"),
    "Unauthenticated": answer("No token, or one that is malformed, expired or revoked.", "Sentence", CHALLENGE),
    "Forbidden": answer("The token lacks the scope, or its app may not use this configuration.", "Sentence"),
    "Gone": answer("It is deleted, since `deleted_at`, or part of another one, `merged_into`.", "Gone"),
    "Unknown": answer("There is no such thing.", "Sentence"),
    "Conflict": answer("It is view-only, or in use.", "Sentence"),
    "Outdated": answer("It has been changed since it was read.", "Sentence"),
    "NoVersion": answer("The header If-Match is missing.", "Sentence"),
    "WrongMethod": answer(
        "Another method; the sentence says what to send.",
        "Sentence",
        {"Allow": {"description": "What to send.", "schema": TEXT}},
    ),
    "Stalled": answer("The body did not arrive in time.", "Sentence"),
    "Misdirected": answer("Another host answers this; the sentence names it.", "Sentence"),
    "UnknownTransfer": answer("The Transfer-Encoding is not chunked.", "Sentence"),
    "BodyTooLarge": answer("The body is over its limit.", "Sentence"),
    "AddressTooLong": answer("The address is over its limit.", "Sentence"),
    "UnknownMediaType": answer(
        "The body's media type is not one of those listed, or its Content-Encoding is not gzip.", "Sentence"
    ),
    "Invalid": answer("Every fault at once, under the caller's own headings and parameters.", "Faults"),
    "InvalidRecord": answer(
        "Every fault at once, under the caller's own headings; who prefers the receipt is told what else is known.",
        "RecordFaults",
    ),
    "TooMany": answer("Over the Connected App's rate, counted in records.", "Sentence", RETRY),
    "OurMistake": answer("Something went wrong here; the request id finds it.", "Sentence"),
    "NoLength": answer("The header Content-Length is missing.", "Sentence"),
    "NoRoom": answer("The spool has no room for this file.", "Sentence"),
    "Unavailable": answer("The store is away or the queue is full; nothing was written.", "Sentence", RETRY),
}
