"""Finds survey records and external responses that have no number yet."""

from __future__ import annotations

from django.db import migrations, models

from rapport.tenants.operations import IndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("surveys", "0004_asking")]

    operations = [
        IndexConcurrently(
            model_name="externalresponse",
            index=models.Index(
                condition=models.Q(("number__isnull", True)),
                fields=["tenant_id", "id"],
                name="external_responses_no_number",
            ),
        ),
        IndexConcurrently(
            model_name="surveyrecord",
            index=models.Index(
                condition=models.Q(("number__isnull", True)),
                fields=["tenant_id", "id"],
                name="survey_records_unnumbered",
            ),
        ),
    ]
