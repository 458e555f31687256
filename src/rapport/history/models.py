"""The change ledger, the request history, its counts, idempotency keys, and values that no configuration maps.

These rows are written by `rapport.db` only; Django reads them, and erases values from them.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import models
from django.db.models.functions import Now

from rapport.groups import ids
from rapport.tenants.models import TenantModel

#: What can become of a record, and of these what wrote nothing because something was wrong.
OUTCOMES = ("created", "updated", "unchanged", "rejected", "not_written", "replayed")
ERRORS = ("rejected", "not_written")
#: What entries of a merge are labelled with (`directory.models.Merge.request`).
MERGE_LABEL = re.compile("merge-[0-9a-f-]{36}")
#: What the ledger has entries of.
OBJECT_TYPES = ("account", "contact", "survey_record", "response", "external_response", "activity")


class PlainJSONField(models.JSONField):
    """A `json` column. Unlike `jsonb` it keeps the escaped NULs and lone surrogates of refused input."""

    def db_type(self, connection: Any) -> str:
        """The column's type."""
        return "json"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        """The value as it is: the driver has decoded `json` already (Django stops it for `jsonb` only)."""
        return value


class Change(TenantModel):
    """One object changed by one record or person. `seq` is gap-free and ordered by commit within a tenant."""

    personal = ("diff", "links")
    #: Erasure redacts values, never rows.
    grants = ("select", "insert", "update (diff, links)")

    class Actor(models.TextChoices):
        """Who can change an object."""

        APP = "app"
        USER = "user"
        IMPORT = "import"
        WEBHOOK = "webhook"
        #: Somebody who answers; its id is the contact's, or none at a touchpoint.
        RESPONDENT = "respondent"
        #: A campaign that made a survey record.
        CAMPAIGN = "campaign"
        #: An undo; its id is its own.
        UNDO = "undo"
        #: What was sent before and is read again.
        REPLAY = "replay"
        #: Whoever runs `rapport`.
        COMMAND = "command"

    pk = models.CompositePrimaryKey("tenant_id", "seq")
    seq = models.BigIntegerField()
    at = models.DateTimeField()
    object_type = models.TextField()
    object_id = models.UUIDField()
    #: The version that the object had after this change.
    version = models.IntegerField()
    #: `created`, `updated`, `deleted`, `restored` or `merged`.
    kind = models.TextField()
    #: `{"field": [old, new], …}`
    diff = models.JSONField()
    actor_type = models.TextField(choices=Actor.choices)
    actor_id = models.UUIDField(null=True)
    request_id = models.TextField()
    configuration_id = models.UUIDField(null=True)
    configuration_version = models.IntegerField(null=True)
    #: The record that made it, as the request history names it; null in entries from before records had ids.
    record = models.UUIDField(null=True)
    #: The record that changed the object before.
    prev = models.UUIDField(null=True)
    #: What was tied and untied, by id: `{"account": [old, new], "keys": {"e:…": [found before, finds now]}}`
    links = models.JSONField(null=True)

    class Meta:
        db_table = "changes"
        indexes = (
            models.Index(
                fields=("tenant_id", "record"), condition=models.Q(record__isnull=False), name="changes_record"
            ),
            models.Index(
                fields=("tenant_id", "object_id", "seq"),
                condition=models.Q(record__isnull=True),
                name="changes_before",
            ),
        )

    @property
    def has_receipt(self) -> bool:
        """Whether a page tells how it came: an undo's, or a record's while the request history knows that.

        Merges, deletions, answers and campaigns bring no record; nor does what became of a survey record.
        """
        if self.actor_type in (self.Actor.RESPONDENT, self.Actor.CAMPAIGN):
            return False
        made = self.kind == "created" or (self.kind == "updated" and self.object_type != "survey_record")
        return self.actor_type == self.Actor.UNDO or (made and not MERGE_LABEL.fullmatch(self.request_id))

    @property
    def is_part(self) -> bool:
        """Whether the object became part of another one with it; the other one has a `merged` entry as well."""
        return self.kind == "merged" and "into" in (self.links or {})


class SentRecord(TenantModel):
    """One record that an authenticated caller sent. Partitioned by day, see `history.partitions`."""

    personal = ("objects_written", "sent", "errors", "email_key", "phone_key")
    #: Erasure and retention empty these columns; rows leave with their partition.
    grants = ("select", "insert", "update (objects, sent, errors, email_key, phone_key)")

    pk = models.CompositePrimaryKey("tenant_id", "at", "id")
    at = models.DateTimeField()
    id = models.UUIDField()
    request_id = models.TextField()
    #: The record's index in its request.
    position = models.IntegerField()
    actor_type = models.TextField(choices=Change.Actor.choices)
    actor_id = models.UUIDField(null=True)
    configuration_id = models.UUIDField(null=True)
    #: The HTTP status that the caller got.
    status = models.SmallIntegerField()
    outcome = models.TextField()
    objects_written = PlainJSONField(db_column="objects")
    sent = PlainJSONField(null=True)
    errors = PlainJSONField(null=True)
    #: Null where there is none.
    ignored = PlainJSONField(null=True)
    warnings = PlainJSONField(null=True)
    email_key = models.TextField(null=True)
    phone_key = models.TextField(null=True)
    #: Names, never values, of what came beside the record and nobody knows; null where there is none.
    parameters = PlainJSONField(null=True)

    @property
    def is_named(self) -> bool:
        """Whether its id is one of a group's range, as the ledger names it; rows from before have any."""
        return ids.moment_of(self.id) == self.at

    class Meta:
        db_table = "requests"
        managed = False


class IdempotencyKey(TenantModel):
    """The receipt of a request that may be repeated; kept for 24 hours."""

    personal = ("receipt",)

    pk = models.CompositePrimaryKey("tenant_id", "actor_id", "key")
    actor_id = models.UUIDField()
    key = models.TextField()
    #: Digest of what was sent; the same key with another digest is a mistake of the caller's.
    fingerprint = models.BinaryField()
    receipt = PlainJSONField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "idempotency_keys"


class UnmappedHeading(TenantModel):
    """A heading that came without being mapped. The empty one counts those that gave way to others."""

    personal = ()

    pk = models.CompositePrimaryKey("tenant_id", "configuration_id", "heading")
    configuration_id = models.UUIDField()
    heading = models.TextField()
    count = models.BigIntegerField()
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    #: When somebody said that it is all right so.
    dismissed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "unmapped_headings"


class UnmappedValue(TenantModel):
    """One of the newest values under an unmapped heading, with its contact's keys, so that erasure finds it."""

    personal = ("value", "email_key", "phone_key")

    pk = models.CompositePrimaryKey("tenant_id", "configuration_id", "heading", "id")
    configuration_id = models.UUIDField()
    heading = models.TextField()
    #: Rises with time.
    id = models.UUIDField()
    at = models.DateTimeField()
    value = models.TextField()
    email_key = models.TextField(null=True)
    phone_key = models.TextField(null=True)

    class Meta:
        db_table = "unmapped_values"


class MappedHeading(TenantModel):
    """When a mapped heading was last sent, to the minute: one that went quiet may have been renamed."""

    personal = ()

    pk = models.CompositePrimaryKey("tenant_id", "configuration_id", "heading")
    configuration_id = models.UUIDField()
    heading = models.TextField()
    last_seen = models.DateTimeField()

    class Meta:
        db_table = "mapped_headings"


class HourlyCount(TenantModel):
    """Records of one sender, configuration and outcome in one hour; a nil id is none. Kept for 90 days."""

    personal = ()

    pk = models.CompositePrimaryKey("tenant_id", "hour", "actor_type", "actor_id", "configuration_id", "outcome")
    #: When it began.
    hour = models.DateTimeField()
    actor_type = models.TextField(choices=Change.Actor.choices)
    actor_id = models.UUIDField()
    configuration_id = models.UUIDField()
    outcome = models.TextField()
    records = models.BigIntegerField()
    #: Those with a heading that nothing maps.
    records_ignored = models.BigIntegerField()
    last_at = models.DateTimeField()

    class Meta:
        db_table = "hourly_counts"

    @classmethod
    def lately(cls, tenant_id: int, span: timedelta, now: datetime | None = None) -> models.QuerySet[HourlyCount]:
        """The counts of so long until now, the present hour among them: a range of the primary key."""
        return cls.objects.filter(tenant_id=tenant_id, hour__gt=this_hour(now) - span)


def this_hour(now: datetime | None = None) -> datetime:
    """The beginning of the present hour in UTC."""
    return (now or datetime.now(UTC)).astimezone(UTC).replace(minute=0, second=0, microsecond=0)
