"""Custom fields, touchpoints, and the edits of configurations."""

from __future__ import annotations

import django.db.models.functions.datetime
import uuid_utils.compat
from django.db import migrations, models

from rapport.tenants.operations import EnableRowSecurity


class Migration(migrations.Migration):
    dependencies = [
        ("configurations", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="ConfigurationEdit",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "configuration_id",
                        "version",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("configuration_id", models.UUIDField()),
                ("version", models.IntegerField()),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("actor_type", models.TextField()),
                ("actor_id", models.UUIDField(null=True)),
                ("actor_name", models.TextField()),
                ("before", models.JSONField(null=True)),
                ("after", models.JSONField(null=True)),
            ],
            options={
                "db_table": "configuration_edits",
            },
        ),
        migrations.CreateModel(
            name="CustomField",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("id", models.UUIDField(default=uuid_utils.compat.uuid7)),
                ("object", models.TextField()),
                ("name", models.TextField()),
                ("label", models.TextField()),
                ("type", models.TextField()),
                ("choices", models.JSONField(null=True)),
                ("version", models.IntegerField(db_default=1, default=1)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("archived_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "custom_fields",
            },
        ),
        migrations.CreateModel(
            name="Touchpoint",
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
                ("name_key", models.TextField()),
                ("active", models.BooleanField(db_default=True, default=True)),
                ("version", models.IntegerField(db_default=1, default=1)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "db_table": "touchpoints",
            },
        ),
        migrations.AddField(
            model_name="configuration",
            name="version",
            field=models.IntegerField(db_default=1, default=1),
        ),
        migrations.AddConstraint(
            model_name="configuration",
            constraint=models.UniqueConstraint(fields=("tenant_id", "kind", "name"), name="configurations_name"),
        ),
        migrations.AddConstraint(
            model_name="customfield",
            constraint=models.UniqueConstraint(fields=("tenant_id", "object", "name"), name="custom_fields_name"),
        ),
        migrations.AddConstraint(
            model_name="touchpoint",
            constraint=models.UniqueConstraint(fields=("tenant_id", "name_key"), name="touchpoints_name_key"),
        ),
        EnableRowSecurity("configuration_edits"),
        EnableRowSecurity("custom_fields"),
        EnableRowSecurity("touchpoints"),
    ]
