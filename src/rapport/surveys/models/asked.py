"""Survey records, each one survey of one contact, and answers that were collected elsewhere."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.db.models import JSONField, Value

from rapport.tenants.models import RemovableModel

#: How long a survey can be answered after its last message, or, where none went out, after it was made.
OPEN = timedelta(days=90)
#: How long an answer can be corrected after its first page.
CORRECTABLE = timedelta(days=7)


class SurveyRecord(RemovableModel):
    """One survey of one contact, with a copy of contact and account as they were then.

    Its fields are a copy of the contact; erasure finds it by contact_id.
    """

    personal = ("fields", "attributes")

    class State(models.TextChoices):
        """What has become of it. Looking at it changes nothing; that its time is over stands in `closes_at` alone."""

        QUEUED = "queued"
        SENT = "sent"
        STARTED = "started"
        ANSWERED = "answered"
        CLOSED = "closed"
        CANCELLED = "cancelled"

    class Origin(models.TextChoices):
        """How it was made."""

        RECORD = "record", "By a record"
        HAND = "hand", "By hand"
        API = "api", "By the API"
        CAMPAIGN = "campaign", "By a campaign"

    #: States in which nobody has answered and somebody still may.
    WAITING = (State.QUEUED, State.SENT, State.STARTED)

    pk = models.CompositePrimaryKey("tenant_id", "id")
    id = models.UUIDField()
    #: Unique in the system, also among responses; null until a row of the version before was numbered by `migrate`.
    number = models.BigIntegerField(null=True)
    contact_id = models.UUIDField()
    account_id = models.UUIDField(null=True)
    state = models.TextField(choices=State.choices)
    origin = models.TextField(choices=Origin.choices, db_default=Origin.RECORD)
    #: Null: the campaign's that takes it, until then the system's default.
    survey_id = models.UUIDField(null=True)
    #: Fixed with the first page posted, and `survey_id` with it.
    survey_version = models.IntegerField(null=True)
    campaign_id = models.UUIDField(null=True)
    #: Raised to revoke its links.
    generation = models.IntegerField(db_default=0)
    touchpoint = models.TextField(null=True)
    order_date = models.DateTimeField(null=True)
    delivery_vector = models.TextField(null=True)
    division = models.TextField(null=True)
    #: Contact and account fields at that time, by technical name.
    fields = models.JSONField(default=dict, db_default=Value({}, JSONField()))
    attributes = models.JSONField(default=dict, db_default=Value({}, JSONField()))
    #: Of its last message.
    sent_at = models.DateTimeField(null=True)
    #: Of the first page posted, and of the last one.
    started_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    #: When its time is over; null in rows of the version before: `OPEN` after their making.
    closes_at = models.DateTimeField(null=True)
    #: When somebody closed or cancelled it.
    closed_at = models.DateTimeField(null=True)
    #: Goes up with each entry of the ledger.
    version = models.IntegerField(db_default=1)
    #: The record that changed it last; no index, so that updates stay in their page.
    last_record = models.UUIDField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "survey_records"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(state__in=("queued", "sent", "started", "answered", "closed", "cancelled")),
                name="survey_records_state",
            ),
        )
        indexes = (
            models.Index(fields=("tenant_id", "contact_id"), name="survey_records_contact"),
            models.Index(
                fields=("tenant_id", "account_id"),
                condition=models.Q(account_id__isnull=False),
                name="survey_records_account",
            ),
            models.Index(
                fields=("tenant_id", "touchpoint", "id"),
                condition=models.Q(touchpoint__isnull=False),
                name="survey_records_touchpoint",
            ),
            models.Index(
                fields=("tenant_id", "created_at"), condition=models.Q(state="queued"), name="survey_records_queued"
            ),
            # Empty but for what a writer of the version before has made; `migrate` numbers that.
            models.Index(
                fields=("tenant_id", "id"), condition=models.Q(number__isnull=True), name="survey_records_unnumbered"
            ),
        )

    @property
    def ends_at(self) -> datetime:
        """When its time is over."""
        return self.closes_at or self.created_at + OPEN


class ExternalResponse(RemovableModel):
    """An answer given outside; never changed, and nothing is sent for it.

    Erasure finds it by contact_id.
    """

    personal = ("comment", "follow_up_details", "attributes")

    pk = models.CompositePrimaryKey("tenant_id", "id")
    id = models.UUIDField()
    #: Of the same numbers as survey records.
    number = models.BigIntegerField(null=True)
    contact_id = models.UUIDField()
    account_id = models.UUIDField(null=True)
    nps_score = models.SmallIntegerField()
    comment = models.TextField(null=True)
    #: `Y`, `N` or nothing.
    follow_up_request = models.TextField(null=True)
    follow_up_details = models.TextField(null=True)
    sent_date = models.DateTimeField()
    response_date = models.DateTimeField()
    touchpoint = models.TextField(null=True)
    division = models.TextField(null=True)
    attributes = models.JSONField(default=dict, db_default=Value({}, JSONField()))
    #: Goes up with each entry of the ledger.
    version = models.IntegerField(db_default=1)
    #: The record that changed it last; no index, so that updates stay in their page.
    last_record = models.UUIDField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "external_responses"
        indexes = (
            models.Index(fields=("tenant_id", "contact_id"), name="external_responses_contact"),
            models.Index(
                fields=("tenant_id", "account_id"),
                condition=models.Q(account_id__isnull=False),
                name="external_responses_account",
            ),
            models.Index(
                fields=("tenant_id", "touchpoint", "id"),
                condition=models.Q(touchpoint__isnull=False),
                name="external_responses_touchpoint",
            ),
            models.Index(
                fields=("tenant_id", "id"),
                condition=models.Q(number__isnull=True),
                name="external_responses_no_number",
            ),
        )
