"""The members of a tenant: who they are, and what they may do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.contrib.auth.hashers import make_password
from django.db.models import Max, Q
from django.db.models.functions import Now

from rapport.records.keys import email_key
from rapport.tenants import audit
from rapport.tenants.actors import Author
from rapport.tenants.scope import tenant_scope

from . import access, sessions
from .models import Invitation, Membership, OneTimeLink, Role, Session, User

if TYPE_CHECKING:
    from uuid import UUID

    from rapport.tenants.models import Tenant


class MembersError(Exception):
    """A membership cannot be changed so; `str(error)` is one sentence."""


class UnprovedError(MembersError):
    """An account may be somebody else's than its address: it joins by a link that proves it, see `invitations`."""


def members(tenant: Tenant) -> list[dict[str, Any]]:
    """The members of a tenant by name, each with role, state and when they were last seen."""
    with tenant_scope(tenant) as tenant_id:
        roles = dict(Membership.objects.filter(tenant_id=tenant_id).values_list("user_id", "role"))
    seen = Session.objects.filter(user_id__in=list(roles)).values("user_id").annotate(at=Max("seen_at"))
    last = dict(seen.values_list("user_id", "at"))
    return [
        {
            "id": user.id,
            "email": user.email,
            "name": user.name,
            "role": roles[user.id],
            "active": user.is_active,
            "last_seen": last.get(user.id),
        }
        for user in sorted(User.objects.filter(id__in=list(roles)), key=lambda user: as_object(user).name.casefold())
    ]


def find(email: str) -> User | None:
    """Whose account has this address. Raises `Invalid`."""
    return User.objects.filter(email_key=email_key(email.strip())).first()


def add(tenant: Tenant, author: Author, email: str, name: str, role: str) -> User:
    """Makes somebody a member, with an account where they have none.

    Raises `Invalid`, `MembersError`; `UnprovedError` for an account that is there and whose address nobody has proved.
    """
    if not name.isprintable():
        raise MembersError("A name must not hold line breaks or other control characters.")
    known = find(email)
    user = known or User.objects.create(email=email, name=name)
    with tenant_scope(tenant) as tenant_id:
        if Membership.objects.filter(tenant_id=tenant_id, user_id=user.id).exists():
            change_role(tenant_id, author, user.id, role)
        elif known is not None and known.proved_at is None:
            raise UnprovedError(f"Nobody has proved that the address of the account {known.email} is theirs.")
        else:
            Membership.objects.create(tenant_id=tenant_id, user_id=user.id, role=role)
            audit.note(tenant_id, author, "member.add", as_object(user), {"role": role})
    return user


def change_role(tenant_id: int, author: Author, user_id: UUID, role: str) -> None:
    """Gives a member another role; inside the tenant's scope. Raises `MembersError`."""
    has = _held(tenant_id, user_id, role)
    if has == role:
        return
    Membership.objects.filter(tenant_id=tenant_id, user_id=user_id).update(role=role)
    audit.note(tenant_id, author, "member.change", _person(user_id), {"changed": {"role": [has, role]}})
    if Role(role).rank < Role(has).rank:
        _take_back_invitations(tenant_id, user_id)


def remove(tenant_id: int, author: Author, user_id: UUID) -> None:
    """Ends a membership, not the account; inside the tenant's scope. Raises `MembersError`."""
    has = _held(tenant_id, user_id, None)
    Membership.objects.filter(tenant_id=tenant_id, user_id=user_id).delete()
    audit.note(tenant_id, author, "member.remove", _person(user_id), {"role": has})
    _take_back_invitations(tenant_id, user_id)


def note(user: User, action: str, details: dict[str, str] | None = None, author: Author | None = None) -> None:
    """Notes in each system of a person what happened to their account; they did it unless `author` did."""
    who = as_object(user)
    for tenant, _ in access.memberships(user):
        with tenant_scope(tenant) as tenant_id:
            audit.note(tenant_id, author or Author("user", user.id, who.name), action, who, details or {})


def prove(user: User) -> bool:
    """Notes that whoever acts now holds the address of `user`; False: somebody has proved it already.

    The first time, whatever lets others in stops working: password, sessions, links. Within a transaction.
    """
    now, password = datetime.now(UTC), make_password(None)
    if not User.objects.filter(id=user.id, proved_at=None).update(proved_at=now, password=password):
        return False
    user.proved_at, user.password = now, password
    sessions.end_all(user)
    OneTimeLink.objects.filter(user_id=user.id).delete()
    return True


def set_password(user: User, password: str) -> bool:
    """Gives a person a new password for the one that they were read with; False where they have another by now.

    Links that let them in without one stop working. The session at hand goes on with `sessions.renew`.
    """
    before = user.password
    user.set_password(password)
    if not User.objects.filter(id=user.id, password=before).update(password=user.password):
        return False
    OneTimeLink.objects.filter(user_id=user.id).delete()
    note(user, "member.password")
    return True


def as_object(user: User) -> audit.Object:
    """A person as the audit log names them."""
    return audit.Object(user.id, user.name or user.email)


def _person(user_id: UUID) -> audit.Object:
    return as_object(User.objects.get(id=user_id))


def _take_back_invitations(tenant_id: int, user_id: UUID) -> None:
    """Those who may no longer invite may know links that still work."""
    made = Invitation.objects.filter(tenant_id=tenant_id, invited_by=user_id, accepted_at=None, revoked_at=None)
    made.update(revoked_at=Now())


def _held(tenant_id: int, user_id: UUID, role: str | None) -> str:
    """The role of a member, whose row and those of all System Admins stay locked.

    Raises `MembersError` for who is no member, and where `role` in its place (None: no membership) would leave nobody.
    """
    wanted = Q(user_id=user_id) | Q(role=Role.SYSTEM_ADMIN)
    rows = Membership.objects.select_for_update().filter(wanted, tenant_id=tenant_id)
    # In order, so that two of them never wait for each other.
    roles = dict(rows.order_by("user_id").values_list("user_id", "role"))
    if user_id not in roles:
        raise MembersError("They are no longer a member.")
    administrators = [id for id, held in roles.items() if held == Role.SYSTEM_ADMIN]
    if administrators == [user_id] and role != Role.SYSTEM_ADMIN:
        raise MembersError("A system needs a System Admin: make somebody else one first.")
    return str(roles[user_id])
