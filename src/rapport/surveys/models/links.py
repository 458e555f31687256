"""What links are derived from."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from rapport.tenants.models import TenantModel


class LinkKey(TenantModel):
    """A key of a system's links. The newest signs, all verify; without the deployment's key none makes a link."""

    personal = ()
    grants = ("select", "insert", "update")

    pk = models.CompositePrimaryKey("tenant_id", "number")
    number = models.IntegerField()
    #: Encrypted by a key that is derived from `RAPPORT_SECRET_KEY`.
    secret = models.BinaryField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "link_keys"


class TouchpointLink(TenantModel):
    """The anonymous link of a touchpoint."""

    personal = ()
    grants = ("select", "insert", "update")

    pk = models.CompositePrimaryKey("tenant_id", "touchpoint_id")
    touchpoint_id = models.UUIDField()
    #: Null: the system's default survey.
    survey_id = models.UUIDField(null=True)
    #: Raised to revoke the link.
    generation = models.IntegerField(db_default=0)
    #: Null: nobody has switched it on.
    opened_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "touchpoint_links"
