"""One index of the ledger by record; by object only what has none. Built while others write.

A build that was cut off leaves an index that nobody uses: it is dropped first.
"""

from __future__ import annotations

from django.db import migrations, models

from rapport.tenants.operations import IndexConcurrently

RECORD = models.Index(fields=("tenant_id", "record"), condition=models.Q(record__isnull=False), name="changes_record")
BEFORE = models.Index(
    fields=("tenant_id", "object_id", "seq"), condition=models.Q(record__isnull=True), name="changes_before"
)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("history", "0007_record")]

    operations = [
        IndexConcurrently("change", RECORD),
        IndexConcurrently("change", BEFORE),
        migrations.RunSQL(
            [
                "set lock_timeout = 0",
                "drop index concurrently if exists changes_object",
                "drop index concurrently if exists changes_at",
                "reset lock_timeout",
            ],
            migrations.RunSQL.noop,
            state_operations=[
                migrations.RemoveIndex("change", "changes_object"),
                migrations.RemoveIndex("change", "changes_at"),
            ],
        ),
    ]
