"""The shape of client ids, client secrets, access tokens, and the addresses of webhooks and invitations; pure.

Most name their tenant, `<kind>_<tenant in base 36>_<random>`, so that they are looked up inside its scope. All hold 256
random bits, or as many derived from the secret key where a letter that is mailed again must hold the same; a digest is
stored. A plain SHA-256 is right for secrets that nobody chose and nobody can guess.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import time

#: The kinds that name a tenant. A client id is no secret; the others are parts of what nobody can guess.
CLIENT, TOKEN, WEBHOOK, INVITATION = "rc", "rt", "rh", "ri"
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_CREDENTIAL = re.compile(r"(r[a-z])_([0-9a-z]{1,6})_[A-Za-z0-9_-]{43}", re.ASCII)
#: Tenants have ids below this: the column is a 32-bit integer.
_TENANT_LIMIT = 2**31


def new(kind: str, tenant_id: int) -> str:
    """A new credential of this kind that names the tenant."""
    return f"{kind}_{_base36(tenant_id)}_{secrets.token_urlsafe(32)}"


def derived(kind: str, tenant_id: int, key: str, about: str) -> str:
    """The credential of this kind that names the tenant and is the same for the same key and the same text."""
    return f"{kind}_{_base36(tenant_id)}_{derived_secret(key, f'{kind} {about}')}"


def derived_secret(key: str, about: str) -> str:
    """What nobody can guess without the secret key, and is the same for the same text."""
    made = hmac.digest(key.encode(), f"rapport {about}".encode(), "sha256")
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()


#: How long a page may stay open until a file is sent from it.
TICKET_SECONDS = 12 * 3600


def ticket(keys: str, system: str, tenant_id: int) -> str:
    """What lets a form send a file to a system: until when and whose, signed with the first of the `keys`.

    It opens nothing but a place among those who send: who does is told by the session and the form's own token.
    """
    told = f"{int(time.time()) + TICKET_SECONDS}.{tenant_id}"
    return f"{told}.{derived_secret(keys.split(maxsplit=1)[0], _upload(system, told))}"


def of_ticket(text: str, keys: str, system: str) -> int | None:
    """The tenant of a ticket that was made here for this system, with any of the `keys`, and is not too old."""
    told, _, sign = text.rpartition(".")
    if not sign.isascii():
        return None
    if not any(hmac.compare_digest(derived_secret(key, _upload(system, told)), sign) for key in keys.split()):
        return None
    until, tenant = map(int, told.split("."))  # as they were signed
    return tenant if until > time.time() else None


def _upload(system: str, told: str) -> str:
    return f"upload to {system} by {told}"


def new_secret() -> str:
    """A client secret."""
    return f"rs_{secrets.token_urlsafe(32)}"


def tenant_of(credential: str, kind: str) -> int | None:
    """The tenant that a credential of this kind names; None for any other text."""
    match = _CREDENTIAL.fullmatch(credential)
    if match is None or match[1] != kind:
        return None
    tenant = int(match[2], 36)
    return tenant if 0 < tenant < _TENANT_LIMIT else None


def digest(credential: str) -> bytes:
    """What is stored of a secret or a token."""
    return hashlib.sha256(credential.encode("utf-8", "surrogatepass")).digest()


def _base36(number: int) -> str:
    text = ""
    while number:
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
    return text or "0"
