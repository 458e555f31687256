"""The shape of client ids, client secrets, access tokens and webhook ids.

Client ids and tokens name their tenant, so that they are looked up inside its scope. All hold 256 random bits;
what is stored is a digest. A plain SHA-256 is right for secrets that nobody chose and nobody can guess.
"""

from __future__ import annotations

import hashlib
import re
import secrets

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_CREDENTIAL = re.compile(r"(rc|rt|ri)_([0-9a-z]{1,6})_[A-Za-z0-9_-]{43}", re.ASCII)
#: Largest id that a tenant can have: the column is a 32-bit integer.
_LARGEST_TENANT = 2**31 - 1


def new_client_id(tenant_id: int) -> str:
    """A client id of the tenant; it is no secret."""
    return f"rc_{_base36(tenant_id)}_{secrets.token_urlsafe(32)}"


def new_secret() -> str:
    """A client secret."""
    return f"rs_{secrets.token_urlsafe(32)}"


def new_token(tenant_id: int) -> str:
    """An access token of the tenant."""
    return f"rt_{_base36(tenant_id)}_{secrets.token_urlsafe(32)}"


def new_webhook_id(tenant_id: int) -> str:
    """The part of a webhook's address that nobody can guess."""
    return f"rh_{_base36(tenant_id)}_{secrets.token_urlsafe(32)}"


def new_invitation(tenant_id: int) -> str:
    """The part of an invitation's address that nobody can guess."""
    return f"ri_{_base36(tenant_id)}_{secrets.token_urlsafe(32)}"


def tenant_of_client(client_id: str) -> int | None:
    """The tenant that a client id names; None where it is none of ours."""
    return _tenant("rc", client_id)


def tenant_of_token(token: str) -> int | None:
    """The tenant that an access token names; None where it is none of ours."""
    return _tenant("rt", token)


def tenant_of_invitation(secret: str) -> int | None:
    """The tenant that the last part of an invitation's address names; None where it is none of ours."""
    return _tenant("ri", secret)


def digest(credential: str) -> bytes:
    """What is stored of a secret or a token."""
    return hashlib.sha256(credential.encode("utf-8", "surrogatepass")).digest()


def _tenant(kind: str, credential: str) -> int | None:
    match = _CREDENTIAL.fullmatch(credential)
    if match is None or match[1] != kind:
        return None
    number = int(match[2], 36)
    return number if number <= _LARGEST_TENANT else None


def _base36(number: int) -> str:
    text = ""
    while number:
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
    return text or "0"
