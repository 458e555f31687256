"""The audit log."""

from __future__ import annotations

import django.db.models.functions.datetime
import uuid_utils.compat
from django.db import migrations, models

from rapport.tenants.operations import EnableRowSecurity


class Migration(migrations.Migration):
    dependencies = [("tenants", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "at",
                        "id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("id", models.UUIDField(default=uuid_utils.compat.uuid7)),
                ("actor_type", models.TextField()),
                ("actor_id", models.UUIDField(null=True)),
                ("actor_name", models.TextField()),
                ("action", models.TextField()),
                ("object_type", models.TextField()),
                ("object_id", models.TextField()),
                ("object_name", models.TextField()),
                ("details", models.JSONField()),
                ("request_id", models.TextField(null=True)),
            ],
            options={
                "db_table": "audit_entries",
                "indexes": [
                    models.Index(fields=("tenant_id", "actor_id", "at", "id"), name="audit_entries_actor"),
                    models.Index(fields=("tenant_id", "action", "at", "id"), name="audit_entries_action"),
                    models.Index(fields=("tenant_id", "object_id", "at", "id"), name="audit_entries_object"),
                ],
            },
        ),
        EnableRowSecurity("audit_entries"),
    ]
