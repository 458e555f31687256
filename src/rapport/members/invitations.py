"""Invitations: a link that makes somebody a member, once, within a week.

A link that was mailed, or printed by the operator's command, proves the invited address; one that an administrator was
shown does not. Who has proved their address joins as themselves; an account that nobody proved goes to who proves it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Now

from rapport import credentials
from rapport.records.keys import email_key
from rapport.tenants import audit
from rapport.tenants.actors import Author
from rapport.tenants.models import Tenant
from rapport.tenants.scope import tenant_scope

from . import accounts
from .mail import mailbox
from .models import Invitation, Membership, Role, User

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

LIFETIME = timedelta(days=7)


class InvitationError(Exception):
    """Nobody can be invited so; `str(error)` is one sentence."""


def invite(tenant_id: int, author: Author, email: str, role: Role, *, proves: bool = False) -> tuple[Invitation, str]:
    """Invites a person and returns the whole address of the link; inside the tenant's scope.

    `proves`: nobody but the operator is shown it. An earlier invitation of theirs stops working. Raises
    `InvitationError`, `records.errors.Invalid`.
    """
    mailbox(email)
    key = email_key(email.strip())
    user = User.objects.filter(email_key=key).first()
    if user is not None and Membership.objects.filter(tenant_id=tenant_id, user_id=user.id).exists():
        raise InvitationError(f"{email.strip()} is a member already.")
    open_ones(tenant_id).filter(email_key=key).update(revoked_at=Now())
    secret = credentials.new(credentials.INVITATION, tenant_id)
    made = Invitation.objects.create(
        tenant_id=tenant_id,
        hash=credentials.digest(secret),
        email=email.strip(),
        email_key=key,
        role=role,
        invited_by=author.id,
        expires_at=datetime.now(UTC) + LIFETIME,
        proves=proves,
    )
    audit.note(tenant_id, author, "invitation.create", _object(made), {"role": str(role)})
    return made, _address(secret)


def mailed(tenant_id: int, id: UUID) -> tuple[Invitation, str] | None:
    """An open invitation and the link for its letter, the same each time; inside the tenant's scope.

    It takes the place of the link that `invite` made, which nobody knows, and proves the address.
    """
    secret = credentials.derived(credentials.INVITATION, tenant_id, settings.SECRET_KEY, str(id))
    if not open_ones(tenant_id).filter(id=id).update(hash=credentials.digest(secret), proves=True):
        return None
    return Invitation.objects.get(tenant_id=tenant_id, id=id), _address(secret)


def revoke(tenant_id: int, author: Author, id: UUID) -> bool:
    """Takes an invitation back; False where there is no open one with this id. Inside the tenant's scope."""
    if not open_ones(tenant_id).filter(id=id).update(revoked_at=Now()):
        return False
    found = Invitation.objects.get(tenant_id=tenant_id, id=id)
    audit.note(tenant_id, author, "invitation.revoke", _object(found), {"role": found.role})
    return True


def open_ones(tenant_id: int) -> QuerySet[Invitation]:
    """Invitations that can still be accepted, newest first; inside the tenant's scope."""
    live = Q(accepted_at__isnull=True, revoked_at__isnull=True, expires_at__gt=Now())
    return Invitation.objects.filter(live, tenant_id=tenant_id).order_by("-id")


def look(secret: str) -> tuple[Tenant, Invitation] | None:
    """The invitation that a link means, while it can be accepted, and the system it is for."""
    tenant_id = credentials.tenant_of(secret, credentials.INVITATION)
    tenant = None if tenant_id is None else Tenant.objects.filter(pk=tenant_id).first()
    if tenant is None:
        return None
    with tenant_scope(tenant):
        found = open_ones(tenant.pk).filter(hash=credentials.digest(secret)).first()
    return None if found is None else (tenant, found)


def takes(invitation: Invitation, known: User | None) -> bool:
    """Whether whoever opens the link makes an account of theirs, beside none or of the one that is `known`."""
    return known is None or (invitation.proves and known.proved_at is None and known.is_active)


def accept(tenant: Tenant, invitation: Invitation, user: User) -> bool:
    """Makes `user`, whose address is the invited one, a member; False: too late, or nobody has proved the address."""
    if user.proved_at is None:
        return False
    with tenant_scope(tenant):
        return _accept(tenant.pk, invitation, user)


def accept_anew(tenant: Tenant, invitation: Invitation, name: str, password: str) -> User | None:
    """Gives the invited person an account, and makes them a member; None: too late, or the account is another's."""
    try:
        with tenant_scope(tenant):
            user = _taken(invitation) or User.objects.create(email=invitation.email, name=name)
            proved = invitation.proves and accounts.prove(user)
            user.email, user.name = invitation.email, name
            user.set_password(password)
            user.save(update_fields=["email", "name", "password"])
            if not _accept(tenant.pk, invitation, user):
                transaction.set_rollback(True)
                return None
    except IntegrityError:
        return None
    if proved:
        accounts.note(user, "member.prove")
    return user


def _taken(invitation: Invitation) -> User | None:
    """The account that the invitation takes over, locked."""
    known = User.objects.select_for_update().filter(email_key=invitation.email_key).first()
    return known if known is not None and takes(invitation, known) else None


def _accept(tenant_id: int, invitation: Invitation, user: User) -> bool:
    if open_ones(tenant_id).filter(id=invitation.id).update(accepted_at=Now()) != 1:
        return False
    wanted = {"role": invitation.role}
    has, _ = Membership.objects.get_or_create(tenant_id=tenant_id, user_id=user.id, defaults=wanted)
    who = Author("user", user.id, accounts.as_object(user).name)
    audit.note(tenant_id, who, "invitation.accept", _object(invitation), {"role": has.role})
    return True


def _address(secret: str) -> str:
    return f"{settings.RAPPORT.origin}/invitation/{secret}"


def _object(invitation: Invitation) -> audit.Object:
    """The invitation without its link."""
    return audit.Object(invitation.id, invitation.email)
