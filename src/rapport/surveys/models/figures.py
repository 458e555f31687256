"""Answers as the figures know them: what followers of the ledger have counted, up to a number of it."""

from __future__ import annotations

from uuid import UUID

from django.db import models

from rapport.tenants.models import TenantModel

#: What stands in a key for no score and for no campaign.
NO_SCORE, NO_CAMPAIGN = -1, UUID(int=0)


class ScoreHead(TenantModel):
    """How far the figures of a tenant have followed its ledger; made with the first step."""

    personal = ()
    grants = ("select", "insert", "update")

    tenant_id = models.IntegerField(primary_key=True)
    seq = models.BigIntegerField(db_default=0)

    class Meta:
        db_table = "score_heads"


class CountedAnswer(TenantModel):
    """A response or an external response as it was counted, in the columns by which it is counted.

    What it differs from the row itself by, where the ledger goes on behind the head, is what is not counted yet.
    """

    personal = ()

    pk = models.CompositePrimaryKey("tenant_id", "id")
    id = models.UUIDField()
    #: `response` or `external_response`.
    type = models.TextField()
    #: The ledger's number under which it entered.
    seq = models.BigIntegerField()
    #: When it was given.
    at = models.DateTimeField()
    score = models.SmallIntegerField(null=True)
    touchpoint = models.TextField(null=True)
    channel = models.TextField(null=True)
    language = models.TextField(null=True)
    campaign_id = models.UUIDField(null=True)
    survey_id = models.UUIDField(null=True)
    survey_record_id = models.UUIDField(null=True)
    contact_id = models.UUIDField(null=True)
    account_id = models.UUIDField(null=True)

    class Meta:
        db_table = "counted_answers"
        indexes = (
            models.Index(fields=("tenant_id", "seq"), name="counted_answers_seq"),
            models.Index(fields=("tenant_id", "at"), name="counted_answers_at"),
        )


class ScoreHour(TenantModel):
    """Counted answers of one hour, touchpoint, campaign and score."""

    personal = ()

    pk = models.CompositePrimaryKey("tenant_id", "hour", "touchpoint", "campaign_id", "score")
    #: When it began, in UTC.
    hour = models.DateTimeField()
    #: "" for none; `NO_CAMPAIGN`, `NO_SCORE`.
    touchpoint = models.TextField()
    campaign_id = models.UUIDField()
    score = models.SmallIntegerField()
    #: Answers.
    counted = models.BigIntegerField()

    class Meta:
        db_table = "score_hours"


class ScoreDay(TenantModel):
    """The same of one day: an hour has few answers of one touchpoint and score, so long periods are read from days."""

    personal = ()

    pk = models.CompositePrimaryKey("tenant_id", "day", "touchpoint", "campaign_id", "score")
    #: When it began, in UTC.
    day = models.DateTimeField()
    touchpoint = models.TextField()
    campaign_id = models.UUIDField()
    score = models.SmallIntegerField()
    #: Answers.
    counted = models.BigIntegerField()

    class Meta:
        db_table = "score_days"
