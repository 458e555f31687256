"""People and memberships."""

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
            name="Membership",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "user_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("user_id", models.UUIDField()),
                (
                    "role",
                    models.TextField(
                        choices=[
                            ("system_admin", "System Admin"),
                            ("admin", "Admin"),
                            ("user", "User"),
                        ]
                    ),
                ),
            ],
            options={
                "db_table": "memberships",
            },
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                (
                    "last_login",
                    models.DateTimeField(blank=True, null=True, verbose_name="last login"),
                ),
                (
                    "id",
                    models.UUIDField(default=uuid_utils.compat.uuid7, primary_key=True, serialize=False),
                ),
                ("email", models.TextField()),
                ("email_key", models.TextField()),
                ("name", models.TextField()),
                ("password", models.TextField()),
                ("is_active", models.BooleanField(db_default=True, default=True)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
            ],
            options={
                "db_table": "users",
                "constraints": [models.UniqueConstraint(fields=("email_key",), name="users_email_key")],
            },
        ),
        EnableRowSecurity("memberships"),
    ]
