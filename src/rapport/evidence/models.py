"""Undos and replays: what was taken back or sent again, by whom, and how far each has come."""

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


class Replay(TenantModel):
    """One replay. The place of the last record that was looked at is the checkpoint: they go by, oldest first."""

    personal = ("author_name", "asked", "corrected")

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
    #: SHA-256 of the plan's token: committed twice it is the same replay.
    token = models.BinaryField()
    #: What was asked for, as it was asked, without what somebody wrote in the place of what was sent; and that, until
    #: it is written.
    asked = models.JSONField()
    corrected = models.JSONField(null=True)
    #: Records that came later are left alone.
    until = models.DateTimeField()
    #: Id of a configuration -> the version that the plan read with.
    versions = models.JSONField()
    #: How many records the plan found, and how many have been looked at.
    total = models.BigIntegerField()
    read = models.BigIntegerField(default=0)
    author_type = models.TextField()
    author_id = models.UUIDField(null=True)
    author_name = models.TextField()
    #: The last record that was looked at.
    position_at = models.DateTimeField(null=True)
    position_id = models.UUIDField(null=True)
    #: Records by what became of them.
    applied = models.BigIntegerField(default=0)
    unchanged = models.BigIntegerField(default=0)
    kept = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)
    #: Why fields stayed and records were refused, counted.
    reasons = models.JSONField(default=dict)
    #: The first and the last entry of the ledger that it made.
    first_seq = models.BigIntegerField(null=True)
    last_seq = models.BigIntegerField(null=True)
    started_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "replays"
        constraints = (models.UniqueConstraint(fields=("tenant_id", "token"), name="replays_token"),)


class ReplayedRecord(TenantModel):
    """A record that a replay made, and the one that it repeats, whose age it has; kept as the request history is."""

    personal = ()

    pk = models.CompositePrimaryKey("tenant_id", "made")
    made = models.UUIDField()
    record = models.UUIDField()
    replay_id = models.UUIDField()
    #: Whether all of it was put through again, which is done once; else a heading of it.
    whole = models.BooleanField()

    class Meta:
        db_table = "replayed_records"
        constraints = (
            models.UniqueConstraint(
                fields=("tenant_id", "record"), condition=models.Q(whole=True), name="replayed_records_whole"
            ),
        )
