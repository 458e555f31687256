"""Replays, and which records they repeated."""

from __future__ import annotations

import django.db.models.functions.datetime
import uuid_utils.compat
from django.db import migrations, models

from rapport.tenants.operations import EnableRowSecurity


class Migration(migrations.Migration):
    dependencies = [("evidence", "0001_undos")]

    operations = [
        migrations.CreateModel(
            name="Replay",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("id", models.UUIDField(default=uuid_utils.compat.uuid7)),
                (
                    "state",
                    models.TextField(
                        choices=[("running", "Running"), ("done", "Done"), ("failed", "Failed")], default="running"
                    ),
                ),
                ("reason", models.TextField(null=True)),
                ("token", models.BinaryField()),
                ("asked", models.JSONField()),
                ("corrected", models.JSONField(null=True)),
                ("until", models.DateTimeField()),
                ("versions", models.JSONField()),
                ("total", models.BigIntegerField()),
                ("read", models.BigIntegerField(default=0)),
                ("author_type", models.TextField()),
                ("author_id", models.UUIDField(null=True)),
                ("author_name", models.TextField()),
                ("position_at", models.DateTimeField(null=True)),
                ("position_id", models.UUIDField(null=True)),
                ("applied", models.BigIntegerField(default=0)),
                ("unchanged", models.BigIntegerField(default=0)),
                ("kept", models.BigIntegerField(default=0)),
                ("rejected", models.BigIntegerField(default=0)),
                ("reasons", models.JSONField(default=dict)),
                ("first_seq", models.BigIntegerField(null=True)),
                ("last_seq", models.BigIntegerField(null=True)),
                ("started_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "replays",
                "constraints": [models.UniqueConstraint(fields=("tenant_id", "token"), name="replays_token")],
            },
        ),
        migrations.CreateModel(
            name="ReplayedRecord",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id", "made", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("made", models.UUIDField()),
                ("record", models.UUIDField()),
                ("replay_id", models.UUIDField()),
                ("whole", models.BooleanField()),
            ],
            options={
                "db_table": "replayed_records",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("whole", True)),
                        fields=("tenant_id", "record"),
                        name="replayed_records_whole",
                    )
                ],
            },
        ),
        EnableRowSecurity("replays"),
        EnableRowSecurity("replayed_records"),
    ]
