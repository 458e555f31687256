"""Connected Apps, secrets, tokens."""

from __future__ import annotations

import django.contrib.postgres.fields
import django.db.models.functions.datetime
import uuid_utils.compat
from django.db import migrations, models

from rapport.tenants.operations import CompositeForeignKey, EnableRowSecurity


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="AccessToken",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "hash",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("hash", models.BinaryField()),
                ("app_id", models.UUIDField()),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None),
                ),
                ("issued_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "access_tokens",
            },
        ),
        migrations.CreateModel(
            name="AppSecret",
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
                ("app_id", models.UUIDField()),
                ("hash", models.BinaryField()),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                ("expires_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "app_secrets",
            },
        ),
        migrations.CreateModel(
            name="ConnectedApp",
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
                ("name", models.TextField()),
                ("client_id", models.TextField()),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None),
                ),
                ("rate", models.IntegerField(null=True)),
                ("active", models.BooleanField(db_default=True, default=True)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                ("last_used_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "connected_apps",
                "constraints": [
                    models.UniqueConstraint(fields=("tenant_id", "client_id"), name="connected_apps_client_id")
                ],
            },
        ),
        CompositeForeignKey("app_secrets", "app_id", to="connected_apps"),
        CompositeForeignKey("access_tokens", "app_id", to="connected_apps"),
        EnableRowSecurity("connected_apps"),
        EnableRowSecurity("app_secrets"),
        EnableRowSecurity("access_tokens"),
    ]
