"""People, their memberships and sessions, and the links that let them in."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from rapport.records.keys import email_key
from rapport.tenants.models import TenantModel

from . import browsers
from .mail import mailbox


class UserManager(BaseUserManager["User"]):
    """Makes and finds people by the key of their e-mail address."""

    def create(self, *, email: str = "", **fields: Any) -> User:
        """A new person; without a password they sign in by a one-time link. Raises `records.errors.Invalid`."""
        email = email.strip()
        mailbox(email)
        user = self.model(email=email, email_key=email_key(email), **fields)
        user.set_password(None)
        user.save(force_insert=True)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        """The person with this e-mail address, however it is spelled. Raises `records.errors.Invalid`."""
        return self.get(email_key=email_key((username or "").strip()))


class User(AbstractBaseUser):
    """A person. A registry without row-level security: one person may belong to several tenants."""

    personal: ClassVar[tuple[str, ...]] = ("email", "email_key", "name")
    grants: ClassVar[tuple[str, ...]] = ("select", "insert", "update")

    id = models.UUIDField(primary_key=True, default=uuid7)
    email = models.TextField()
    email_key = models.TextField()
    name = models.TextField()
    password = models.TextField()
    is_active = models.BooleanField(default=True, db_default=True)
    created_at = models.DateTimeField(db_default=Now())
    #: When somebody showed that the address is theirs: by a link that was mailed, or printed by the operator's command.
    proved_at = models.DateTimeField(null=True)

    USERNAME_FIELD = "email_key"
    EMAIL_FIELD = "email"
    objects = UserManager()

    class Meta:
        db_table = "users"
        constraints = (models.UniqueConstraint(fields=("email_key",), name="users_email_key"),)


class Role(models.TextChoices):
    """What a member may do, from reading to everything."""

    USER = "user", "User"
    ADMIN = "admin", "Admin"
    SYSTEM_ADMIN = "system_admin", "System Admin"

    @property
    def rank(self) -> int:
        """How much it may do: each role may do what those below it may."""
        return list(Role).index(self)


class Membership(TenantModel):
    """A person's role in a tenant. Its rows are also visible to the person, see `access.memberships`."""

    personal = ()
    Role = Role
    #: People are looked up across tenants, and with their accounts.
    distributed = False

    pk = models.CompositePrimaryKey("tenant_id", "user_id")
    user_id = models.UUIDField()
    role = models.TextField(choices=Role.choices)

    class Meta:
        db_table = "memberships"
        indexes = (models.Index(fields=("user_id",), name="memberships_user"),)


class Session(models.Model):
    """One browser in which a person is signed in; written by `sessions.SessionStore`."""

    personal: ClassVar[tuple[str, ...]] = ("session_data", "agent")
    grants: ClassVar[tuple[str, ...]] = ("select", "insert", "update", "delete")

    #: Digest of the cookie's value.
    session_key = models.TextField(primary_key=True)
    session_data = models.TextField()
    expire_date = models.DateTimeField(db_index=True)
    user_id = models.UUIDField(null=True, db_index=True)
    signed_in_at = models.DateTimeField(null=True)
    #: To five minutes.
    seen_at = models.DateTimeField(null=True)
    #: What the browser calls itself.
    agent = models.TextField(default="")

    class Meta:
        db_table = "sessions"

    @property
    def browser(self) -> str:
        """Which browser that is, in words."""
        return browsers.told(self.agent)


class OneTimeLink(models.Model):
    """A link by which a person signs in without a password, or sets a new one."""

    personal: ClassVar[tuple[str, ...]] = ()
    grants: ClassVar[tuple[str, ...]] = ("select", "insert", "update", "delete")

    class Purpose(models.TextChoices):
        """What the link leads to."""

        SIGN_IN = "sign_in"
        RESET = "reset"

    #: Digest of the link's last part.
    hash = models.BinaryField(primary_key=True)
    user_id = models.UUIDField()
    purpose = models.TextField(choices=Purpose.choices)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "one_time_links"


class Invitation(TenantModel):
    """Somebody who may become a member."""

    personal = ("email", "email_key")
    grants = ("select", "insert", "update")
    distributed = False

    pk = models.CompositePrimaryKey("tenant_id", "id")
    id = models.UUIDField(default=uuid7)
    #: Digest of the link's last part, which names the tenant.
    hash = models.BinaryField()
    email = models.TextField()
    email_key = models.TextField()
    role = models.TextField(choices=Role.choices)
    invited_by = models.UUIDField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    #: Whether its link was mailed, or printed by the operator's command, and shown to no administrator.
    proves = models.BooleanField(default=False, db_default=False)

    class Meta:
        db_table = "invitations"
        constraints = (models.UniqueConstraint(fields=("tenant_id", "hash"), name="invitations_hash"),)


class Mail(TenantModel):
    """A letter that somebody of a tenant has caused, for as long as they may ask what became of it."""

    personal = ()
    distributed = False

    pk = models.CompositePrimaryKey("tenant_id", "id")
    id = models.UUIDField(default=uuid7)
    #: The invitation, or the person, that it is about.
    about = models.UUIDField()
    created_at = models.DateTimeField(db_default=Now())
    tries = models.IntegerField(db_default=0)
    #: When it is tried again; null with a fault: no more.
    next_at = models.DateTimeField(null=True)
    #: Why the last try failed, for people.
    fault = models.TextField(db_default="")
    sent_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "mails"
        indexes = (models.Index(fields=("tenant_id", "about", "id"), name="mails_about"),)


class FailedAttempt(models.Model):
    """How often somebody has failed to get in lately, by digest of who and where from."""

    personal: ClassVar[tuple[str, ...]] = ()
    grants: ClassVar[tuple[str, ...]] = ("select", "insert", "update", "delete")

    key = models.BinaryField(primary_key=True)
    failures = models.IntegerField()
    window_start = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "failed_attempts"
