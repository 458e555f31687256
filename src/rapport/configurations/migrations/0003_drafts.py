"""Drafts of configurations, and why somebody edited one."""

from __future__ import annotations

from django.db import migrations, models

from rapport.tenants.operations import EnableRowSecurity


class Migration(migrations.Migration):
    dependencies = [
        ("configurations", "0002_fields_touchpoints_edits"),
    ]

    operations = [
        migrations.CreateModel(
            name="ConfigurationDraft",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id", "configuration_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("configuration_id", models.UUIDField()),
                ("content", models.JSONField()),
                ("based_on", models.IntegerField()),
                ("comment", models.TextField(null=True)),
                ("actor_type", models.TextField()),
                ("actor_id", models.UUIDField(null=True)),
                ("actor_name", models.TextField()),
                ("updated_at", models.DateTimeField()),
            ],
            options={
                "db_table": "configuration_drafts",
            },
        ),
        migrations.AddField(
            model_name="configurationedit",
            name="comment",
            field=models.TextField(null=True),
        ),
        EnableRowSecurity("configuration_drafts"),
    ]
