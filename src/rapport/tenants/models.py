"""The tenant, its head row, its audit log, and what all tenant-owned tables have in common."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models.functions import Now
from uuid_utils.compat import uuid7


class Tenant(models.Model):
    """A customer's own world of records (the reference calls it a system). A registry: no row-level security."""

    personal: ClassVar[tuple[str, ...]] = ()
    #: What the application role may do with the table; `rapport.tenants.roles` grants exactly this.
    grants: ClassVar[tuple[str, ...]] = ("select", "insert", "update")

    id = models.AutoField(primary_key=True)
    #: Its name on the command line and in addresses.
    slug = models.TextField()
    name = models.TextField()
    #: The label of the region that keeps its data.
    region = models.TextField()
    time_zone = models.TextField(db_default="UTC")
    #: For how many days the request history keeps what was sent; 0 is never.
    sent_days = models.IntegerField(db_default=30)
    #: What was sent until then is emptied already, so that nobody looks at it again.
    emptied_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "tenants"
        constraints = (models.UniqueConstraint(fields=("slug",), name="tenants_slug"),)

    def __str__(self) -> str:
        return self.slug


class TenantModel(models.Model):
    """A row that belongs to one tenant.

    Derived models declare `pk = CompositePrimaryKey("tenant_id", …)`; their migration adds `EnableRowSecurity`.
    `tenant_id` is no foreign key: its check would lock the tenant's row on each insert.
    """

    grants: ClassVar[tuple[str, ...]] = ("select", "insert", "update", "delete")
    #: Its columns with a person's data, which erasure, export and retention read; each table says it for itself.
    personal: ClassVar[tuple[str, ...]]
    #: Whether its rows are on their tenant's node where there are several (Citus), or all on the coordinator.
    distributed: ClassVar[bool] = True
    objects: ClassVar[models.Manager[Self]]

    tenant_id = models.IntegerField()

    class Meta:
        abstract = True


class Present(models.Manager[Any]):
    """Rows that are not deleted."""

    def get_queryset(self) -> models.QuerySet[Any]:
        """Without what is out of sight."""
        return super().get_queryset().filter(deleted_at=None)


class RemovableModel(TenantModel):
    """What can be deleted and taken back: out of sight for `objects`, while `ever` has it and all others."""

    #: Since when it is out of sight.
    deleted_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[Self]] = Present()
    ever: ClassVar[models.Manager[Self]] = models.Manager()

    class Meta:
        abstract = True


class TenantHead(TenantModel):
    """How far a tenant's ledger has come. Updated last in each write and held until commit (see the architecture)."""

    personal = ()
    grants = ("select", "insert", "update")

    tenant_id = models.IntegerField(primary_key=True)
    seq = models.BigIntegerField(db_default=0)
    #: The last number that a survey record, an external response or an answer at a touchpoint was given.
    number = models.BigIntegerField(db_default=0)
    #: Of its newest entry; never goes back, whatever the clock does.
    at = models.DateTimeField(null=True)

    class Meta:
        db_table = "tenant_heads"


class AuditEntry(TenantModel):
    """One act on a tenant's settings. Entries stay, whatever they are about goes."""

    personal = ("actor_name", "object_name", "details")
    grants = ("select", "insert")

    pk = models.CompositePrimaryKey("tenant_id", "at", "id")
    at = models.DateTimeField(db_default=Now())
    id = models.UUIDField(default=uuid7)
    #: `app`, `user` or `command`.
    actor_type = models.TextField()
    actor_id = models.UUIDField(null=True)
    actor_name = models.TextField()
    #: One of `audit.ACTS`.
    action = models.TextField()
    object_type = models.TextField()
    object_id = models.TextField()
    #: As it was called then.
    object_name = models.TextField()
    #: Never anything secret.
    details = models.JSONField()
    #: The request that did it; null on the command line.
    request_id = models.TextField(null=True)

    class Meta:
        db_table = "audit_entries"
        indexes = (
            models.Index(fields=("tenant_id", "actor_id", "at", "id"), name="audit_entries_actor"),
            models.Index(fields=("tenant_id", "action", "at", "id"), name="audit_entries_action"),
            models.Index(fields=("tenant_id", "object_id", "at", "id"), name="audit_entries_object"),
        )
