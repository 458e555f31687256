"""What rows of the request history say, whichever door the record came through (decision 9)."""

from __future__ import annotations

import orjson

from rapport.records.receipt import Prepared, Receipt


def objects(receipt: Receipt) -> str:
    """What was done to which objects, as JSON."""
    told = [{"type": t.type, "id": t.id, "outcome": t.outcome, "matched_by": t.matched_by} for t in receipt.objects]
    return orjson.dumps(told, default=str).decode()


def contact_keys(record: Prepared) -> tuple[str | None, str | None]:
    """The contact's keys without their prefix, so that an erasure finds the row."""
    keys = record.keys
    other = keys.get("contact", "")
    email = keys.get("email") or (other if other.startswith("e:") else None)
    phone = keys.get("phone") or (other if other.startswith("p:") else None)
    return email and email[2:], phone and phone[2:]
