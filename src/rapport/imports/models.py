"""Imports, the progress of their chunks, and the rows that failed."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from rapport.tenants.models import TenantModel

#: Counts of an import; `read` is their sum.
COUNTS = ("created", "updated", "unchanged", "rejected", "blank")


class Import(TenantModel):
    """One file on its way. Everything that a person watches is here; `offset`, `line` and `read` are the checkpoint."""

    personal = ("name", "author_name", "reason", "notes", "readings")

    class State(models.TextChoices):
        """Where it is."""

        RECEIVED = "received", "Received"
        CHECKING = "checking", "Checking"
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        PAUSED = "paused", "Paused"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    pk = models.CompositePrimaryKey("tenant_id", "id")
    id = models.UUIDField(default=uuid7)
    #: What the file was called.
    name = models.TextField()
    configuration_id = models.UUIDField()
    state = models.TextField(choices=State.choices, default=State.RECEIVED)
    #: Why it waits or failed, in one sentence.
    reason = models.TextField(null=True)
    #: Who sent it: `app`, `user` or `command`.
    author_type = models.TextField()
    author_id = models.UUIDField(null=True)
    author_name = models.TextField()
    #: Whether it waits for a person once it is checked.
    manual = models.BooleanField(default=False)
    #: Whether the run that is under way, or was the last one, writes nothing.
    dry_run = models.BooleanField(default=False)
    received_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    #: Bytes that were sent; bytes and digest of what they hold, unpacked.
    size = models.BigIntegerField()
    bytes = models.BigIntegerField(null=True)
    sha256 = models.BinaryField(null=True)
    #: What it was packed in, and how it is read (`reading.rows.Layout`); null until it is checked.
    packed = models.JSONField(default=list)
    layout = models.JSONField(null=True)
    #: What somebody has said that it is encoded in; null as long as its looks decide.
    encoding = models.TextField(null=True)
    #: Where that is in doubt: some of its lines in the likeliest encodings (`reading.readings.Reading`).
    readings = models.JSONField(default=list)
    #: Headings that its configuration did not map when it was checked.
    unmapped = models.JSONField(default=list)
    #: What a person should know, in sentences.
    notes = models.JSONField(default=list)
    #: The bytes of the line of headings.
    head_start = models.BigIntegerField(default=0)
    head_end = models.BigIntegerField(default=0)
    head_line = models.IntegerField(default=1)
    #: Where the next row begins, its physical line, and how many rows were read.
    offset = models.BigIntegerField(default=0)
    line = models.IntegerField(default=1)
    read = models.IntegerField(default=0)
    created = models.IntegerField(default=0)
    updated = models.IntegerField(default=0)
    unchanged = models.IntegerField(default=0)
    rejected = models.IntegerField(default=0)
    blank = models.IntegerField(default=0)
    #: For how long rows were read and written, in seconds, without pauses.
    seconds = models.FloatField(default=0)
    #: The first and the last entry of the ledger that it made.
    first_seq = models.BigIntegerField(null=True)
    last_seq = models.BigIntegerField(null=True)
    #: Counts of the dry run before.
    rehearsal = models.JSONField(null=True)
    #: Whether its file, failed rows and outcomes are deleted.
    forgotten = models.BooleanField(default=False)

    class Meta:
        db_table = "imports"
        indexes = (models.Index(fields=("tenant_id", "sha256", "id"), name="imports_sha256"),)


#: States that something may still follow by itself or by a person.
OPEN = (
    Import.State.RECEIVED,
    Import.State.CHECKING,
    Import.State.WAITING,
    Import.State.RUNNING,
    Import.State.PAUSED,
)  # fmt: skip


class ImportChunk(TenantModel):
    """Rows that were committed together, and what became of each."""

    personal = ()

    pk = models.CompositePrimaryKey("tenant_id", "import_id", "number")
    import_id = models.UUIDField()
    #: Of its first row.
    number = models.IntegerField()
    #: A letter for each row (`running.LETTERS`).
    outcomes = models.TextField()
    #: The physical line of each row.
    lines = models.JSONField()
    #: The record of its first row that was not blank; the others' follow. Null in a dry run.
    first_record = models.UUIDField(null=True)

    class Meta:
        db_table = "import_chunks"


class ImportFailure(TenantModel):
    """A row that was rejected."""

    personal = ("faults",)

    pk = models.CompositePrimaryKey("tenant_id", "import_id", "number")
    import_id = models.UUIDField()
    #: Of the row.
    number = models.IntegerField()
    first_line = models.IntegerField()
    last_line = models.IntegerField()
    #: Its bytes in the file.
    start = models.BigIntegerField()
    end = models.BigIntegerField()
    #: `[{"heading": …, "value": …, "sentence": …}, …]`; heading and value null where it is about the whole row.
    faults = models.JSONField()

    class Meta:
        db_table = "import_failures"
