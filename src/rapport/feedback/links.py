"""Links for contacts, derived and never stored (contract, "Answers").

`<tenant>K<key>G<generation>Z<id><signature>`: numbers in base 36, id and signature in 22 digits of base 62 each;
letters and digits only, so that no mail program cuts its end. The signature is HMAC-SHA-256, cut to 128 bits, under a
key of the system, which lies encrypted in the database: neither a dump nor a guess gives a link. A new key signs, all
verify.
"""

from __future__ import annotations

import hmac
import re
import secrets
import threading
from base64 import urlsafe_b64encode
from hashlib import sha256
from time import monotonic
from typing import NamedTuple
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import transaction

from rapport.surveys.models import LinkKey
from rapport.tenants.scope import tenant_scope

ANSWER, UNSUBSCRIBE, TOUCHPOINT = "a", "u", "t"
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_VALUES = {digit: value for value, digit in enumerate(_BASE62)}
_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"
#: Digits of base 62 that hold 128 bits.
_WIDTH = 22
_LINK = re.compile(r"([0-9a-z]{1,6})K([0-9a-z]{1,4})G([0-9a-z]{1,6})Z([0-9A-Za-z]{22})([0-9A-Za-z]{22})", re.ASCII)
#: What a route has in the place of a link; anything else is no link of ours.
PATTERN = r"(?P<link>[0-9A-Za-z]{1,90})"


class Link(NamedTuple):
    """What a link says, once its signature is right."""

    tenant_id: int
    purpose: str
    #: Of the survey record, or of the touchpoint.
    id: UUID
    generation: int


class NoKeyError(Exception):
    """Links cannot be signed, since the service's own secret has changed: whoever runs Rapport here has the old one."""

    def __str__(self) -> str:
        return str(self.__doc__)


def make(tenant_id: int, purpose: str, id: UUID, generation: int = 0) -> str:
    """The link, signed by the newest key. Opens a transaction where the key is not known yet. Raises `NoKeyError`."""
    keys = _keys(tenant_id, make=True)
    number = max(keys)
    link = Link(tenant_id, purpose, id, generation)
    head = f"{_to36(tenant_id)}K{_to36(number)}G{_to36(generation)}Z"
    return head + _to62(id.int) + _to62(_signature(keys[number], link))


def read(text: str, purpose: str) -> Link | None:
    """What a link says; None for whatever we have not made."""
    match = _LINK.fullmatch(text)
    if match is None:
        return None
    tenant_id, number, generation = (int(match[part], 36) for part in (1, 2, 3))
    id, signature = _from62(match[4]), _from62(match[5])
    if not 0 < tenant_id < 2**31 or id >> 128 or signature >> 128:
        return None
    link = Link(tenant_id, purpose, UUID(int=id), generation)
    key = _keys(tenant_id).get(number)
    # With a key that nobody has where there is none, so that both take as long.
    right = hmac.compare_digest(_bytes(_signature(key or _NOBODY, link)), _bytes(signature))
    return link if right and key is not None and text == _again(match) else None


def sign(tenant_id: int, purpose: str, content: bytes) -> bytes:
    """A signature of something else that belongs to a link, such as a form; 16 bytes, by the newest key."""
    keys = _keys(tenant_id, make=True)
    return _digest(keys[max(keys)], purpose.encode() + b"\0" + content)


def is_signed(tenant_id: int, purpose: str, content: bytes, signature: bytes) -> bool:
    """Whether one of the system's keys made this signature."""
    told = purpose.encode() + b"\0" + content
    return any(hmac.compare_digest(_digest(key, told), signature) for key in _keys(tenant_id).values())


def renew(tenant_id: int) -> int:
    """A new key, which signs within a minute; its number."""
    with tenant_scope(tenant_id):
        number = 1 + max(LinkKey.objects.filter(tenant_id=tenant_id).values_list("number", flat=True), default=0)
        LinkKey.objects.create(tenant_id=tenant_id, number=number, secret=_new_secret())
    forget()
    return number


def forget() -> None:
    """Reads keys anew."""
    with _LOCK:
        _KNOWN.clear()


class Known(NamedTuple):
    """A system's keys by number, and when they were read."""

    keys: dict[int, bytes]
    at: float


_KNOWN: dict[int, Known] = {}
_LOCK = threading.Lock()
#: Systems whose keys are kept in memory, and for how many seconds.
_KEPT, _SECONDS = 10_000, 60
_NOBODY = secrets.token_bytes(32)


def _keys(tenant_id: int, *, make: bool = False) -> dict[int, bytes]:
    """The system's keys by number; with `make`, one at least."""
    known = _KNOWN.get(tenant_id)
    if known and known.at + _SECONDS > monotonic() and (known.keys or not make):
        return known.keys
    if transaction.get_connection().in_atomic_block:
        return _read(tenant_id, make=make)  # what may be rolled back is not kept
    with tenant_scope(tenant_id):
        found = _read(tenant_id, make=make)
    with _LOCK:
        if len(_KNOWN) >= _KEPT:
            _KNOWN.clear()
        _KNOWN[tenant_id] = Known(found, monotonic())
    return found


def _read(tenant_id: int, *, make: bool) -> dict[int, bytes]:
    rows = LinkKey.objects.filter(tenant_id=tenant_id)
    if make and not rows.exists():
        LinkKey.objects.bulk_create(
            [LinkKey(tenant_id=tenant_id, number=1, secret=_new_secret())], ignore_conflicts=True
        )
    try:
        return {row.number: _box().decrypt(bytes(row.secret)) for row in rows.all()}
    except InvalidToken:
        raise NoKeyError from None


def _new_secret() -> bytes:
    return _box().encrypt(secrets.token_bytes(32))


def _box() -> MultiFernet:
    """What opens the keys: the first of the deployment's keys closes, any of them opens."""
    texts = (settings.RAPPORT.secret_key or str(settings.SECRET_KEY)).split()
    return MultiFernet([Fernet(urlsafe_b64encode(_derived(text))) for text in texts])


def _derived(text: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"rapport link keys").derive(text.encode())


def _signature(key: bytes, link: Link) -> int:
    told = f"{link.purpose} {link.tenant_id} {link.id} {link.generation}".encode()
    return int.from_bytes(_digest(key, told), "big")


def _digest(key: bytes, told: bytes) -> bytes:
    return hmac.new(key, told, sha256).digest()[:16]


def _bytes(number: int) -> bytes:
    return number.to_bytes(16, "big")


def _again(match: re.Match[str]) -> str:
    """The one way to write what a link says: no zeros in front."""
    tenant, number, generation = (_to36(int(match[part], 36)) for part in (1, 2, 3))
    return f"{tenant}K{number}G{generation}Z{match[4]}{match[5]}"


def _to36(number: int) -> str:
    text = ""
    while number:
        number, digit = divmod(number, 36)
        text = _BASE36[digit] + text
    return text or "0"


def _to62(number: int) -> str:
    digits = []
    for _ in range(_WIDTH):
        number, digit = divmod(number, 62)
        digits.append(_BASE62[digit])
    return "".join(reversed(digits))


def _from62(text: str) -> int:
    number = 0
    for digit in text:
        number = number * 62 + _VALUES[digit]
    return number
