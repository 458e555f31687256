"""Survey records and external responses can be out of sight; the ledger counts versions of both."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("surveys", "0010_figures")]

    operations = [
        migrations.AddField("surveyrecord", "deleted_at", models.DateTimeField(null=True)),
        migrations.AddField("externalresponse", "deleted_at", models.DateTimeField(null=True)),
        migrations.AddField("externalresponse", "version", models.IntegerField(db_default=1)),
    ]
