"""Finds survey records and external responses by account and by touchpoint."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("surveys", "0001_initial")]

    operations = [
        migrations.AddIndex(
            model_name="surveyrecord",
            index=models.Index(
                fields=["tenant_id", "account_id"],
                condition=models.Q(("account_id__isnull", False)),
                name="survey_records_account",
            ),
        ),
        migrations.AddIndex(
            model_name="surveyrecord",
            index=models.Index(
                fields=["tenant_id", "touchpoint", "id"],
                condition=models.Q(("touchpoint__isnull", False)),
                name="survey_records_touchpoint",
            ),
        ),
        migrations.AddIndex(
            model_name="externalresponse",
            index=models.Index(
                fields=["tenant_id", "account_id"],
                condition=models.Q(("account_id__isnull", False)),
                name="external_responses_account",
            ),
        ),
        migrations.AddIndex(
            model_name="externalresponse",
            index=models.Index(
                fields=["tenant_id", "touchpoint", "id"],
                condition=models.Q(("touchpoint__isnull", False)),
                name="external_responses_touchpoint",
            ),
        ),
    ]
