"""Rows of the request history: what was sent, what became of it (decision 9)."""

from __future__ import annotations

from typing import Any

import orjson
from uuid_utils import uuid7

from rapport.ingest.http import as_json
from rapport.ingest.submission import REUSED, Group, Result
from rapport.records.receipt import Prepared, Receipt


def rows(group: Group) -> list[tuple[Any, ...]]:
    """One row per record of the group, in the order of the type `request_write`."""
    made = []
    for submission, result in zip(group.submissions, group.results, strict=True):
        shared = (*submission.actor, submission.configuration_id, result.status)
        for position, record in enumerate(submission.records):
            outcome, told = _told(result, position)
            sent = as_json(record.sent).decode() if submission.keep_sent else None
            place = (uuid7(), submission.request_id, position)
            made.append((*place, *shared, outcome, told[0], sent, *told[1:], *contact_keys(record)))
    return made


def _told(result: Result, position: int) -> tuple[str, tuple[str | None, ...]]:
    """A record's outcome, and objects, errors, ignored headings and warnings as JSON."""
    if result.conflict:
        return "rejected", ("[]", as_json(REUSED).decode(), None, None)
    if not result.receipts:
        return "replayed", ("[]", None, None, None)
    receipt: Receipt = result.receipts[position]
    objects = [{"type": t.type, "id": t.id, "outcome": t.outcome, "matched_by": t.matched_by} for t in receipt.objects]
    told = (
        orjson.dumps(objects, default=str).decode(),
        as_json(receipt.errors).decode() if receipt.errors else None,
        as_json(receipt.ignored).decode() if receipt.ignored else None,
        orjson.dumps(receipt.warnings).decode() if receipt.warnings else None,
    )
    return receipt.outcome, told


def contact_keys(record: Prepared) -> tuple[str | None, str | None]:
    """The contact's keys without their prefix, so that an erasure finds the row."""
    keys = record.keys
    other = keys.get("contact", "")
    email = keys.get("email") or (other if other.startswith("e:") else None)
    phone = keys.get("phone") or (other if other.startswith("p:") else None)
    return email and email[2:], phone and phone[2:]
