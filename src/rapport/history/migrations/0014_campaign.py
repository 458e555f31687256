"""A campaign is an actor of the ledger."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("history", "0013_answers"),
    ]

    operations = [
        migrations.AlterField(
            model_name="change",
            name="actor_type",
            field=models.TextField(
                choices=[
                    ("app", "App"),
                    ("user", "User"),
                    ("import", "Import"),
                    ("webhook", "Webhook"),
                    ("respondent", "Respondent"),
                    ("campaign", "Campaign"),
                ]
            ),
        ),
        migrations.AlterField(
            model_name="hourlycount",
            name="actor_type",
            field=models.TextField(
                choices=[
                    ("app", "App"),
                    ("user", "User"),
                    ("import", "Import"),
                    ("webhook", "Webhook"),
                    ("respondent", "Respondent"),
                    ("campaign", "Campaign"),
                ]
            ),
        ),
    ]
