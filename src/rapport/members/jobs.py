"""Mail that is sent after the answer, and the upkeep of sessions and links."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from procrastinate import JobContext
from procrastinate.contrib.django import app

from rapport.tenants import upkeep
from rapport.tenants.models import Tenant
from rapport.tenants.queue import LONG
from rapport.tenants.scope import tenant_scope

from . import invitations, letters, links, mail, throttle
from .models import FailedAttempt, Mail, OneTimeLink, Session, User


@app.task(pass_context=True, retry=letters.Patience())
def send_reset_link(
    context: JobContext, email_key: str, tenant_id: int | None = None, mail_id: str | None = None
) -> None:
    """Mails a person the link to a new password. It is made here, so that no secret lies in the queue.

    Twice does no harm: both letters hold the same link, and one that was used is not sent again.
    """
    user = User.objects.filter(email_key=email_key, is_active=True).first()
    if user is None:
        return
    letter = mail_id or f"job {context.job.id}"
    link = links.mailed(user, OneTimeLink.Purpose.RESET, letter, again=context.job.attempts > 0)
    if link is not None:
        with letters.sending(context, tenant_id, mail_id):
            mail.send("reset", user.email, user=user, link=link)


@app.task(pass_context=True, retry=letters.Patience())
def send_invitation(context: JobContext, tenant_id: int, invitation_id: str, mail_id: str | None = None) -> None:
    """Mails the link of an open invitation. It is made here, so that no secret lies in the queue.

    Twice does no harm: both letters hold the same link, and one that was accepted or taken back is not sent again.
    """
    with tenant_scope(tenant_id):
        found = invitations.mailed(tenant_id, UUID(invitation_id))
    if found is None:
        return
    invitation, link = found
    inviter = User.objects.filter(id=invitation.invited_by).first() if invitation.invited_by else None
    with letters.sending(context, tenant_id, mail_id):
        mail.send(
            "invitation",
            invitation.email,
            inviter=inviter.name or inviter.email if inviter else "An administrator",
            system=Tenant.objects.get(pk=tenant_id).name,
            link=link,
        )


@app.periodic(cron="37 * * * *")
@app.task(queue=LONG, queueing_lock="members.purge")
def purge(timestamp: int) -> None:
    """Deletes sessions and links that work no longer, counts of failures that are over, and what became of old letters.

    Twice does no harm: what is deleted is not there the second time.
    """
    now = datetime.now(UTC)
    Session.objects.filter(expire_date__lte=now).delete()
    OneTimeLink.objects.filter(expires_at__lte=now).delete()
    FailedAttempt.objects.filter(window_start__lte=now - throttle.WINDOW).delete()
    letters_of_before = Mail.objects.filter(created_at__lte=now - letters.LIFETIME)
    upkeep.each_tenant(lambda tenant: upkeep.delete(tenant, letters_of_before))
