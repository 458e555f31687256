"""Bodies that were packed on their way (`Content-Encoding`, RFC 9110 §8.4)."""

from __future__ import annotations

import zlib

from rapport.ingest.refusals import Refusal

#: Parts that a body of gzip may consist of (RFC 1952 allows any number): each costs a copy of what follows.
MEMBERS_LIMIT = 16
_GZIP = 16 + zlib.MAX_WBITS
_ACCEPTED = [(b"accept-encoding", b"gzip")]
#: How gzip begins (RFC 1952 §2.3.1).
MAGIC = b"\x1f\x8b"
BROKEN = "The body is not what its Content-Encoding says: it cannot be unpacked with gzip."


def check(coding: bytes) -> bool:
    """Whether the body is packed, which only gzip may have done. Raises `Refusal` 415 for another coding."""
    names = [name.strip() for name in coding.lower().split(b",")]
    match [name for name in names if name not in (b"", b"identity")]:
        case []:
            return False
        case [b"gzip" | b"x-gzip"]:
            return True
    name = coding.decode("latin-1")[:100]
    raise Refusal(415, f"The Content-Encoding {name} is unknown; send gzip, or the body as it is.", _ACCEPTED)


def unpacked(packed: bytes, coding: bytes, limit: int) -> bytes:
    """The body as it was. Raises `Refusal` 415 for another coding, 413 beyond `limit` bytes, 400 for broken ones."""
    return _gunzipped(packed, limit) if check(coding) else packed


def _gunzipped(packed: bytes, limit: int) -> bytes:
    whole = b""
    for _ in range(MEMBERS_LIMIT):
        member = zlib.decompressobj(_GZIP)
        try:
            whole += member.decompress(packed, limit + 1 - len(whole))
        except zlib.error:
            raise Refusal(400, BROKEN) from None
        if len(whole) > limit:
            raise Refusal(413, f"The body must not be larger than {limit} bytes.")
        if not member.eof:
            raise Refusal(400, BROKEN)
        packed = member.unused_data
        if not packed:
            return whole
    raise Refusal(400, BROKEN)
