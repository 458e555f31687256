"""What an answer of a mail server means for a delivery."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from rapport.campaigns.bounces import words

from .conversation import BrokenError, RefusedError, Reply, UnfitError

#: Seconds before the second try, doubled with each, and the longest pause; after 24 hours the ledger gives up.
PAUSE, LONGEST_PAUSE = 60, 4 * 3600
#: The same where nothing was refused, but a connection lost.
LOST_PAUSE = 5
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
    enhanced = words.ENHANCED.search(reply.text)
    status = enhanced[0] if enhanced else ""
    told = f"{reply.code} {' '.join(reply.text.split())}"
    hard = fault.step in ("rcpt", "message") and words.nobody_there(status, told)
    kind = f"{reply.code} {status}".strip()
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


def unfit(fault: UnfitError) -> Outcome:
    """The server cannot be given it."""
    return Outcome("failed", "unfit", orjson.dumps({"said": str(fault)}).decode(), None, "unfit")


def unwritten(outcome: Outcome) -> Outcome:
    """What the ledger does not take as it is, told with nothing that it could refuse."""
    if outcome.state in ("sent", "in doubt"):
        return Outcome("in doubt", "unwritten")
    return Outcome("failed", "unwritten", None, None, "unwritten")


def row(id: Any, claim: int, outcome: Outcome) -> tuple[Any, ...]:
    """A row of the type `outcome_1`."""
    return (id, claim, *outcome)


def _fact(reply: Reply) -> str:
    return orjson.dumps({"said": str(reply)[:500]}).decode()
