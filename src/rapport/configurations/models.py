"""Import configurations."""

from __future__ import annotations

from django.db import models
from django.db.models import JSONField, Value
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from rapport.tenants.models import TenantModel


class Configuration(TenantModel):
    """How the headings of one kind of delivery become fields of one data type."""

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
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "configurations"
        constraints = (models.UniqueConstraint(fields=("tenant_id", "reference"), name="configurations_reference"),)
