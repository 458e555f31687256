"""The record that changed an object last."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("surveys", "0002_lists")]

    operations = [
        migrations.AddField("surveyrecord", "last_record", models.UUIDField(null=True)),
        migrations.AddField("externalresponse", "last_record", models.UUIDField(null=True)),
    ]
