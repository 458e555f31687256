"""Survey records, whose invitations wait to be sent, and answers that were collected elsewhere.

These rows are written by `rapport.db` only: nothing here is ever saved by Django.
"""

from __future__ import annotations

from django.db import models
from django.db.models import JSONField, Value

from rapport.tenants.models import TenantModel


class SurveyRecord(TenantModel):
    """One survey of one contact, with a copy of contact and account as they were then."""

    class State(models.TextChoices):
        """What has become of its invitation."""

        QUEUED = "queued"

    pk = models.CompositePrimaryKey("tenant_id", "id")
    id = models.UUIDField()
    contact_id = models.UUIDField()
    account_id = models.UUIDField(null=True)
    state = models.TextField(choices=State.choices)
    touchpoint = models.TextField(null=True)
    order_date = models.DateTimeField(null=True)
    delivery_vector = models.TextField(null=True)
    division = models.TextField(null=True)
    #: Contact and account fields at that time, by technical name.
    fields = models.JSONField(default=dict, db_default=Value({}, JSONField()))
    attributes = models.JSONField(default=dict, db_default=Value({}, JSONField()))
    #: The record that changed it last; no index, so that updates stay in their page.
    last_record = models.UUIDField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "survey_records"
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
        )


class ExternalResponse(TenantModel):
    """An answer given outside; never changed, and nothing is sent for it."""

    pk = models.CompositePrimaryKey("tenant_id", "id")
    id = models.UUIDField()
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
        )
