"""People and their memberships."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from rapport.records.keys import email_key
from rapport.tenants.models import TenantModel


class UserManager(BaseUserManager["User"]):
    """Makes and finds people by the key of their e-mail address."""

    def create(self, *, email: str, **fields: object) -> User:
        """A new person; without a password they sign in by a one-time link. Raises `records.errors.Invalid`."""
        email = email.strip()
        user = self.model(email=email, email_key=email_key(email), **fields)
        user.set_password(None)
        user.save(force_insert=True)
        return user

    def get_by_natural_key(self, username: str) -> User:
        """The person with this e-mail address, however it is spelled."""
        return self.get(email_key=email_key(username.strip()))


class User(AbstractBaseUser):
    """A person. A registry without row-level security: one person may belong to several tenants."""

    grants: ClassVar[tuple[str, ...]] = ("select", "insert", "update")

    id = models.UUIDField(primary_key=True, default=uuid7)
    email = models.TextField()
    email_key = models.TextField()
    name = models.TextField()
    password = models.TextField()
    is_active = models.BooleanField(default=True, db_default=True)
    created_at = models.DateTimeField(db_default=Now())

    USERNAME_FIELD = "email_key"
    EMAIL_FIELD = "email"
    objects = UserManager()

    class Meta:
        db_table = "users"
        constraints = (models.UniqueConstraint(fields=("email_key",), name="users_email_key"),)


class Membership(TenantModel):
    """A person's role in a tenant."""

    class Role(models.TextChoices):
        """What a member may do, from everything to reading."""

        SYSTEM_ADMIN = "system_admin"
        ADMIN = "admin"
        USER = "user"

    pk = models.CompositePrimaryKey("tenant_id", "user_id")
    user_id = models.UUIDField()
    role = models.TextField(choices=Role.choices)

    class Meta:
        db_table = "memberships"
