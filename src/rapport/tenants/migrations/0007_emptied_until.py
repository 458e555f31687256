"""How far a tenant's request history is emptied of what was sent, see `history.jobs`."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tenants", "0006_number")]

    operations = [migrations.AddField("tenant", "emptied_until", models.DateTimeField(null=True))]
