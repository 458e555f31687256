"""Passwords of mail servers at rest: encrypted by a key that is derived from `RAPPORT_SECRET_KEY`."""

from __future__ import annotations

from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

#: What a password was given for; changed, it goes there only where somebody gives it again.
PLACE = ("host", "port", "security", "user_name")
ANEW = "The password must be given again, because host, port, security or user have changed."


class SealedError(Exception):
    """The password that is kept cannot be opened: the service's own secret has changed. Type it again."""

    def __str__(self) -> str:
        return str(self.__doc__)


def seal(text: str) -> bytes:
    """The text as it is stored."""
    return _box().encrypt(text.encode())


def unseal(stored: bytes) -> str:
    """The text again. Raises `SealedError`."""
    try:
        return _box().decrypt(bytes(stored)).decode()
    except InvalidToken:
        raise SealedError from None


def _box() -> MultiFernet:
    """The first of the deployment's keys closes, any of them opens."""
    texts = (settings.RAPPORT.secret_key or settings.SECRET_KEY).split()
    return MultiFernet([Fernet(urlsafe_b64encode(_derived(text))) for text in texts])


def _derived(text: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"rapport mail servers").derive(text.encode())
