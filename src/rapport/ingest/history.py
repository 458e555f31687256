"""Rows of the request history: what was sent, what became of it (decision 9)."""

from __future__ import annotations

from typing import Any

import orjson
from uuid_utils import uuid7

from rapport.db.requests import contact_keys, objects
from rapport.ingest.http import as_json
from rapport.ingest.submission import REUSED, Group, Result
from rapport.records.receipt import Receipt


def rows(group: Group) -> list[tuple[Any, ...]]:
    """One row per record of the group, in the order of the type `request_write`."""
    made = []
    for submission, result in zip(group.submissions, group.results, strict=True):
        shared = (*submission.actor, submission.configuration_id, result.status)
        for position, record in enumerate(submission.records):
            told = _told(result, position)
            sent = as_json(record.sent).decode() if submission.keep_sent and record.headings else None
            place = (uuid7(), submission.request_id, position)
            made.append((*place, *shared, outcome(result, position), told[0], sent, *told[1:], *contact_keys(record)))
    return made


def outcome(result: Result, position: int) -> str:
    """What became of a record."""
    if result.conflict:
        return "rejected"
    return result.receipts[position].outcome if result.receipts else "replayed"


def _told(result: Result, position: int) -> tuple[str | None, ...]:
    """A record's objects, errors, ignored headings and warnings as JSON."""
    if result.conflict:
        return "[]", as_json(REUSED).decode(), None, None
    if not result.receipts:
        return "[]", None, None, None
    receipt: Receipt = result.receipts[position]
    return (
        objects(receipt),
        as_json(receipt.errors).decode() if receipt.errors else None,
        as_json(receipt.ignored).decode() if receipt.ignored else None,
        orjson.dumps(receipt.warnings).decode() if receipt.warnings else None,
    )
