"""Rows of the request history: what was sent, what became of it (decision 9)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
from uuid_utils.compat import uuid7

from rapport.ingest.http import as_json
from rapport.ingest.submission import Group, Result, Submission
from rapport.records.receipt import Prepared, Receipt

_REPLAYED = Receipt("unchanged")


def rows(group: Group) -> list[tuple[Any, ...]]:
    """One row per record of the group, in the column order of `insert_requests`."""
    return [
        row
        for submission, result in zip(group.submissions, group.results, strict=True)
        for row in _of(submission, result)
    ]


def _of(submission: Submission, result: Result) -> Iterator[tuple[Any, ...]]:
    actor_type, actor_id = submission.actor
    for position, record in enumerate(submission.records):
        receipt = result.receipts[position] if result.receipts else _REPLAYED
        outcome: str = receipt.outcome
        if not result.receipts:
            outcome = "rejected" if result.conflict else "replayed"
        yield (
            uuid7(), submission.request_id, position, actor_type, actor_id, submission.configuration_id,
            result.status, outcome, _objects(receipt),
            as_json(record.sent).decode() if submission.keep_sent else None,
            as_json(receipt.errors).decode() if receipt.errors else None,
            as_json(record.ignored).decode() if record.ignored else None,
            orjson.dumps(receipt.warnings).decode() if receipt.warnings else None,
            *_keys(record),
        )  # fmt: skip


def _objects(receipt: Receipt) -> str:
    """Which objects a record touched, and how it found them; the ledger has the values."""
    touched = [
        {"type": t.type, "id": t.id, "outcome": t.outcome, "matched_by": t.matched_by}
        for t in receipt.objects
    ]
    return orjson.dumps(touched, default=str).decode()


def _keys(record: Prepared) -> tuple[str | None, str | None]:
    """The keys without their prefix, so that an erasure finds the row."""
    email, phone = record.email_key, record.phone_key
    return email and email[2:], phone and phone[2:]
