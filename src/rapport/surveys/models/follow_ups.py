"""What people do about answers, and which answers they are told of."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from rapport.tenants.models import TenantModel


class FollowUp(TenantModel):
    """How far somebody has got with a response or an external response; without a row it is open and nobody's."""

    personal = ()
    grants = ("select", "insert", "update")

    class State(models.TextChoices):
        """As the reference names them."""

        OPEN = "open", "Open"
        IN_PROGRESS = "in_progress", "In Progress"
        CLOSED = "closed", "Closed"

    pk = models.CompositePrimaryKey("tenant_id", "answer_id")
    answer_id = models.UUIDField()
    state = models.TextField(choices=State.choices, db_default=State.OPEN)
    #: A member.
    assignee_id = models.UUIDField(null=True)
    version = models.IntegerField(db_default=1)
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "follow_ups"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(state__in=("open", "in_progress", "closed")), name="follow_ups_state"
            ),
        )
        indexes = (
            models.Index(
                fields=("tenant_id", "assignee_id"),
                condition=models.Q(assignee_id__isnull=False),
                name="follow_ups_assignee",
            ),
        )


class FollowUpNote(TenantModel):
    """One act on a follow-up and what its author wrote with it. Erasure finds it by the answer."""

    personal = ("author_name", "assignee", "text")
    grants = ("select", "insert", "update (author_name, assignee, text)")

    pk = models.CompositePrimaryKey("tenant_id", "answer_id", "id")
    answer_id = models.UUIDField()
    id = models.UUIDField(default=uuid7)
    at = models.DateTimeField(db_default=Now())
    #: `app` or `user`.
    author_type = models.TextField()
    author_id = models.UUIDField(null=True)
    author_name = models.TextField()
    #: The state that it has from then on; null where that stayed.
    state = models.TextField(null=True)
    #: The name of whoever has it from then on, "" for nobody; null where that stayed.
    assignee = models.TextField(null=True)
    text = models.TextField(db_default="")

    class Meta:
        db_table = "follow_up_notes"

    @property
    def state_label(self) -> str:
        """The state in the reference's words; "" where it stayed."""
        return FollowUp.State(self.state).label if self.state else ""


class AlertRule(TenantModel):
    """Which answers members are mailed about; what is null or empty is every one."""

    personal = ("value",)

    pk = models.CompositePrimaryKey("tenant_id", "id")
    id = models.UUIDField(default=uuid7)
    name = models.TextField()
    active = models.BooleanField(db_default=True)
    #: `detractor`, `passive`, `promoter`.
    score_groups = ArrayField(models.TextField(), db_default=[], default=list)
    touchpoint = models.TextField(null=True)
    account_id = models.UUIDField(null=True)
    #: A field by its name among `feedback.fields`, and the value that it must have.
    field = models.TextField(null=True)
    value = models.TextField(null=True)
    #: Only those that ask to be called back.
    follow_up_request = models.BooleanField(db_default=False)
    #: Members.
    user_ids = ArrayField(models.UUIDField(), db_default=[], default=list)
    version = models.IntegerField(db_default=1)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "alert_rules"
        constraints = (models.UniqueConstraint(fields=("tenant_id", "name"), name="alert_rules_name"),)
