"""Where mails are handed over, and what holds for all of a system's campaigns."""

from __future__ import annotations

from django.db import models
from django.db.models import JSONField, Value
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from rapport.tenants.models import TenantModel


class SmtpServer(TenantModel):
    """A mail server of a system's own."""

    personal = ("user_name",)

    class Security(models.TextChoices):
        """How the conversation is encrypted; by the names of `RAPPORT_MAIL_URL`."""

        NONE = "smtp", "Not encrypted"
        STARTTLS = "smtp+tls", "STARTTLS"
        TLS = "smtps", "TLS"
        #: None by SMTP: the host is the provider's name, the password its key.
        PROVIDER = "provider", "A provider's API"

    pk = models.CompositePrimaryKey("tenant_id", "id")
    id = models.UUIDField(default=uuid7)
    name = models.TextField()
    host = models.TextField()
    port = models.IntegerField()
    security = models.TextField(choices=Security.choices)
    user_name = models.TextField(db_default="")
    #: Encrypted by a key that is derived from `RAPPORT_SECRET_KEY`; null: none.
    password = models.BinaryField(null=True)
    #: Mails a minute; null: as many as it takes.
    rate = models.IntegerField(null=True)
    #: Of each sender.
    connections = models.SmallIntegerField(db_default=5)
    #: What the last conversation with it ended in; null: well.
    fault = models.TextField(null=True)
    checked_at = models.DateTimeField(null=True)
    version = models.IntegerField(db_default=1)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "smtp_servers"
        constraints = (models.UniqueConstraint(fields=("tenant_id", "name"), name="smtp_servers_name"),)


class SendingRules(TenantModel):
    """What holds for all campaigns of a system: the rest rule, who sends, and by which server."""

    personal = ("sender_name", "sender_address", "reply_to")

    grants = ("select", "insert", "update")

    tenant_id = models.IntegerField(primary_key=True)
    rest_on = models.BooleanField(db_default=True)
    rest_days = models.IntegerField(db_default=30)
    #: Up to three fields whose values, with the contact, make the key.
    rest_fields = models.JSONField(default=list, db_default=Value([], JSONField()))
    sender_name = models.TextField(db_default="")
    sender_address = models.TextField(db_default="")
    reply_to = models.TextField(null=True)
    #: Of new campaigns; null: the deployment's own.
    server_id = models.UUIDField(null=True)
    version = models.IntegerField(db_default=1)

    class Meta:
        db_table = "sending_rules"
