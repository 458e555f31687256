"""Django's sessions in a table of our own, which knows whose they are and stores only a digest of the cookie."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib.sessions.backends import db
from django.middleware.csrf import rotate_token

from rapport.credentials import digest

from .models import Session, User

if TYPE_CHECKING:
    from django.http import HttpRequest

#: How long a session lasts, used or not.
LIFETIME = timedelta(days=30)
#: How exactly it is known when a session was last used.
SEEN = timedelta(minutes=5)
AGENT_LIMIT = 255


class SessionStore(db.SessionStore):
    """What Django's session middleware works with."""

    @classmethod
    def get_model_class(cls) -> type[Session]:  # type: ignore[override]  # no child of Django's, whose key is shorter
        """The table."""
        return Session

    def exists(self, session_key: str) -> bool:
        """Whether there is a session with this cookie."""
        return bool(super().exists(stored(session_key)))

    def create_model_instance(self, data: dict[str, Any]) -> Session:  # type: ignore[override]  # likewise
        """The row of a session with this content."""
        assert self.session_key is not None  # `create` has given it one
        row = Session(session_key=stored(self.session_key))
        row.session_data, row.expire_date = self.encode(data), self.get_expiry_date()
        row.user_id = UUID(data["user"]) if "user" in data else None
        row.agent = data.get("agent", "")
        for name in ("signed_in_at", "seen_at"):
            setattr(row, name, datetime.fromisoformat(data[name]) if name in data else None)
        return row

    def delete(self, session_key: str | None = None) -> None:
        """Ends the session with this cookie, else this one."""
        key = session_key or self.session_key
        if key is not None:
            Session.objects.filter(session_key=stored(key)).delete()

    def _get_session_from_db(self) -> Session | None:
        key = stored(self.session_key or "")
        found = Session.objects.filter(session_key=key, expire_date__gt=datetime.now(UTC)).first()
        if found is None:
            self._session_key = None
        return found


def stored(session_key: str) -> str:
    """What is stored of a cookie."""
    return hashlib.sha256(session_key.encode()).hexdigest()


def begin(request: HttpRequest, user: User) -> None:
    """Signs `user` in, in a session that nobody can have prepared."""
    now = datetime.now(UTC).isoformat()
    request.session.flush()
    rotate_token(request)
    agent = request.headers.get("User-Agent", "")[:AGENT_LIMIT]
    request.session.update({"user": str(user.id), "signed_in_at": now, "seen_at": now, "agent": agent})
    request.session["password"] = _mark(user)


def renew(request: HttpRequest, user: User) -> None:
    """Goes on under another cookie, after `user` has got another password."""
    request.session["password"] = _mark(user)
    request.session.cycle_key()
    rotate_token(request)


def current(request: HttpRequest) -> User | None:
    """Who is signed in; None where nobody is, or somebody who has been deactivated or got another password since."""
    known = request.session.get("user")
    if known is None:
        return None
    now = datetime.now(UTC)
    if now - datetime.fromisoformat(request.session["signed_in_at"]) > LIFETIME:
        return None
    user = User.objects.filter(id=known, is_active=True).first()
    if user is None or request.session.get("password") != _mark(user):
        return None
    if now - datetime.fromisoformat(request.session["seen_at"]) > SEEN:
        request.session["seen_at"] = now.isoformat()
    return user


def _mark(user: User) -> str:
    """Of the password that a session began with: one that begins while the password changes outlives `end_all`."""
    return digest(user.password).hex()


def end_all(user: User, *, but: str | None = None) -> int:
    """Ends every session of a person, except the one whose cookie is `but`; how many."""
    rows = Session.objects.filter(user_id=user.id)
    if but is not None:
        rows = rows.exclude(session_key=stored(but))
    return int(rows.delete()[0])
