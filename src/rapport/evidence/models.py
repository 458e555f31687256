"""Undos: which entries were taken back, by whom, and how far each has come."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from rapport.tenants.models import TenantModel


class Undo(TenantModel):
    """One undo. `kind` and `position` are the checkpoint: steps go through the kinds of objects, newest entry first."""

    personal = ("author_name",)

    class State(models.TextChoices):
        """Where it is."""

        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    pk = models.CompositePrimaryKey("tenant_id", "id")
    id = models.UUIDField(default=uuid7)
    state = models.TextField(choices=State.choices, default=State.RUNNING)
    #: Why it failed, in one sentence.
    reason = models.TextField(null=True)
    #: SHA-256 of the plan's token: committed twice it is the same undo.
    token = models.BinaryField()
    #: What was asked for, as it was asked; and the columns of the type `undo_set_1`.
    asked = models.JSONField()
    entries = models.JSONField()
    #: The ledger's number when it was planned: what others changed behind it stays.
    behind = models.BigIntegerField()
    author_type = models.TextField()
    author_id = models.UUIDField(null=True)
    author_name = models.TextField()
    #: Which of the kinds is being gone through, and the number before which it goes on.
    kind = models.SmallIntegerField(default=0)
    position = models.BigIntegerField()
    #: Fields, objects, fields.
    restored = models.BigIntegerField(default=0)
    deleted = models.BigIntegerField(default=0)
    kept = models.BigIntegerField(default=0)
    #: Why fields stayed as they are, counted.
    reasons = models.JSONField(default=dict)
    #: The first and the last entry of the ledger that it made.
    first_seq = models.BigIntegerField(null=True)
    last_seq = models.BigIntegerField(null=True)
    started_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "undos"
        constraints = (models.UniqueConstraint(fields=("tenant_id", "token"), name="undos_token"),)
