"""Whose domain is looked up, and by which server its mails go."""

from __future__ import annotations

from rapport.records import keys
from rapport.records.errors import Invalid

from . import secrets, servers
from .models import SendingRules


def domain(text: str) -> str:
    """A domain as name servers know it. Raises `ValueError`."""
    try:
        return keys.email_key(f"x@{text.lower().removeprefix('@')}").partition("@")[2]
    except Invalid:
        raise ValueError(text) from None


def selector(text: str) -> str:
    """A selector. Raises `ValueError`."""
    if not text or len(text) > 63 or not all(char.isalnum() or char in "-_." for char in text) or not text.isascii():
        raise ValueError(text)
    return text


def of_system(tenant_id: int) -> tuple[str, str]:
    """The domain of a system's sender and the host of its server, each empty where there is none; in its scope."""
    rules = SendingRules.objects.filter(tenant_id=tenant_id).first()
    own = rules.sender_address.rpartition("@")[2] if rules else ""
    try:
        return own, servers.endpoint(tenant_id, rules.server_id if rules else None).host
    except (servers.NoServerError, secrets.SealedError):
        return own, ""
