"""Rows of the request history: what was sent, what became of it (decision 9)."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import orjson

from rapport.groups import ids
from rapport.groups.group import Group
from rapport.groups.rendering import as_json
from rapport.groups.submission import REUSED, Result
from rapport.records.receipt import Prepared, Receipt

#: Rows made before others get their turn: 2 ms where each record has 100 fields.
SLICE = 100


def rows(group: Group) -> Generator[None, None, list[tuple[Any, ...]]]:
    """Makes one row per record of the group, in the order of the type `request_write_2`; yields after each slice."""
    made: list[tuple[Any, ...]] = []
    for submission, result in zip(group.submissions, group.results, strict=True):
        shared = (*submission.actor, submission.configuration_id, result.status)
        for position, record in enumerate(submission.records):
            told = _told(result, position)
            sent = as_json(record.sent).decode() if submission.keep_sent and record.headings else _named(record)
            id = result.receipts[position].record if result.receipts else ids.following(result.request, position)
            named = (id, submission.request_id, position)
            became = (result.outcome(position), told[0], sent, *told[1:])
            parameters = as_json(record.parameters).decode() if record.parameters else None
            made.append((*named, *shared, *became, *contact_keys(record), parameters))
            if len(made) % SLICE == 0:
                yield
    return made


def _named(record: Prepared) -> str | None:
    """The reference of a configuration that nobody knows; without one it is not known whose data the rest is."""
    return as_json({"configuration": record.reference}).decode() if record.reference else None


def contact_keys(record: Prepared) -> tuple[str | None, str | None]:
    """The contact's keys without their prefix, so that an erasure finds the row."""
    keys = record.keys
    other = keys.get("contact", "")
    email = keys.get("email") or (other if other.startswith("e:") else None)
    phone = keys.get("phone") or (other if other.startswith("p:") else None)
    return email and email[2:], phone and phone[2:]


def _told(result: Result, position: int) -> tuple[str | None, ...]:
    """A record's objects, errors, ignored headings and warnings as JSON."""
    if result.conflict:
        return "[]", as_json(REUSED).decode(), None, None
    if not result.receipts:
        return "[]", None, None, None
    receipt = result.receipts[position]
    return (
        _objects(receipt),
        as_json(receipt.errors).decode() if receipt.errors else None,
        as_json(receipt.ignored).decode() if receipt.ignored else None,
        orjson.dumps(receipt.warnings).decode() if receipt.warnings else None,
    )


def _objects(receipt: Receipt) -> str:
    """What was done to which objects, as JSON."""
    told = [{"type": t.type, "id": t.id, "outcome": t.outcome, "matched_by": t.matched_by} for t in receipt.objects]
    return orjson.dumps(told, default=str).decode()
