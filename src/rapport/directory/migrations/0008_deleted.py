"""Contacts, accounts and activities can be out of sight; an index holds what is, which is all that it ever holds."""

from __future__ import annotations

from django.db import migrations, models

from rapport.tenants.operations import IndexConcurrently

GONE = models.Q(deleted_at__isnull=False)


class Migration(migrations.Migration):
    # The indexes are built while others write.
    atomic = False

    dependencies = [("directory", "0007_keys")]

    operations = [
        migrations.AddField("account", "deleted_at", models.DateTimeField(null=True)),
        migrations.AddField("account", "merged_into", models.UUIDField(null=True)),
        migrations.AddField("contact", "deleted_at", models.DateTimeField(null=True)),
        migrations.AddField("contact", "merged_into", models.UUIDField(null=True)),
        migrations.AddField("activity", "deleted_at", models.DateTimeField(null=True)),
        migrations.AlterField("activity", "reference", models.TextField(null=True)),
        IndexConcurrently(
            "account", models.Index(fields=("tenant_id", "deleted_at", "id"), condition=GONE, name="accounts_deleted")
        ),
        IndexConcurrently(
            "contact", models.Index(fields=("tenant_id", "deleted_at", "id"), condition=GONE, name="contacts_deleted")
        ),
    ]
