"""The ledger of sending: one row for each message of each wave to each contact, and what its steps need."""

from __future__ import annotations

from django.db import models

from rapport.tenants.models import TenantModel

#: States in which a sender may claim a delivery.
WAITING = ("queued", "scheduled", "deferred")
#: States in which a sender has it.
TAKEN = ("claimed", "handed over")


class Delivery(TenantModel):
    """One message of one wave to one contact: what became of it, and why. The contact stays who it was made for."""

    personal = ("contact_id", "address", "address_key", "fact")

    #: Only a plan that was not started is ever taken away.
    grants = ("select", "insert", "update", "delete")

    class State(models.TextChoices):
        """Each delivery has exactly one (brief, law 2)."""

        QUEUED = "queued", "Queued"
        SCHEDULED = "scheduled", "Scheduled"
        CLAIMED = "claimed", "Claimed"
        HANDED_OVER = "handed over", "Handed over"
        SENT = "sent", "Sent"
        DEFERRED = "deferred", "Deferred"
        BOUNCED = "bounced", "Bounced"
        FAILED = "failed", "Failed"
        SKIPPED = "skipped", "Skipped"
        CANCELLED = "cancelled", "Cancelled"
        IN_DOUBT = "in doubt", "In doubt"

    pk = models.CompositePrimaryKey("tenant_id", "id")
    id = models.UUIDField()
    campaign_id = models.UUIDField()
    #: 0 is the first, 1 and 2 are reminders.
    wave = models.SmallIntegerField()
    contact_id = models.UUIDField()
    #: The survey record that it was made for; null: it was made for the contact.
    subject_id = models.UUIDField(null=True)
    #: Made with the first claim; null where nothing is asked.
    survey_record_id = models.UUIDField(null=True)
    #: Fixed when chosen; null where there was none.
    address = models.TextField(null=True)
    address_key = models.TextField(null=True)
    language = models.TextField(null=True)
    #: The contact's time zone, where the window goes by it.
    zone = models.TextField(null=True)
    state = models.TextField(choices=State.choices)
    #: Why: a code, and what it is about (`campaigns/reasons.py` has the sentences).
    reason = models.TextField(null=True)
    fact = models.JSONField(null=True)
    #: Not before this moment.
    due_at = models.DateTimeField()
    #: The number of the claim: goes up with each, so that whoever lost one can change nothing.
    claim = models.IntegerField(db_default=0)
    #: The sender that claimed it last.
    sender_id = models.UUIDField(null=True)
    #: Tries that counted.
    tries = models.SmallIntegerField(db_default=0)
    #: Of the first try.
    tried_at = models.DateTimeField(null=True)
    handed_over_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "deliveries"
        constraints = (
            models.UniqueConstraint(
                fields=("tenant_id", "contact_id", "campaign_id", "wave", "subject_id"),
                nulls_distinct=False,
                name="deliveries_subject",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    state__in=(
                        "queued",
                        "scheduled",
                        "claimed",
                        "handed over",
                        "sent",
                        "deferred",
                        "bounced",
                        "failed",
                        "skipped",
                        "cancelled",
                        "in doubt",
                    )
                ),
                name="deliveries_state",
            ),
        )
        indexes = (
            models.Index(fields=("tenant_id", "campaign_id", "state", "id"), name="deliveries_listed"),
            models.Index(
                fields=("tenant_id", "campaign_id", "due_at", "id"),
                condition=models.Q(state__in=WAITING),
                name="deliveries_due",
            ),
            models.Index(
                fields=("tenant_id", "sender_id"), condition=models.Q(state__in=TAKEN), name="deliveries_taken"
            ),
        )


class CampaignCount(TenantModel):
    """How many deliveries of a campaign are in a state for a reason; changes in the transaction that changes them.

    The sum over the buckets counts: senders add to different ones, so that none waits for another.
    """

    personal = ()

    pk = models.CompositePrimaryKey("tenant_id", "campaign_id", "wave", "state", "reason", "bucket")
    campaign_id = models.UUIDField()
    wave = models.SmallIntegerField()
    state = models.TextField(choices=Delivery.State.choices)
    #: Empty where there is none.
    reason = models.TextField()
    bucket = models.SmallIntegerField()
    count = models.BigIntegerField()

    class Meta:
        db_table = "campaign_counts"


class TakingHead(TenantModel):
    """How far a system's survey records have been offered to its automated campaigns: a number of the ledger."""

    personal = ()

    tenant_id = models.IntegerField(primary_key=True)
    seq = models.BigIntegerField()

    class Meta:
        db_table = "taking_heads"


class RestHold(TenantModel):
    """Which delivery asked a person last, or is about to: what the rest rule is decided against."""

    personal = ("key", "fields")

    pk = models.CompositePrimaryKey("tenant_id", "key", "fields")
    #: The contact's key, and the values of the rule's fields as JSON, empty where the rule has none.
    key = models.TextField()
    fields = models.TextField()
    delivery_id = models.UUIDField()
    #: The last asking by a delivery before, and which that was.
    asked_at = models.DateTimeField(null=True)
    asked_by = models.UUIDField(null=True)

    class Meta:
        db_table = "rest_holds"


class SenderLease(TenantModel):
    """Until when a sender may start to hand over; whoever cannot renew it starts no `DATA`."""

    personal = ()

    pk = models.CompositePrimaryKey("tenant_id", "sender_id")
    sender_id = models.UUIDField()
    until = models.DateTimeField()

    class Meta:
        db_table = "sender_leases"


class SendingRate(TenantModel):
    """How much of a server's or a campaign's rate is used: when the next mail may go."""

    personal = ()

    pk = models.CompositePrimaryKey("tenant_id", "object_id")
    #: A server's or a campaign's; nil is the deployment's own server.
    object_id = models.UUIDField()
    next_at = models.DateTimeField()

    class Meta:
        db_table = "sending_rates"
