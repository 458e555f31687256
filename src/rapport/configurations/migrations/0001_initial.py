"""Import configurations."""

from __future__ import annotations

import django.db.models.functions.datetime
import uuid_utils.compat
from django.db import migrations, models

from rapport.tenants.operations import EnableRowSecurity


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Configuration",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("id", models.UUIDField(default=uuid_utils.compat.uuid7)),
                ("reference", models.TextField()),
                ("name", models.TextField()),
                ("kind", models.TextField(choices=[("api", "Api"), ("file", "File")])),
                ("data_type", models.TextField()),
                ("mapping", models.JSONField()),
                (
                    "options",
                    models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict),
                ),
                ("is_default", models.BooleanField(db_default=False, default=False)),
                ("active", models.BooleanField(db_default=True, default=True)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "updated_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
            ],
            options={
                "db_table": "configurations",
                "constraints": [
                    models.UniqueConstraint(fields=("tenant_id", "reference"), name="configurations_reference")
                ],
            },
        ),
        EnableRowSecurity("configurations"),
    ]
