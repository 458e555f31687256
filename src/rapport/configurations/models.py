"""Import configurations with their edits and drafts, custom fields, touchpoints."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import models
from django.db.models import JSONField, Value
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from rapport.tenants.models import TenantModel

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Configuration(TenantModel):
    """How the headings of one kind of delivery become fields of one data type."""

    personal = ()

    class Kind(models.TextChoices):
        """Where the records come from."""

        API = "api"
        FILE = "file"

    pk = models.CompositePrimaryKey("tenant_id", "id")
    id = models.UUIDField(default=uuid7)
    #: What callers put into `configuration=`.
    reference = models.TextField()
    name = models.TextField()
    kind = models.TextField(choices=Kind.choices)
    data_type = models.TextField()
    #: `[{"heading": "Email", "field": "email", "default": …, "empty_clears": …}, …]` in display order.
    mapping = models.JSONField()
    options = models.JSONField(default=dict, db_default=Value({}, JSONField()))
    #: Defaults are made with the tenant; they are view-only.
    is_default = models.BooleanField(default=False, db_default=False)
    active = models.BooleanField(default=True, db_default=True)
    #: Goes up with each edit; what `ETag` carries.
    version = models.IntegerField(default=1, db_default=1)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "configurations"
        constraints = (
            models.UniqueConstraint(fields=("tenant_id", "reference"), name="configurations_reference"),
            models.UniqueConstraint(fields=("tenant_id", "kind", "name"), name="configurations_name"),
        )


class ConfigurationEdit(TenantModel):
    """One edit of a configuration. It outlives the configuration, so there is no foreign key."""

    personal = ("actor_name", "comment")
    grants = ("select", "insert")

    pk = models.CompositePrimaryKey("tenant_id", "configuration_id", "version")
    configuration_id = models.UUIDField()
    #: The version that the edit made; a removal counts as one.
    version = models.IntegerField()
    at = models.DateTimeField(db_default=Now())
    #: `app`, `user` or `command`.
    actor_type = models.TextField()
    actor_id = models.UUIDField(null=True)
    actor_name = models.TextField()
    #: The configuration as callers see it; null where there was none.
    before = models.JSONField(null=True)
    #: Null: it was removed.
    after = models.JSONField(null=True)
    #: Why, in its author's words.
    comment = models.TextField(null=True)

    class Meta:
        db_table = "configuration_edits"


class ConfigurationDraft(TenantModel):
    """What a configuration is to become, until somebody publishes or discards it; callers use none of it."""

    personal = ("actor_name", "comment")

    pk = models.CompositePrimaryKey("tenant_id", "configuration_id")
    configuration_id = models.UUIDField()
    #: `drafts.PARTS` of a configuration.
    content = models.JSONField()
    #: The version of the configuration that it was made from.
    based_on = models.IntegerField()
    comment = models.TextField(null=True)
    actor_type = models.TextField()
    actor_id = models.UUIDField(null=True)
    actor_name = models.TextField()
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "configuration_drafts"

    @property
    def stamp(self) -> int:
        """What `ETag` carries: the microsecond at which it was saved, since a draft that comes again is another."""
        return (self.updated_at - _EPOCH) // timedelta(microseconds=1)


class CustomField(TenantModel):
    """A field that the tenant added to an object. Archived, never dropped."""

    personal = ()
    grants = ("select", "insert", "update")

    pk = models.CompositePrimaryKey("tenant_id", "id")
    id = models.UUIDField(default=uuid7)
    #: One of `rapport.records.catalogue.OBJECTS`.
    object = models.TextField()
    #: The technical name, under which values are stored.
    name = models.TextField()
    label = models.TextField()
    #: A name in `rapport.records.catalogue.TYPES`.
    type = models.TextField()
    #: The texts that the type `choice` takes.
    choices = models.JSONField(null=True)
    version = models.IntegerField(default=1, db_default=1)
    created_at = models.DateTimeField(db_default=Now())
    archived_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "custom_fields"
        constraints = (models.UniqueConstraint(fields=("tenant_id", "object", "name"), name="custom_fields_name"),)


class Touchpoint(TenantModel):
    """An occasion on which people are asked; records can only name those that exist."""

    personal = ()
    grants = ("select", "insert", "update")

    pk = models.CompositePrimaryKey("tenant_id", "id")
    id = models.UUIDField(default=uuid7)
    name = models.TextField()
    #: `keys.name_key` of the name.
    name_key = models.TextField()
    active = models.BooleanField(default=True, db_default=True)
    version = models.IntegerField(default=1, db_default=1)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "touchpoints"
        constraints = (models.UniqueConstraint(fields=("tenant_id", "name_key"), name="touchpoints_name_key"),)
