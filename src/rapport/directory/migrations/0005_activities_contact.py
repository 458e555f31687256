"""Finds the activities of a contact."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("directory", "0004_search")]

    operations = [
        migrations.AddIndex(
            model_name="activity",
            index=models.Index(
                fields=["tenant_id", "contact_id"],
                condition=models.Q(("contact_id__isnull", False)),
                name="activities_contact",
            ),
        ),
    ]
