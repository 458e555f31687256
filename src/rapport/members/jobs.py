"""Mail that is sent after the answer, and the upkeep of sessions and links."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import UUID

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from rapport.records.errors import Invalid
from rapport.tenants.models import Tenant
from rapport.tenants.scope import tenant_scope

from . import invitations, links, mail, throttle
from .models import FailedAttempt, OneTimeLink, Session, User

log = logging.getLogger("rapport.members")
RETRY = RetryStrategy(max_attempts=5, exponential_wait=10)


@app.task(retry=RETRY)
def send_reset_link(email_key: str) -> None:
    """Mails a person the link to a new password. It is made here, so that no secret lies in the queue."""
    user = User.objects.filter(email_key=email_key, is_active=True).first()
    if user is not None:
        with _where_it_can():
            mail.send("reset", user.email, user=user, link=links.new(user, OneTimeLink.Purpose.RESET))


@app.task(retry=RETRY)
def send_invitation(tenant_id: int, invitation_id: str) -> None:
    """Mails the link of an open invitation. It is made here, so that no secret lies in the queue."""
    with tenant_scope(tenant_id):
        found = invitations.renew(tenant_id, UUID(invitation_id))
    if found is None:
        return
    invitation, link = found
    inviter = User.objects.filter(id=invitation.invited_by).first() if invitation.invited_by else None
    with _where_it_can():
        mail.send(
            "invitation",
            invitation.email,
            inviter=inviter.name or inviter.email if inviter else "An administrator",
            system=Tenant.objects.get(pk=tenant_id).name,
            link=link,
        )


@contextmanager
def _where_it_can() -> Iterator[None]:
    """Addresses are judged where they come in; one of before that cannot be mailed is not tried for ever."""
    try:
        yield
    except Invalid:
        log.warning("an address from before cannot be mailed; nothing was sent")


@app.periodic(cron="37 * * * *")
@app.task(queueing_lock="members.purge")
def purge(timestamp: int) -> None:
    """Deletes sessions and links that work no longer, and counts of failures that are over."""
    now = datetime.now(UTC)
    Session.objects.filter(expire_date__lte=now).delete()
    OneTimeLink.objects.filter(expires_at__lte=now).delete()
    FailedAttempt.objects.filter(window_start__lte=now - throttle.WINDOW).delete()
