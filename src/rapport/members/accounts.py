"""The members of a tenant: who they are, and what they may do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Max

from rapport.records.keys import email_key
from rapport.tenants import audit
from rapport.tenants.actors import Author
from rapport.tenants.scope import tenant_scope

from . import access
from .models import Membership, Role, Session, User

if TYPE_CHECKING:
    from rapport.tenants.models import Tenant


class MembersError(Exception):
    """A membership cannot be changed so; `str(error)` is one sentence."""


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
        for user in User.objects.filter(id__in=list(roles)).order_by("name", "email")
    ]


def add(tenant: Tenant, author: Author, email: str, name: str, role: str) -> User:
    """Makes somebody a member, with an account where they have none. Raises `Invalid`, `MembersError`."""
    user = User.objects.filter(email_key=email_key(email.strip())).first()
    user = user or User.objects.create(email=email, name=name)
    with tenant_scope(tenant) as tenant_id:
        has = Membership.objects.filter(tenant_id=tenant_id, user_id=user.id).first()
        if has is None:
            Membership.objects.create(tenant_id=tenant_id, user_id=user.id, role=role)
            audit.note(tenant_id, author, "member.add", as_object(user), {"role": role})
        else:
            change_role(tenant_id, author, has, role)
    return user


def change_role(tenant_id: int, author: Author, membership: Membership, role: str) -> None:
    """Gives a member another role; inside the tenant's scope. Raises `MembersError`."""
    _keep_one_administrator(tenant_id, membership, role)
    rows = Membership.objects.filter(tenant_id=tenant_id, user_id=membership.user_id).exclude(role=role)
    if rows.update(role=role):
        details = {"changed": {"role": [membership.role, role]}}
        audit.note(tenant_id, author, "member.change", _whose(membership), details)


def remove(tenant_id: int, author: Author, membership: Membership) -> None:
    """Ends a membership, not the account; inside the tenant's scope. Raises `MembersError`."""
    _keep_one_administrator(tenant_id, membership, None)
    deleted, _ = Membership.objects.filter(tenant_id=tenant_id, user_id=membership.user_id).delete()
    if deleted:
        audit.note(tenant_id, author, "member.remove", _whose(membership), {"role": membership.role})


def signed_in(user: User, by: str) -> None:
    """Notes in each system of a person that they signed in, and by what: `password`, `link`, `reset`, `invitation`."""
    who = as_object(user)
    for tenant, _ in access.memberships(user):
        with tenant_scope(tenant) as tenant_id:
            audit.note(tenant_id, Author("user", user.id, who.name), "member.sign_in", who, {"by": by})


def as_object(user: User) -> audit.Object:
    """A person as the audit log names them."""
    return audit.Object(user.id, user.name or user.email)


def _whose(membership: Membership) -> audit.Object:
    return as_object(User.objects.get(id=membership.user_id))


def _keep_one_administrator(tenant_id: int, membership: Membership, role: str | None) -> None:
    """Locks the administrators' memberships; raises `MembersError` where none would be left."""
    if membership.role != Role.SYSTEM_ADMIN or role == Role.SYSTEM_ADMIN:
        return
    found = Membership.objects.select_for_update().filter(tenant_id=tenant_id, role=Role.SYSTEM_ADMIN)
    # In order, so that two of them never wait for each other.
    if len(found.order_by("user_id")) < 2:
        raise MembersError("A system needs a System Admin: make somebody else one first.")
