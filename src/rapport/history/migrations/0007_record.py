"""The ledger names the record that made each change, and what it tied and untied (db/functions/records_2.sql)."""

from __future__ import annotations

from importlib import resources

from django.db import migrations, models

import rapport.history.models

CREATE = resources.files("rapport.db").joinpath("functions/records_2.sql").read_text(encoding="utf-8")
DROP = """
drop function write_group_2, read_activities_2, read_contacts_2, read_linked_accounts_2, read_accounts_2;
drop type request_write_2, contact_write_2, account_write_2, activity_write_2, survey_write_2, response_write_2,
    change_write_2;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("history", "0006_sent_record"),
        ("tenants", "0003_head_at"),
        ("directory", "0006_last_record"),
        ("surveys", "0003_last_record"),
    ]

    operations = [
        migrations.AddField("change", "configuration_id", models.UUIDField(null=True)),
        migrations.AddField("change", "configuration_version", models.IntegerField(null=True)),
        migrations.AddField("change", "record", models.UUIDField(null=True)),
        migrations.AddField("change", "prev", models.UUIDField(null=True)),
        migrations.AddField("change", "links", models.JSONField(null=True)),
        migrations.RunSQL(
            "alter table requests add column parameters json",
            "alter table requests drop column parameters",
            state_operations=[
                migrations.AddField("sentrecord", "parameters", rapport.history.models.PlainJSONField(null=True))
            ],
        ),
        migrations.RunSQL(CREATE, DROP),
    ]
