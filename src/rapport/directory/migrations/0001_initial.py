"""Accounts, contacts and the keys that find them."""

from __future__ import annotations

from django.db import migrations, models

from rapport.tenants.operations import CompositeForeignKey, EnableRowSecurity, StorageParameters


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Account",
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
                ("id", models.UUIDField()),
                ("name", models.TextField()),
                ("manager", models.TextField(null=True)),
                ("manager_email", models.TextField(null=True)),
                ("parent_account", models.TextField(null=True)),
                ("industry", models.TextField(null=True)),
                ("company_size", models.TextField(null=True)),
                ("region", models.TextField(null=True)),
                ("number", models.TextField(null=True)),
                (
                    "attributes",
                    models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict),
                ),
                ("version", models.IntegerField()),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
            ],
            options={
                "db_table": "accounts",
            },
        ),
        migrations.CreateModel(
            name="ContactKey",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "key",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("key", models.TextField()),
                ("contact_id", models.UUIDField()),
            ],
            options={
                "db_table": "contact_keys",
            },
        ),
        migrations.CreateModel(
            name="AccountKey",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "key",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("key", models.TextField()),
                ("account_id", models.UUIDField()),
                ("is_alias", models.BooleanField()),
                ("label", models.TextField(null=True)),
            ],
            options={
                "db_table": "account_keys",
                "indexes": [models.Index(fields=["tenant_id", "account_id"], name="account_keys_account")],
            },
        ),
        migrations.CreateModel(
            name="Contact",
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
                ("id", models.UUIDField()),
                ("email", models.TextField(null=True)),
                ("phone", models.TextField(null=True)),
                ("first_name", models.TextField(null=True)),
                ("last_name", models.TextField(null=True)),
                ("job_title", models.TextField(null=True)),
                ("job_level", models.TextField(null=True)),
                ("language", models.TextField(null=True)),
                ("account_id", models.UUIDField(null=True)),
                (
                    "attributes",
                    models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict),
                ),
                ("version", models.IntegerField()),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
            ],
            options={
                "db_table": "contacts",
                "indexes": [
                    models.Index(
                        condition=models.Q(("account_id__isnull", False)),
                        fields=["tenant_id", "account_id"],
                        name="contacts_account",
                    )
                ],
            },
        ),
        StorageParameters("contacts", ("fillfactor=80",)),
        CompositeForeignKey("account_keys", "account_id", to="accounts"),
        CompositeForeignKey("contacts", "account_id", to="accounts"),
        CompositeForeignKey("contact_keys", "contact_id", to="contacts"),
        EnableRowSecurity("accounts"),
        EnableRowSecurity("account_keys"),
        EnableRowSecurity("contacts"),
        EnableRowSecurity("contact_keys"),
    ]
