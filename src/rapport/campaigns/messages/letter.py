"""A message in one language, made once with holes, and filled for each contact: the bytes of a mail (RFC 5322)."""

from __future__ import annotations

import binascii
import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime, formataddr
from typing import Any, NamedTuple
from urllib.parse import quote
from uuid import UUID

from . import layout, tags
from .layout import NPS

#: A line of a mail in bytes (RFC 5322 §2.1.1 allows 998); longer ones are encoded.
LINE = 990
#: Characters of a subject with its values in it; no mailbox shows more.
SUBJECT = 250
#: Gmail shows no more of a mail than this.
CLIPPED = 102_400
_MARKS = re.compile(r"zqHOLE(\d+)qz|zqSCORE(\d+)qz")
_LINK_BEGINS = re.compile(r'href="[^"]*$')
#: Octets before the @ (RFC 5321 §4.5.3.1.1) without `+` and a delivery's 25 digits.
_ROOM = 64 - 26
_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"


class Hole(NamedTuple):
    """A place to fill: with an expression, or with the link of a score, escaped for where it stands."""

    expression: str
    #: `text`, `html`, `link`: inside an address, or `score`.
    place: str


class Sender(NamedTuple):
    """Who writes: the campaign's, under the name of a system."""

    name: str
    address: str
    reply_to: str | None
    system: str
    #: Of the system and the campaign, for `List-Id` and `Feedback-ID`.
    slug: str
    campaign: UUID


class About(NamedTuple):
    """To whom: the delivery, its address, what tags may name, and the links of this mail."""

    delivery: UUID
    address: str
    fields: Mapping[str, Any]
    survey_link: str
    unsubscribe_link: str


@dataclass(frozen=True)
class Letter:
    """The pieces and holes of a subject, an HTML part and a text part."""

    sender: Sender
    language: str
    subject: Sequence[str | Hole]
    html: Sequence[str | Hole]
    text: Sequence[str | Hole]

    def fill(self, about: About, moment: datetime) -> bytes:
        """The whole mail with CRLF. Raises `tags.TagFault`."""
        values: dict[str, str] = {}
        links = {"survey_link": about.survey_link, "unsubscribe_link": about.unsubscribe_link}
        told = {**about.fields, **links, "sender": {"name": self.sender.name}, "system": {"name": self.sender.system}}

        def filled(pieces: Sequence[str | Hole]) -> str:
            return "".join(each if isinstance(each, str) else _filled(each, told, values) for each in pieces)

        boundary = f"=_{about.delivery.hex}"
        parts = (_part("plain", filled(self.text)), _part("html", filled(self.html)))
        head = self._head(about, filled(self.subject), boundary, moment)
        return b"\r\n".join(
            [head, *(f"--{boundary}\r\n".encode() + part for part in parts), f"--{boundary}--\r\n".encode()]
        )

    def shown(self, about: About) -> dict[str, str]:
        """Subject, HTML and text as somebody will see them. Raises `tags.TagFault`."""
        values: dict[str, str] = {}
        links = {"survey_link": about.survey_link, "unsubscribe_link": about.unsubscribe_link}
        told = {**about.fields, **links, "sender": {"name": self.sender.name}, "system": {"name": self.sender.system}}
        parts = {"subject": self.subject, "html": self.html, "text": self.text}
        return {
            name: "".join(each if isinstance(each, str) else _filled(each, told, values) for each in pieces)
            for name, pieces in parts.items()
        }

    def bare(self, links: Mapping[str, str]) -> tuple[str, str]:
        """HTML and text for somebody of whom nothing is known, with `links` where their tags are by themselves."""

        def filled(hole: Hole) -> str:
            if hole.place == "score":
                return f"{links['survey_link']}?score={hole.expression}"
            try:
                return links.get(hole.expression.strip()) or tags.value(hole.expression, {})
            except tags.TagFault:
                return ""

        html, text = (
            "".join(each if isinstance(each, str) else filled(each) for each in part) for part in (self.html, self.text)
        )
        return html, text

    def _head(self, about: About, subject: str, boundary: str, moment: datetime) -> bytes:
        sender, subject = self.sender, " ".join(subject.split())[:SUBJECT]
        domain = sender.address.rpartition("@")[2]
        lines = {
            "From": _named(sender.name, sender.address),
            "To": about.address,
            **({"Reply-To": sender.reply_to} if sender.reply_to else {}),
            "Subject": Header(subject, "ascii" if subject.isascii() else "utf-8").encode(),
            "Date": format_datetime(moment),
            "Message-ID": message_id(about.delivery, sender.address),
            "List-Unsubscribe": f"<{about.unsubscribe_link}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "List-Id": f"<{sender.campaign.hex}.{sender.slug}.{domain}>",
            "Feedback-ID": f"{sender.campaign.hex}:{sender.slug}:campaign:rapport",
            "Auto-Submitted": "auto-generated",
            "X-Rapport-Delivery": str(about.delivery),
            "Content-Language": self.language,
            "MIME-Version": "1.0",
            "Content-Type": f'multipart/alternative; boundary="{boundary}"',
        }
        folded = "".join(f"{name}: {value}\n" for name, value in lines.items())
        return folded.replace("\n", "\r\n").encode()


def letter(sender: Sender, language: str, subject: str, preheader: str, body: str, scale: range = NPS) -> Letter:
    """A message made ready, once; its tags must be known to be right. Raises `tags.TagFault`.

    `scale`: what the row of scores offers, the survey's.
    """
    scored = re.sub(r"\{\{\s*score_row\s*\}\}", f"\n\n{layout.SCORES}\n\n", body)
    marked, found = tags.with_holes(scored)
    opening, before = tags.with_holes(preheader)
    opening = re.sub(r"zqHOLE(\d+)qz", lambda match: f"zqHOLE{int(match[1]) + len(found)}qz", opening)
    whole = [*found, *before]
    links = {f"zqHOLE{number}qz" for number, each in enumerate(found) if each.strip() in tags.LINKS}
    document = layout.as_html(marked, preheader=opening, language=language, links=links, scale=scale)
    head, named = tags.with_holes(subject)
    return Letter(
        sender=sender,
        language=language,
        subject=_pieces(head, named, "text"),
        html=_pieces(document, whole, "html"),
        text=_pieces(layout.as_text(marked, links=links, scale=scale), whole, "text"),
    )


def _pieces(text: str, expressions: Sequence[str], place: str) -> list[str | Hole]:
    pieces: list[str | Hole] = []
    at = 0
    for mark in _MARKS.finditer(text):
        before = text[at : mark.start()]
        pieces.append(before)
        at = mark.end()
        if mark[2] is not None:
            pieces.append(Hole(mark[2], "score"))
        elif place == "html" and _LINK_BEGINS.search("".join(map(str, pieces[-3:]))):
            pieces.append(Hole(expressions[int(mark[1])], "link"))
        else:
            pieces.append(Hole(expressions[int(mark[1])], place))
    return [*pieces, text[at:]]


def _filled(hole: Hole, about: Mapping[str, Any], values: dict[str, str]) -> str:
    if hole.place == "score":
        return f"{about['survey_link']}?score={hole.expression}"
    if hole.expression not in values:
        values[hole.expression] = tags.value(hole.expression, about)
    value = values[hole.expression]
    if hole.place == "html":
        return html.escape(value)
    if hole.place == "link" and hole.expression.strip() not in tags.LINKS:
        return quote(value, safe="")
    return value


def _part(kind: str, text: str) -> bytes:
    """One part with its own headers, in lines that every server takes."""
    raw = text.encode()
    if text.isascii() and max(map(len, raw.split(b"\n"))) <= LINE:
        encoding = "7bit"
    else:
        encoding, raw = "quoted-printable", binascii.b2a_qp(raw, istext=True)
    head = f"Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return head.encode() + raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") + b"\r\n"


def _named(name: str, address: str) -> str:
    """Name and address; an address beyond ASCII stands as it is (RFC 6532), only servers with SMTPUTF8 take it."""
    if address.isascii():
        return formataddr((name, address), "utf-8")
    return f"{Header(name, 'utf-8').encode()} <{address}>".lstrip()


def message_id(delivery: UUID, sender_address: str) -> str:
    """The delivery's own, the same with each try, so that a receiver can tell; `sender_address` with A-labels."""
    return f"<{delivery.hex}@{sender_address.rpartition('@')[2]}>"


def return_path(delivery: UUID, sender_address: str) -> str:
    """Where bounces go: the sender's address with the delivery in it (VERP), within 64 characters before the @.

    Where it has no room the address itself, which is no other mailbox; the Message-ID finds the delivery then.
    """
    local, _, domain = sender_address.rpartition("@")
    if len(local.encode()) > _ROOM:
        return sender_address
    number, digits = delivery.int, ""
    while number:
        number, digit = divmod(number, 36)
        digits = _BASE36[digit] + digits
    return f"{local}+{digits}@{domain}"
