"""One-time links: GET shows a button, POST uses the link up. Only digests are stored.

They are mailed, or printed by the operator's command, and shown to nobody else: using one proves the address.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from rapport import credentials

from . import accounts
from .models import OneTimeLink, User

if TYPE_CHECKING:
    from django.db.models import QuerySet

LIFETIME = timedelta(minutes=15)
PATHS = {OneTimeLink.Purpose.SIGN_IN: "sign-in-link", OneTimeLink.Purpose.RESET: "reset"}


def new(user: User, purpose: OneTimeLink.Purpose) -> str:
    """The whole address of a new link for `user`; older ones of the same purpose stop working."""
    secret = secrets.token_urlsafe(32)
    OneTimeLink.objects.filter(user_id=user.id, purpose=purpose).delete()
    OneTimeLink.objects.create(
        hash=credentials.digest(secret), user_id=user.id, purpose=purpose, expires_at=datetime.now(UTC) + LIFETIME
    )
    return f"{settings.RAPPORT.origin}/{PATHS[purpose]}/{secret}"


def mailed(user: User, purpose: OneTimeLink.Purpose, letter: str, *, again: bool) -> str | None:
    """The whole address of the link that a letter holds, the same each time; None: it has been used.

    It works from now on for as long as any. The first time, older ones of the same purpose stop working; `again` it
    leaves them alone, since they may have been mailed since.
    """
    secret = credentials.derived_secret(settings.SECRET_KEY, f"{purpose} {user.id} {letter}")
    rows = OneTimeLink.objects.filter(hash=credentials.digest(secret))
    until = datetime.now(UTC) + LIFETIME
    if not rows.filter(used_at__isnull=True).update(expires_at=until):
        if rows.exists():
            return None
        if not again:
            OneTimeLink.objects.filter(user_id=user.id, purpose=purpose).delete()
        made = {"user_id": user.id, "purpose": purpose, "expires_at": until}
        OneTimeLink.objects.get_or_create(hash=credentials.digest(secret), defaults=made)
    return f"{settings.RAPPORT.origin}/{PATHS[purpose]}/{secret}"


def look(secret: str, purpose: OneTimeLink.Purpose) -> User | None:
    """Whom a link that still works lets in."""
    link = _live(secret, purpose).first()
    return None if link is None else User.objects.filter(id=link.user_id, is_active=True).first()


def use(secret: str, purpose: OneTimeLink.Purpose) -> User | None:
    """Uses a link up and proves the address; whom it lets in, None where it worked no longer."""
    with transaction.atomic(durable=True):
        user = look(secret, purpose)
        if user is None or _live(secret, purpose).update(used_at=Now()) != 1:
            return None
        proved = accounts.prove(user)
    if proved:
        accounts.note(user, "member.prove")
    return user


def _live(secret: str, purpose: OneTimeLink.Purpose) -> QuerySet[OneTimeLink]:
    live = OneTimeLink.objects.filter(hash=credentials.digest(secret), purpose=purpose)
    return live.filter(used_at__isnull=True, expires_at__gt=Now())
