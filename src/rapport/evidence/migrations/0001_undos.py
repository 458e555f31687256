"""Undos (db/functions/undo_1.sql)."""

from __future__ import annotations

from importlib import resources

import django.db.models.functions.datetime
import uuid_utils.compat
from django.db import migrations, models

from rapport.tenants.operations import EnableRowSecurity

CREATE = resources.files("rapport.db").joinpath("functions/undo_1.sql").read_text(encoding="utf-8")
DROP = """
drop function find_moved_1, next_undone_1, take_undo_step_1, plan_undo_1, undo_plain_1, undo_verdicts_1;
drop function undo_refers_since_1;
drop function undo_floor_1, undo_holds_1;
drop type undo_plain_1, undo_move_1, undo_set_1;
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("history", "0015_rewrites"),
        ("directory", "0008_deleted"),
        ("surveys", "0011_deleted"),
        ("campaigns", "0002_ledger"),
    ]

    operations = [
        migrations.CreateModel(
            name="Undo",
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
                ("entries", models.JSONField()),
                ("behind", models.BigIntegerField()),
                ("author_type", models.TextField()),
                ("author_id", models.UUIDField(null=True)),
                ("author_name", models.TextField()),
                ("kind", models.SmallIntegerField(default=0)),
                ("position", models.BigIntegerField()),
                ("restored", models.BigIntegerField(default=0)),
                ("deleted", models.BigIntegerField(default=0)),
                ("kept", models.BigIntegerField(default=0)),
                ("reasons", models.JSONField(default=dict)),
                ("first_seq", models.BigIntegerField(null=True)),
                ("last_seq", models.BigIntegerField(null=True)),
                ("started_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "undos",
                "constraints": [models.UniqueConstraint(fields=("tenant_id", "token"), name="undos_token")],
            },
        ),
        EnableRowSecurity("undos"),
        migrations.RunSQL(CREATE, DROP),
    ]
