"""Sessions, one-time links, invitations; people see their own memberships whatever the tenant."""

from __future__ import annotations

import django.db.models.functions.datetime
import uuid_utils.compat
from django.db import migrations, models

from rapport.tenants.operations import EnableRowSecurity

#: Beside the policy `tenant`: either lets a row be seen.
OWN_MEMBERSHIPS = (
    "create policy person on memberships for select"
    " using (user_id = (select nullif(current_setting('rapport.user_id', true), '')::uuid))"
)


class Migration(migrations.Migration):
    dependencies = [
        ("members", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="FailedAttempt",
            fields=[
                ("key", models.BinaryField(primary_key=True, serialize=False)),
                ("failures", models.IntegerField()),
                ("window_start", models.DateTimeField(db_index=True)),
            ],
            options={
                "db_table": "failed_attempts",
            },
        ),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("id", models.UUIDField(default=uuid_utils.compat.uuid7)),
                ("hash", models.BinaryField()),
                ("email", models.TextField()),
                ("email_key", models.TextField()),
                (
                    "role",
                    models.TextField(choices=[("user", "User"), ("admin", "Admin"), ("system_admin", "System Admin")]),
                ),
                ("invited_by", models.UUIDField(null=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("expires_at", models.DateTimeField()),
                ("accepted_at", models.DateTimeField(null=True)),
                ("revoked_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "invitations",
            },
        ),
        migrations.CreateModel(
            name="OneTimeLink",
            fields=[
                ("hash", models.BinaryField(primary_key=True, serialize=False)),
                ("user_id", models.UUIDField()),
                ("purpose", models.TextField(choices=[("sign_in", "Sign In"), ("reset", "Reset")])),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "one_time_links",
            },
        ),
        migrations.CreateModel(
            name="Session",
            fields=[
                ("session_key", models.TextField(primary_key=True, serialize=False)),
                ("session_data", models.TextField()),
                ("expire_date", models.DateTimeField(db_index=True)),
                ("user_id", models.UUIDField(db_index=True, null=True)),
                ("signed_in_at", models.DateTimeField(null=True)),
                ("seen_at", models.DateTimeField(null=True)),
                ("agent", models.TextField(default="")),
            ],
            options={
                "db_table": "sessions",
            },
        ),
        migrations.AlterField(
            model_name="membership",
            name="role",
            field=models.TextField(choices=[("user", "User"), ("admin", "Admin"), ("system_admin", "System Admin")]),
        ),
        migrations.AddIndex(
            model_name="membership",
            index=models.Index(fields=["user_id"], name="memberships_user"),
        ),
        migrations.AddConstraint(
            model_name="invitation",
            constraint=models.UniqueConstraint(fields=("tenant_id", "hash"), name="invitations_hash"),
        ),
        EnableRowSecurity("invitations"),
        migrations.RunSQL(OWN_MEMBERSHIPS, "drop policy person on memberships"),
    ]
