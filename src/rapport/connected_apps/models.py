"""Connected Apps, their secrets and their access tokens, and webhooks. Only digests of credentials are stored."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from rapport.tenants.models import TenantModel


class ConnectedApp(TenantModel):
    """A program that calls the API for a tenant: an OAuth client."""

    personal = ()
    grants = ("select", "insert", "update")

    pk = models.CompositePrimaryKey("tenant_id", "id")
    id = models.UUIDField(default=uuid7)
    name = models.TextField()
    client_id = models.TextField()
    scopes = ArrayField(models.TextField())
    #: Records per second; null is no limit.
    rate = models.IntegerField(null=True)
    #: Ids of the configurations that it may send records for; null is all.
    configurations = ArrayField(models.UUIDField(), null=True)
    active = models.BooleanField(default=True, db_default=True)
    created_at = models.DateTimeField(db_default=Now())
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "connected_apps"
        constraints = (models.UniqueConstraint(fields=("tenant_id", "client_id"), name="connected_apps_client_id"),)


class AppSecret(TenantModel):
    """One of the at most two live secrets of a Connected App."""

    personal = ()

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

    personal = ()

    pk = models.CompositePrimaryKey("tenant_id", "hash")
    hash = models.BinaryField()
    app_id = models.UUIDField()
    scopes = ArrayField(models.TextField())
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    def allows(self, app: ConnectedApp) -> list[str]:
        """Of its scopes those that its app has now."""
        return [scope for scope in self.scopes if scope in app.scopes]

    class Meta:
        db_table = "access_tokens"


class Webhook(TenantModel):
    """An address of its own that feeds one configuration, for programs that cannot sign in (RFC 7617 instead)."""

    personal = ()
    grants = ("select", "insert", "update")

    pk = models.CompositePrimaryKey("tenant_id", "id")
    id = models.UUIDField(default=uuid7)
    #: The last part of its address.
    public_id = models.TextField()
    configuration_id = models.UUIDField()
    user_name = models.TextField()
    #: Digest of the password.
    hash = models.BinaryField()
    active = models.BooleanField(default=True, db_default=True)
    created_at = models.DateTimeField(db_default=Now())
    #: To the hour.
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "webhooks"
        constraints = (models.UniqueConstraint(fields=("tenant_id", "public_id"), name="webhooks_public_id"),)


class RateLease(TenantModel):
    """How much of its rate a Connected App has used; ingest's workers take slices of it (functions/rates_1.sql)."""

    personal = ()

    pk = models.CompositePrimaryKey("tenant_id", "app_id")
    app_id = models.UUIDField()
    #: Begins with the first record after a pause and lasts a second.
    window_start = models.DateTimeField()
    #: Records of this window; more than the rate after a large batch, which the next windows pay for.
    taken = models.BigIntegerField()

    class Meta:
        db_table = "rate_leases"
