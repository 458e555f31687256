"""Connected Apps that may send records for some configurations only."""

from __future__ import annotations

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("connected_apps", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="connectedapp",
            name="configurations",
            field=django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), null=True, size=None),
        ),
    ]
