"""What became of letters."""

from __future__ import annotations

import django.db.models.functions.datetime
import uuid_utils.compat
from django.db import migrations, models

from rapport.tenants.operations import EnableRowSecurity


class Migration(migrations.Migration):
    dependencies = [
        ("members", "0003_proved_addresses"),
    ]

    operations = [
        migrations.CreateModel(
            name="Mail",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("id", models.UUIDField(default=uuid_utils.compat.uuid7)),
                ("about", models.UUIDField()),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("tries", models.IntegerField(db_default=0)),
                ("next_at", models.DateTimeField(null=True)),
                ("fault", models.TextField(db_default="")),
                ("sent_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "mails",
            },
        ),
        migrations.AddIndex(
            model_name="mail",
            index=models.Index(fields=["tenant_id", "about", "id"], name="mails_about"),
        ),
        EnableRowSecurity("mails"),
    ]
