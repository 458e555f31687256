"""What came back to mails, and the mailbox that it is fetched from."""

from __future__ import annotations

from django.db import models
from uuid_utils.compat import uuid7

from rapport.tenants.models import TenantModel


class BounceReport(TenantModel):
    """Something that came back: what it says, whose delivery it is about, and what was done."""

    personal = ("address", "said", "content")

    class Kind(models.TextChoices):
        """What it says."""

        HARD = "hard", "Nobody there"
        SOFT = "soft", "Not taken"
        DELAYED = "delayed", "Delayed"
        COMPLAINT = "complaint", "Complaint"
        NOTICE = "notice", "No bounce"
        UNKNOWN = "unknown", "Not understood"

    class Source(models.TextChoices):
        """How it came."""

        API = "api", "By API"
        MAILBOX = "mailbox", "From the mailbox"
        PROVIDER = "provider", "By the provider"

    pk = models.CompositePrimaryKey("tenant_id", "id")
    id = models.UUIDField(default=uuid7)
    at = models.DateTimeField()
    #: Of what came: the same again changes nothing.
    digest = models.BinaryField()
    kind = models.TextField(choices=Kind.choices)
    source = models.TextField(choices=Source.choices)
    #: Null: nobody can tell.
    delivery_id = models.UUIDField(null=True)
    campaign_id = models.UUIDField(null=True)
    contact_id = models.UUIDField(null=True)
    address = models.TextField(null=True)
    #: What the other server gave as its reason.
    said = models.TextField(db_default="")
    #: The beginning of what came, where nobody understood it.
    content = models.TextField(null=True)
    #: Whether somebody should look at it still.
    open = models.BooleanField(db_default=False)

    class Meta:
        db_table = "bounce_reports"
        constraints = (models.UniqueConstraint(fields=("tenant_id", "digest"), name="bounce_reports_digest"),)
        indexes = (
            models.Index(fields=("tenant_id", "delivery_id"), name="bounce_reports_delivery"),
            models.Index(fields=("tenant_id", "id"), condition=models.Q(open=True), name="bounce_reports_open"),
        )


class BounceMailbox(TenantModel):
    """Where a system's reports arrive: fetched by IMAP, and left there."""

    personal = ("user_name",)

    class Security(models.TextChoices):
        """How the conversation is encrypted."""

        TLS = "imaps", "TLS"
        STARTTLS = "imap+tls", "STARTTLS"
        NONE = "imap", "Not encrypted"

    tenant_id = models.IntegerField(primary_key=True)
    host = models.TextField()
    port = models.IntegerField()
    security = models.TextField(choices=Security.choices)
    user_name = models.TextField()
    #: Encrypted by a key that is derived from `RAPPORT_SECRET_KEY`.
    password = models.BinaryField()
    folder = models.TextField(db_default="INBOX")
    #: How far it was read: ids hold within one validity.
    uid_validity = models.BigIntegerField(null=True)
    last_uid = models.BigIntegerField(db_default=0)
    #: What the last conversation ended in; null: well.
    fault = models.TextField(null=True)
    checked_at = models.DateTimeField(null=True)
    version = models.IntegerField(db_default=1)

    class Meta:
        db_table = "bounce_mailboxes"
