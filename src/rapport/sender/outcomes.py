"""What an answer of a mail server means for a delivery."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import orjson

from .conversation import BrokenError, RefusedError, Reply

#: Seconds before the second try, doubled with each, and the longest pause; after 24 hours the ledger gives up.
PAUSE, LONGEST_PAUSE = 60, 4 * 3600
#: The same where nothing was refused, but a connection lost.
LOST_PAUSE = 5
#: Enhanced status codes (RFC 3463) of an address that is bad for good.
_HARD = re.compile(r"\b5\.(1\.(1|2|3|6|10)|2\.1)\b")
_NO_USER = re.compile(r"\b(no such user|user unknown|unknown user|no such recipient)\b", re.IGNORECASE)
_ENHANCED = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")
_PERMANENT = 500


class Outcome(NamedTuple):
    """In the order of the type `outcome_1`, behind id and claim."""

    state: str
    reason: str | None = None
    fact: str | None = None
    pause: int | None = None
    kind: str | None = None
    suppress: bool = False


def sent(reply: Reply) -> Outcome:
    """The server has it."""
    return Outcome("sent", None, _fact(reply))


def refused(fault: RefusedError, tries: int) -> Outcome:
    """The server has not taken it: for now (4xx), or for good; a hard bounce where it says that nobody is there."""
    reply = fault.reply
    if reply.code < _PERMANENT:
        return Outcome("deferred", "refused", _fact(reply), min(PAUSE * 2**tries, LONGEST_PAUSE))
    about_recipient = fault.step in ("rcpt", "message")
    hard = about_recipient and bool(_HARD.search(reply.text) or _NO_USER.search(reply.text))
    enhanced = _ENHANCED.search(reply.text)
    kind = f"{reply.code} {enhanced[0]}" if enhanced else str(reply.code)
    return Outcome("bounced" if hard else "failed", "refused", _fact(reply), None, kind, hard)


def broken(fault: BrokenError, tries: int) -> Outcome:
    """The connection was lost: before the message was begun it is tried again, behind that nobody knows."""
    told = orjson.dumps({"said": str(fault)}).decode()
    if fault.begun:
        return Outcome("in doubt", "unanswered", told)
    return Outcome("deferred", "lost", told, min(LOST_PAUSE * 2**tries, LONGEST_PAUSE))


def unmade(told: str) -> Outcome:
    """Its mail could not be made."""
    return Outcome("failed", "tags", orjson.dumps({"said": told}).decode(), None, "tags")


def row(id: Any, claim: int, outcome: Outcome) -> tuple[Any, ...]:
    """A row of the type `outcome_1`."""
    return (id, claim, *outcome)


def _fact(reply: Reply) -> str:
    return orjson.dumps({"said": str(reply)[:500]}).decode()
