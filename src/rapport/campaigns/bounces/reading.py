"""Reads what came back to a mail: pure, and careful. Only what surely says that nobody is there is *hard*.

Delivery status notifications (RFC 3464, codes of RFC 3463), feedback reports (RFC 5965), automatic replies (RFC 3834);
`flufl.bounce` where a report follows no standard. Whose mail it was is told by the return path (VERP), else by what was
returned of it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from email.utils import getaddresses
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from flufl.bounce import all_failures

from . import words

log = logging.getLogger("rapport.campaigns")

#: Characters of what is kept of a reason; bytes of a report that are looked through.
SAID, LOOKED = 500, 256 * 1024


class Kind(StrEnum):
    """What a report says."""

    HARD = "hard"
    SOFT = "soft"
    DELAYED = "delayed"
    COMPLAINT = "complaint"
    #: An automatic reply, or that it arrived: no bounce.
    NOTICE = "notice"
    UNKNOWN = "unknown"


class Report(NamedTuple):
    """What was read; `said` is what the other server gave as its reason."""

    kind: Kind
    said: str = ""
    #: The delivery that it is about, where anything tells.
    delivery: UUID | None = None
    recipient: str | None = None
    #: Every address that this is said of: as it was mailed to, and as it was at last.
    names: tuple[str, ...] = ()
    #: The same of each recipient, where it tells of several.
    each: tuple[Report, ...] = ()


_VERP = re.compile(r"\+([0-9a-z]{20,25})@")
_RETURNED = re.compile(rb"X-Rapport-Delivery:\s*([0-9a-fA-F-]{36})", re.IGNORECASE)
_MESSAGE_ID = re.compile(
    rb"(?:Message-ID|In-Reply-To|References|Original-Message-ID):[^\n]*?<([0-9a-f]{32})@", re.IGNORECASE
)
_ENVELOPE = ("X-Original-To", "Delivered-To", "Envelope-To", "X-Envelope-To", "To")
#: From who got it to who never will.
FARED = (Kind.UNKNOWN, Kind.NOTICE, Kind.DELAYED, Kind.SOFT, Kind.HARD)
_COMPLAINTS = ("abuse", "fraud", "opt-out", "opt-out-list", "other", "virus", "miscategorized")


def read(raw: bytes, envelope: str = "") -> Report:
    """What came back, whatever it is; `envelope` is the address that it was delivered to, where somebody knows.

    What the parser stumbles over, such as parts in parts without end, is not understood; nothing is raised.
    """
    try:
        message = message_from_bytes(raw)
        delivery = _delivery(message, raw, envelope)
        return (
            _feedback(message)
            or _status(message)
            or _automatic(message)
            or _unstandard(message, raw)
            or Report(Kind.UNKNOWN)
        )._replace(delivery=delivery)
    except Exception as fault:  # noqa: BLE001 (a stranger's mail must not stop those behind it)
        log.warning("what came back could not be read: %s", type(fault).__name__)
        return Report(Kind.UNKNOWN)


def _delivery(message: Message, raw: bytes, envelope: str) -> UUID | None:
    addressed = [envelope, *(str(value) for name in _ENVELOPE for value in message.get_all(name, []))]
    for address in addressed:
        if found := _VERP.search(address.lower()):
            number = int(found[1], 36)
            if number < 2**128:
                return UUID(int=number)
    for part in (raw[:LOOKED], *_decoded(message)):
        if told := _RETURNED.search(part) or _MESSAGE_ID.search(part):
            try:
                return UUID(told[1].decode())
            except ValueError:
                continue
    return None


def _decoded(message: Message) -> Iterator[bytes]:
    """The parts that were encoded for their way."""
    for part in message.walk():
        encoding = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
        if not part.is_multipart() and encoding in ("base64", "quoted-printable"):
            content = part.get_payload(decode=True)
            if isinstance(content, bytes):
                yield content[:LOOKED]


def _feedback(message: Message) -> Report | None:
    """A complaint, by RFC 5965."""
    for part in message.walk():
        if part.get_content_type() != "message/feedback-report":
            continue
        told = _fields(part)
        kind = str(told.get("Feedback-Type", "")).strip().lower()
        recipient = _address(told.get("Original-Rcpt-To") or told.get("Removal-Recipient"))
        if kind not in _COMPLAINTS:
            return Report(
                Kind.NOTICE if kind == "not-spam" else Kind.UNKNOWN, f"feedback: {kind}"[:SAID], None, recipient
            )
        return Report(Kind.COMPLAINT, f"feedback: {kind}", None, recipient)
    return None


def _fields(part: Any) -> Any:
    """The fields in a part that the parser takes for text or for a message in it."""
    payload = part.get_payload()
    if isinstance(payload, list):
        return payload[0] if payload else Message()
    content = part.get_payload(decode=True)
    return message_from_bytes(content if isinstance(content, bytes) else b"")


def _status(message: Message) -> Report | None:
    """A delivery status notification, by RFC 3464: of its recipients the one that fared worst."""
    parts = [part for part in message.walk() if part.get_content_type() == "message/delivery-status"]
    blocks: list[Any] = [block for part in parts for block in part.get_payload() if isinstance(block, Message)]
    found = [_recipient(block) for block in blocks if block.get("Action") or block.get("Status")]
    return max(found, key=lambda each: FARED.index(each.kind))._replace(each=tuple(found)) if found else None


def _recipient(block: Message) -> Report:
    action, status = (str(block.get(name, "")).split() or [""] for name in ("Action", "Status"))
    diagnostic = str(block.get("Diagnostic-Code", "")).partition(";")[2] or str(block.get("Diagnostic-Code", ""))
    told = " ".join(f"{' '.join(diagnostic.split())}".split())
    said = told if status[0] and status[0] in told else f"{status[0]} {told}".strip()
    names = [_address(block.get(name)) for name in ("Original-Recipient", "Final-Recipient")]
    named = tuple(name for name in names if name)
    match action[0].lower():
        case "delivered" | "relayed" | "expanded":
            kind = Kind.NOTICE
        case "delayed":
            kind = Kind.DELAYED
        case _:
            kind = Kind.SOFT if status[0].startswith("4") else judge(status[0], told)
    return Report(kind, said[:SAID], None, named[0] if named else None, named)


def judge(status: str, told: str) -> Kind:
    """Whether a refusal for good says that nobody is there (hard), or is about anything else (soft)."""
    return Kind.HARD if words.nobody_there(status, told) else Kind.SOFT


def _address(value: object) -> str | None:
    text = str(value or "").rpartition(";")[2].strip().strip("<>")
    return text if "@" in text else None


def _unstandard(message: Message, raw: bytes) -> Report | None:
    """A report in words: recognised by `flufl.bounce`, judged by its words."""
    if not getaddresses([str(message.get("From", ""))]):  # which one of its detectors takes for granted
        del message["From"]
        message["From"] = "nobody@invalid"
    temporary, permanent = all_failures(message)
    names = tuple(each.decode(errors="replace") for each in (*sorted(permanent), *sorted(temporary)))
    robot = words.ROBOTS.search(str(message.get("From", "")) + str(message.get("Return-Path", "")))
    if not names and not robot:
        return None
    said = _reason(_text(message, raw))
    recipient = names[0] if names else None
    if temporary and not permanent:
        return Report(Kind.DELAYED, said, None, recipient, names)
    if not said:
        return Report(Kind.SOFT, "", None, recipient, names) if names else None
    if words.PERMANENT.search(said):
        code = words.ENHANCED.search(said)
        kind = judge(code[0] if code else "", said)
    else:
        kind = Kind.SOFT if names or words.TEMPORARY.search(said) else Kind.UNKNOWN
    return Report(kind, said, None, recipient, names)


def _text(message: Message, raw: bytes) -> str:
    """What a person would read first, up to where the returned mail begins."""
    for part in message.walk():
        if part.get_content_type() == "text/plain":
            content = part.get_payload(decode=True)
            return (content if isinstance(content, bytes) else raw).decode(errors="replace")[:LOOKED]
    return raw.decode(errors="replace")[:LOOKED]


def _reason(text: str) -> str:
    """The line, with the one behind it, that has a code or the words; empty where none has."""
    before = words.RETURNED.split(text, maxsplit=1)[0]
    lines = [" ".join(line.split()) for line in before.splitlines()]
    for wanted in (words.NOBODY, words.IN_WORDS, words.PERMANENT, words.TEMPORARY, words.ELSE):
        for number, line in enumerate(lines):
            if wanted.search(line):
                around = (
                    lines[max(0, number - 1) : number + 2] if wanted is words.IN_WORDS else lines[number : number + 2]
                )
                return " ".join(each for each in around if each)[:SAID]
    return ""


def _automatic(message: Message) -> Report | None:
    """An automatic reply, by RFC 3834 and by what programs did before it; no program's report that names who failed."""
    if message.get("X-Failed-Recipients") or words.DAEMONS.search(str(message.get("From", ""))):
        return None
    told = str(message.get("Auto-Submitted", "no")).partition(";")[0].strip().lower()
    subject = str(message.get("Subject", ""))
    precedence = str(message.get("Precedence", "")).strip().lower()
    by_header = any(message.get(name) for name in ("X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress"))
    if told not in ("", "no") or precedence == "auto_reply" or by_header or words.AWAY.search(subject):
        return Report(Kind.NOTICE, " ".join(subject.split())[:SAID])
    return None
