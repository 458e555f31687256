"""A campaign, its texts, its plan, and saved sets of conditions."""

from __future__ import annotations

from django.db import models
from django.db.models import JSONField, Value
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from rapport.tenants.models import TenantModel


class Campaign(TenantModel):
    """A message to people: whom somebody chooses, or whose survey records match as they arrive."""

    personal = ("recipients", "sender_name", "sender_address", "reply_to")

    class Kind(models.TextChoices):
        """What is sent; only invitations obey and start the rest rule."""

        INTRODUCTION = "introduction", "Introduction"
        INVITATION = "invitation", "Invitation"
        REMINDER = "reminder", "Reminder"
        GENERAL = "general", "General"

    class State(models.TextChoices):
        """How far it has got. It goes from draft to planned and back as often as one likes, and is started once."""

        DRAFT = "draft", "Draft"
        PLANNED = "planned", "Planned"
        RUNNING = "running", "Running"
        PAUSED = "paused", "Paused"
        DONE = "done", "Done"
        CANCELLED = "cancelled", "Cancelled"

    class Mode(models.TextChoices):
        """Who starts a message: a person, or a survey record that arrives."""

        MANUAL = "manual", "Manual"
        AUTOMATED = "automated", "Automated"

    #: What may still be edited; an automated one also while it is paused.
    OPEN = (State.DRAFT, State.PLANNED)
    #: What takes survey records, if it is automated.
    TAKING = (State.RUNNING, State.PAUSED)

    pk = models.CompositePrimaryKey("tenant_id", "id")
    id = models.UUIDField(default=uuid7)
    name = models.TextField()
    mode = models.TextField(choices=Mode.choices, db_default=Mode.MANUAL)
    kind = models.TextField(choices=Kind.choices)
    state = models.TextField(choices=State.choices, db_default=State.DRAFT)
    #: Null: the system's default survey.
    survey_id = models.UUIDField(null=True)
    #: As in the API: `{"all": true}`, `{"where": […]}`, `{"emails": […]}`, `{"campaign": id, "answered": false}`.
    recipients = models.JSONField()
    sender_name = models.TextField()
    sender_address = models.TextField()
    reply_to = models.TextField(null=True)
    #: Null: the deployment's own.
    server_id = models.UUIDField(null=True)
    #: Days after the start, one for each reminder.
    reminders = models.JSONField(default=list, db_default=Value([], JSONField()))
    #: Longer than the system's; null: only the system's.
    rest_days = models.IntegerField(null=True)
    #: Mails a minute.
    rate = models.IntegerField(null=True)
    #: `{"zone": "system"|"contact", "mon": ["09:00", "17:00"], …}`; a day without hours is closed; null: always open.
    window = models.JSONField(null=True)
    #: Over how long the first wave is spread.
    spread_seconds = models.IntegerField(db_default=0)
    #: Automated: the first that matches takes a survey record, the least first.
    priority = models.IntegerField(db_default=100)
    #: Automated: the one of the system that has no filter and comes last.
    is_default = models.BooleanField(db_default=False)
    #: Automated: how long after its making, or its Order Date, a survey record is sent.
    delay_seconds = models.IntegerField(db_default=0)
    by_order_date = models.BooleanField(db_default=False)
    #: Automated: takes what the ledger has behind this number, its head when it was activated.
    after_seq = models.BigIntegerField(null=True)
    #: Goes up with each edit, its messages' included.
    version = models.IntegerField(db_default=1)
    start_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    #: Waves whose deliveries are made.
    waves = models.SmallIntegerField(db_default=0)
    #: Why it was paused or cancelled: a code, and what it is about.
    reason = models.TextField(null=True)
    fact = models.JSONField(null=True)
    #: How many deliveries in a row failed in one way, and in which.
    errors = models.IntegerField(db_default=0)
    error_kind = models.TextField(null=True)
    #: Mails that were sent or bounced, and those that bounced, when it was last resumed: they pause it no more.
    past_mails = models.IntegerField(db_default=0)
    past_bounces = models.IntegerField(db_default=0)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "campaigns"
        constraints = (
            models.UniqueConstraint(
                fields=("tenant_id",), condition=models.Q(is_default=True), name="campaigns_default"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=("draft", "planned", "running", "paused", "done", "cancelled")),
                name="campaigns_state",
            ),
        )
        indexes = (
            models.Index(
                fields=("tenant_id", "id"),
                condition=models.Q(state__in=("running", "paused")),
                name="campaigns_running",
            ),
        )


class Message(TenantModel):
    """What a campaign says in one language, first and as a reminder."""

    personal = ()

    class Part(models.TextChoices):
        """When it is said."""

        FIRST = "first", "First message"
        REMINDER = "reminder", "Reminder"

    pk = models.CompositePrimaryKey("tenant_id", "campaign_id", "part", "language")
    campaign_id = models.UUIDField()
    part = models.TextField(choices=Part.choices, db_default=Part.FIRST)
    #: BCP 47.
    language = models.TextField()
    subject = models.TextField()
    preheader = models.TextField(db_default="")
    #: Markdown with merge tags.
    body = models.TextField()

    class Meta:
        db_table = "messages"


class Segment(TenantModel):
    """A saved set of conditions."""

    personal = ("conditions",)

    pk = models.CompositePrimaryKey("tenant_id", "id")
    id = models.UUIDField(default=uuid7)
    name = models.TextField()
    #: The conditions of `Campaign.recipients["where"]`.
    conditions = models.JSONField()
    version = models.IntegerField(db_default=1)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "segments"
        constraints = (models.UniqueConstraint(fields=("tenant_id", "name"), name="segments_name"),)


class Plan(TenantModel):
    """What somebody saw before they started a campaign; its list are the campaign's deliveries. One a campaign."""

    personal = ("examples",)

    pk = models.CompositePrimaryKey("tenant_id", "campaign_id")
    campaign_id = models.UUIDField()
    #: Digest of the token.
    hash = models.BinaryField()
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    #: Part of what was seen -> its digest.
    seen = models.JSONField()
    chosen = models.IntegerField()
    send = models.IntegerField()
    skip = models.JSONField()
    examples = models.JSONField()
    #: Automated: how many survey records the rehearsal looked at.
    looked = models.IntegerField(null=True)
    started_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "plans"
