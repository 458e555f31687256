"""Merges of contacts and accounts."""

from __future__ import annotations

import django.db.models.functions.datetime
import uuid_utils.compat
from django.db import migrations, models

from rapport.tenants.operations import EnableRowSecurity


class Migration(migrations.Migration):
    dependencies = [("directory", "0008_deleted")]

    operations = [
        migrations.CreateModel(
            name="Merge",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("id", models.UUIDField(default=uuid_utils.compat.uuid7)),
                ("object_type", models.TextField()),
                ("kept_id", models.UUIDField()),
                ("merged_ids", models.JSONField()),
                (
                    "state",
                    models.TextField(choices=[("running", "Running"), ("done", "Done")], default="running"),
                ),
                ("author_type", models.TextField()),
                ("author_id", models.UUIDField(null=True)),
                ("author_name", models.TextField()),
                ("total", models.BigIntegerField(default=0)),
                ("moved", models.BigIntegerField(default=0)),
                ("first_seq", models.BigIntegerField(null=True)),
                ("last_seq", models.BigIntegerField(null=True)),
                ("started_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={"db_table": "merges"},
        ),
        EnableRowSecurity("merges"),
    ]
