"""Imports, the progress of their chunks, and the rows that failed."""

from __future__ import annotations

import django.db.models.functions.datetime
import uuid_utils.compat
from django.db import migrations, models

from rapport.tenants.operations import EnableRowSecurity


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="ImportChunk",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "import_id",
                        "number",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("import_id", models.UUIDField()),
                ("number", models.IntegerField()),
                ("outcomes", models.TextField()),
                ("lines", models.JSONField()),
                ("first_record", models.UUIDField(null=True)),
            ],
            options={
                "db_table": "import_chunks",
            },
        ),
        migrations.CreateModel(
            name="ImportFailure",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "import_id",
                        "number",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("import_id", models.UUIDField()),
                ("number", models.IntegerField()),
                ("first_line", models.IntegerField()),
                ("last_line", models.IntegerField()),
                ("start", models.BigIntegerField()),
                ("end", models.BigIntegerField()),
                ("faults", models.JSONField()),
            ],
            options={
                "db_table": "import_failures",
            },
        ),
        migrations.CreateModel(
            name="Import",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("id", models.UUIDField(default=uuid_utils.compat.uuid7)),
                ("name", models.TextField()),
                ("configuration_id", models.UUIDField()),
                (
                    "state",
                    models.TextField(
                        choices=[
                            ("received", "Received"),
                            ("checking", "Checking"),
                            ("waiting", "Waiting"),
                            ("running", "Running"),
                            ("paused", "Paused"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="received",
                    ),
                ),
                ("reason", models.TextField(null=True)),
                ("author_type", models.TextField()),
                ("author_id", models.UUIDField(null=True)),
                ("author_name", models.TextField()),
                ("manual", models.BooleanField(default=False)),
                ("dry_run", models.BooleanField(default=False)),
                ("received_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("started_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("size", models.BigIntegerField()),
                ("bytes", models.BigIntegerField(null=True)),
                ("sha256", models.BinaryField(null=True)),
                ("packed", models.JSONField(default=list)),
                ("layout", models.JSONField(null=True)),
                ("encoding", models.TextField(null=True)),
                ("readings", models.JSONField(default=list)),
                ("unmapped", models.JSONField(default=list)),
                ("notes", models.JSONField(default=list)),
                ("head_start", models.BigIntegerField(default=0)),
                ("head_end", models.BigIntegerField(default=0)),
                ("head_line", models.IntegerField(default=1)),
                ("offset", models.BigIntegerField(default=0)),
                ("line", models.IntegerField(default=1)),
                ("read", models.IntegerField(default=0)),
                ("created", models.IntegerField(default=0)),
                ("updated", models.IntegerField(default=0)),
                ("unchanged", models.IntegerField(default=0)),
                ("rejected", models.IntegerField(default=0)),
                ("blank", models.IntegerField(default=0)),
                ("seconds", models.FloatField(default=0)),
                ("first_seq", models.BigIntegerField(null=True)),
                ("last_seq", models.BigIntegerField(null=True)),
                ("rehearsal", models.JSONField(null=True)),
                ("forgotten", models.BooleanField(default=False)),
            ],
            options={
                "db_table": "imports",
                "indexes": [models.Index(fields=["tenant_id", "sha256", "id"], name="imports_sha256")],
            },
        ),
        *(EnableRowSecurity(table) for table in ("imports", "import_chunks", "import_failures")),
    ]
