"""The record that changed an object last."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("directory", "0005_activities_contact")]

    operations = [
        migrations.AddField("account", "last_record", models.UUIDField(null=True)),
        migrations.AddField("contact", "last_record", models.UUIDField(null=True)),
        migrations.AddField("activity", "last_record", models.UUIDField(null=True)),
    ]
