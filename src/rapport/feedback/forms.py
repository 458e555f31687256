"""What a form for contacts carries beside answers: which page of which version it is, and when it was opened.

One signed text, so that nobody can say that they opened a survey before it was closed, and a nonce that is new with
each rendering: the same nonce with the same content is a repeat.
"""

from __future__ import annotations

import secrets
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from . import links

NAME = "form"
#: Survey, version, page, milliseconds, nonce, visit.
_SHAPE = struct.Struct(">16sIHQ12s16s")
_NIL = UUID(int=0)


class Rendering(NamedTuple):
    """One rendering of one page."""

    survey_id: UUID
    version: int
    page: int
    opened_at: datetime
    nonce: bytes
    #: At a touchpoint, the answer that it is about; nil otherwise.
    visit: UUID = _NIL


def new(survey_id: UUID, version: int, page: int, visit: UUID = _NIL) -> Rendering:
    """A rendering of now."""
    return Rendering(survey_id, version, page, datetime.now(UTC), secrets.token_bytes(12), visit)


def sealed(link: links.Link, rendering: Rendering) -> str:
    """What the form carries."""
    content = _SHAPE.pack(
        rendering.survey_id.bytes,
        rendering.version,
        rendering.page,
        int(rendering.opened_at.timestamp() * 1000),
        rendering.nonce,
        rendering.visit.bytes,
    )
    return urlsafe_b64encode(content + links.sign(link.tenant_id, "form", _about(link) + content)).decode()


def opened(link: links.Link, text: str) -> Rendering | None:
    """The rendering that a form of this link carries; None for whatever we have not made."""
    try:
        raw = urlsafe_b64decode(text.encode("ascii"))
    except (Error, ValueError):
        return None
    content, signature = raw[: _SHAPE.size], raw[_SHAPE.size :]
    if len(signature) != 16 or not links.is_signed(link.tenant_id, "form", _about(link) + content, signature):
        return None
    survey, version, page, milliseconds, nonce, visit = _SHAPE.unpack(content)
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return Rendering(UUID(bytes=survey), version, page, moment, nonce, UUID(bytes=visit))


def _about(link: links.Link) -> bytes:
    return link.purpose.encode() + link.id.bytes
