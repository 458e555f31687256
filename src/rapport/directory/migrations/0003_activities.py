"""Activities."""

from __future__ import annotations

from django.db import migrations, models

from rapport.tenants.operations import CompositeForeignKey, EnableRowSecurity


class Migration(migrations.Migration):
    dependencies = [
        ("directory", "0002_write_types"),
    ]

    operations = [
        migrations.CreateModel(
            name="Activity",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("id", models.UUIDField()),
                ("reference", models.TextField()),
                ("account_id", models.UUIDField()),
                ("contact_id", models.UUIDField(null=True)),
                ("type", models.TextField()),
                ("source", models.TextField()),
                ("happened_at", models.DateTimeField()),
                ("information", models.TextField(null=True)),
                ("attributes", models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict)),
                ("version", models.IntegerField()),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
            ],
            options={
                "db_table": "activities",
                "indexes": [models.Index(fields=["tenant_id", "account_id", "happened_at"], name="activities_account")],
                "constraints": [
                    models.UniqueConstraint(fields=("tenant_id", "reference"), name="activities_reference")
                ],
            },
        ),
        CompositeForeignKey("activities", "account_id", to="accounts"),
        CompositeForeignKey("activities", "contact_id", to="contacts"),
        EnableRowSecurity("activities"),
    ]
