"""A row of the request history is one record of a request, and its model says so; the table stays as it is."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("history", "0005_hourly_counts")]

    operations = [
        migrations.SeparateDatabaseAndState(state_operations=[migrations.RenameModel("Request", "SentRecord")]),
    ]
