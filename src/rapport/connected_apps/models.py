"""Connected Apps, their secrets and their access tokens. Only digests of credentials are stored."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from rapport.tenants.models import TenantModel


class ConnectedApp(TenantModel):
    """A program that calls the API for a tenant: an OAuth client."""

    grants = ("select", "insert", "update")

    pk = models.CompositePrimaryKey("tenant_id", "id")
    id = models.UUIDField(default=uuid7)
    name = models.TextField()
    client_id = models.TextField()
    scopes = ArrayField(models.TextField())
    #: Records per second; null is no limit.
    rate = models.IntegerField(null=True)
    active = models.BooleanField(default=True, db_default=True)
    created_at = models.DateTimeField(db_default=Now())
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "connected_apps"
        constraints = (models.UniqueConstraint(fields=("tenant_id", "client_id"), name="connected_apps_client_id"),)


class AppSecret(TenantModel):
    """One of the at most two live secrets of a Connected App."""

    pk = models.CompositePrimaryKey("tenant_id", "id")
    id = models.UUIDField(default=uuid7)
    app_id = models.UUIDField()
    hash = models.BinaryField()
    created_at = models.DateTimeField(db_default=Now())
    #: When it stops working; null is never.
    expires_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "app_secrets"


class AccessToken(TenantModel):
    """A bearer token that was issued to a Connected App."""

    pk = models.CompositePrimaryKey("tenant_id", "hash")
    hash = models.BinaryField()
    app_id = models.UUIDField()
    scopes = ArrayField(models.TextField())
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "access_tokens"
