"""Keys say that they came with a merge: such a phone number finds the contact and does not replace its own."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("directory", "0011_counted_rarely")]

    operations = [migrations.AddField("contactkey", "origin", models.UUIDField(null=True))]
