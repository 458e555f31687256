"""Surveys and their versions: what is asked."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from rapport.history.models import PlainJSONField
from rapport.tenants.models import TenantModel


class Survey(TenantModel):
    """What is asked: a name for a row of versions, the newest of which is shown to whoever opens it."""

    personal = ()
    grants = ("select", "insert", "update")

    class State(models.TextChoices):
        """Whether it may be shown: a draft to nobody, an archived one to whoever was asked already."""

        DRAFT = "draft"
        LIVE = "live"
        ARCHIVED = "archived"

    pk = models.CompositePrimaryKey("tenant_id", "id")
    id = models.UUIDField(default=uuid7)
    #: What callers and files call it.
    reference = models.TextField()
    #: As its newest version has it.
    name = models.TextField()
    state = models.TextField(choices=State.choices, db_default=State.DRAFT)
    #: Whether survey records that name no survey ask this one; one of each system does.
    is_default = models.BooleanField(db_default=False)
    #: The newest version; what `ETag` carries.
    version = models.IntegerField(db_default=1)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "surveys"
        constraints = (
            models.UniqueConstraint(fields=("tenant_id", "reference"), name="surveys_reference"),
            models.UniqueConstraint(fields=("tenant_id",), condition=models.Q(is_default=True), name="surveys_default"),
            models.CheckConstraint(condition=models.Q(state__in=("draft", "live", "archived")), name="surveys_state"),
            models.CheckConstraint(
                condition=models.Q(is_default=False) | models.Q(state="live"), name="surveys_default_is_live"
            ),
        )


class SurveyVersion(TenantModel):
    """One version of a survey. Never changed, so that whoever has read it may keep it."""

    personal = ("actor_name",)
    grants = ("select", "insert")

    pk = models.CompositePrimaryKey("tenant_id", "survey_id", "version")
    survey_id = models.UUIDField()
    version = models.IntegerField()
    #: Questions, pages, languages, branding (`feedback/documents`).
    document = PlainJSONField()
    at = models.DateTimeField(db_default=Now())
    #: `app`, `user` or `command`.
    actor_type = models.TextField()
    actor_id = models.UUIDField(null=True)
    actor_name = models.TextField()

    class Meta:
        db_table = "survey_versions"
